"""A job comes and goes with the deed it carries, in a worker as on a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from procrastinate.contrib.django import app

from hostkeep.kernel.ids import MailId
from hostkeep.messaging.events import MailQueued
from hostkeep.runtime import jobs, outbox
from hostkeep.runtime.models import Delivery
from tests.conftest import make_act


@pytest.fixture
def in_a_worker(committed: str) -> Iterator[None]:
    """The connection of a worker, which commits by itself."""
    page: Any = app.connector
    with app.replace_connector(page.get_worker_connector()):
        yield


class ThoughtBetterOfIt(Exception):
    """Undoes a transaction."""


def publish() -> None:
    outbox.publish(make_act(brand="vps6"), MailQueued(mail=MailId(uuid4())))


def jobs_seen_from(alias: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'hostkeep.deliver'")
        return int(cursor.fetchone()[0])


@pytest.mark.usefixtures("in_a_worker")
def test_nobody_takes_a_job_before_what_it_carries_is_there() -> None:
    with transaction.atomic():
        publish()
        assert jobs_seen_from("default") == 1
        assert jobs_seen_from("audit") == 0
    assert jobs_seen_from("audit") == 1


@pytest.mark.usefixtures("in_a_worker")
def test_what_is_undone_leaves_no_job() -> None:
    with pytest.raises(ThoughtBetterOfIt), transaction.atomic():
        publish()
        raise ThoughtBetterOfIt
    assert jobs_seen_from("default") == 0


@pytest.mark.usefixtures("committed")
def test_a_delivery_whose_job_is_lost_gets_another_and_one_with_a_job_none() -> None:
    publish()
    publish()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = (SELECT min(id) FROM procrastinate_jobs)")
    assert jobs_seen_from("default") == 1

    jobs.do_due()
    assert jobs_seen_from("default") == 2
    jobs.do_due()
    assert jobs_seen_from("default") == 2
    assert Delivery.objects.filter(state=Delivery.WAITING).count() == 2


@pytest.mark.usefixtures("committed")
def test_what_drains_closes_the_connections_of_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds on to one, as a cycle that nobody collected yet does, holds none that is open."""
    held: list[Any] = []

    def work(*_: object) -> int:
        connection.ensure_connection()
        held.append(connection.connection)
        return 1

    monkeypatch.setitem(jobs._errands, "drained", work)
    assert jobs.send("drained", "once")
    jobs.drain()
    assert [line.closed for line in held] == [True]
