"""A page that breaks with a person's values at hand leaves nothing of them: not in log, mail, page or job."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import override_settings
from django.views.debug import get_exception_reporter_filter

from hostkeep.runtime.models import Delivery
from tests.faces.client.conftest import TOLD, Member, ann
from tests.faces.shop.conftest import hidden
from tests.meeting import PATIENCE

__all__ = ["ann"]

PHONE, TYPED = "+31209998877", "somebody.else@example.test"


def values_of(member: Member) -> list[str]:
    return [member.email, TYPED, PHONE, TOLD["name"], TOLD["phone"], member.account.number]


@pytest.mark.parametrize("path", ["/breaks/", "/breaks/sql/"])
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@override_settings(ROOT_URLCONF="tests.faces.attacks.breaking_urls")
def test_a_page_that_breaks_tells_nothing(
    ann: Member, capfd: pytest.CaptureFixture[str], path: str, accept: str
) -> None:
    private = values_of(ann)
    carried = hidden(ann.get("/account/profile/"), "/account/profile/")
    ann.client.raise_request_exception = False
    capfd.readouterr()

    answer = ann.client.post(
        path, {**carried, "email": TYPED, "phone": PHONE},
        headers={"host": ann.host, "accept": accept, "sec-fetch-site": "same-origin", "referer": f"http://{ann.host}/?to={TYPED}"},
    )  # fmt: skip

    assert answer.status_code == 500
    said = "".join(capfd.readouterr())
    line = next(json.loads(line) for line in said.splitlines() if "page.broke" in line)
    quoted = re.search(r"<code>([0-9a-f]{32})</code>", answer.content.decode())
    assert quoted and line["trace"] == quoted[1], "what the page asks to quote leads to the line"
    shown = answer.content.decode() + str(answer.headers)
    for value in private:
        assert value not in shown
        assert value not in said
    for trace in ("Traceback", "RuntimeError", "DataError", "Local vars", "breaking_urls.py"):
        assert trace not in shown
    assert mail.outbox == []


def test_nobody_is_mailed_an_error_and_no_page_shows_one() -> None:
    assert settings.DEBUG is False
    assert settings.ADMINS == [] or settings.ADMINS == ()
    assert settings.LOGGING_CONFIG is None
    loggers = [logging.getLogger(name) for name in ("", "django", "django.request", "django.server", "procrastinate")]
    handlers = {type(handler).__name__ for each in loggers for handler in each.handlers}
    assert "AdminEmailHandler" not in handlers
    assert "NameOnly" in handlers


def test_even_a_technical_report_could_not_be_asked_for(ann: Member) -> None:
    """Django draws one only with DEBUG on, which no setting of the environment turns on."""
    from hostkeep.project.env import KNOWN

    assert not [name for name in KNOWN if "DEBUG" in name]
    assert get_exception_reporter_filter(None).is_active(None)


def rows_of(*tables: str) -> str:
    with connection.cursor() as cursor:
        told = []
        for table in tables:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            told.append(cursor.fetchone()[0])
    return " ".join(told)


JOBS = ("procrastinate_jobs", "procrastinate_events", "runtime_event", "runtime_delivery")

WORKER = f"""
import django; django.setup()
from uuid import uuid4
from django.db import transaction
from procrastinate.contrib.django import app
from hostkeep.kernel.ids import MailId
from hostkeep.messaging.events import MailQueued
from hostkeep.runtime import jobs, outbox
from tests.conftest import make_act

def fails():
    opened = "{TYPED}"
    error = RuntimeError("cannot write to " + opened)
    error.add_note("{PHONE}")
    raise error

def an_errand(act, about):
    fails()

def a_handler(act, event):
    fails()

@app.task(name="hostkeep.tests.bare")
def a_bare_task():
    fails()

jobs.errand("breaks", an_errand)
outbox.listen({{MailQueued: (a_handler,)}})
jobs.send("breaks", "house")
with transaction.atomic():
    outbox.publish(make_act(brand="vps6"), MailQueued(mail=MailId(uuid4())))
a_bare_task.defer()
jobs.drain()
"""
"""A worker's process in which an errand, an event's handler and a task that catches nothing break."""


def test_jobs_that_break_leave_nothing_in_their_records_nor_in_the_log(committed: str) -> None:
    folder = connection.settings_dict["HOST"]
    done = subprocess.run(
        [sys.executable, "-c", WORKER], capture_output=True, text=True, timeout=PATIENCE, check=False,
        env={**os.environ, "HOSTKEEP_DATABASE_URL": f"postgresql://hk_app@/{committed}?host={folder}"},
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    said, kept = done.stdout + done.stderr, rows_of(*JOBS)
    for trace in ("due.failed", "event.failed", "procrastinate.worker.error"):
        assert trace in said, "that it broke is logged"
    assert "hostkeep.tests.bare" in kept
    assert "RuntimeError" in set(Delivery.objects.values_list("last_code", flat=True))
    for value in (TYPED, PHONE, "cannot write", "Traceback"):
        assert value not in said
        assert value not in kept
