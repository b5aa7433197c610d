"""Every address there is, tried from another site and with methods that must not act."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver

from hostkeep.brands import queries
from hostkeep.brands.actions.telling import mark_handed_over, queue_notice, reject_change
from hostkeep.brands.applying import version_for
from hostkeep.kernel.ids import BrandId
from hostkeep.people.models import User
from hostkeep.promises.evidence.tables import readable
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.staff.test_policies import Desk
from tests.rooms.brands.announcements import announce, longer

pytestmark = pytest.mark.django_db

VALUES = {"int": "1", "slug": "vpn", "uuid": str(uuid4()), "uuidstr": str(uuid4())}
OPEN = ("/api/", "/callbacks/", "/demo/pay/api/")
"""Where others may post: programs with a key, gateways with a signature."""

SENT_ON = "/auth/"
"""Is sent on by the sign-in library before any view is asked."""

COUNTING = {"runtime_tally", "people_session", "runtime_cache", "audit_entry", "django_session"}
"""Tables that note that somebody was there."""


def addresses(urlconf: str) -> list[str]:
    """Every address of an URL table, with something in each place."""
    return sorted(set(walk("/", importlib.import_module(urlconf).urlpatterns)))


def walk(before: str, patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for each in patterns:
        route = getattr(each.pattern, "_route", "")
        here = before + re.sub(r"<(?:(\w+):)?\w+>", lambda found: VALUES.get(found[1], "x"), route)
        if isinstance(each, URLResolver):
            yield from walk(here, each.url_patterns)
        else:
            yield here


def clients() -> list[tuple[str, str, Client]]:
    """A customer and a staff member, with the URL table of the host they are at."""
    owner = Desk()
    owner.signs_in("owner")
    return [
        (settings.ROOT_URLCONF, "vpn.localhost", Member("vpn").client),
        (settings.OPERATOR_URLCONF, "localhost", owner.client),
    ]


def sizes() -> dict[str, int]:
    counted = {}
    with connection.cursor() as cursor:
        for schema, name, _ in readable():
            if name not in COUNTING:
                cursor.execute(f'SELECT count(*), coalesce(sum(hashtext(x::text)), 0) FROM "{schema}"."{name}" AS x')
                counted[name] = cursor.fetchone()
    return counted


def test_no_address_takes_a_post_that_another_site_made() -> None:
    tried = 0
    for urlconf, host, client in clients():
        client.raise_request_exception = False
        for path in addresses(urlconf):
            if path.startswith(OPEN) or path == SENT_ON:
                continue
            answer = client.post(path, {"x": "y"}, headers={"host": host, "sec-fetch-site": "cross-site", "origin": "https://evil.example"})
            assert answer.status_code in {403, 404, 421}, (path, answer.status_code)
            tried += 1
    assert tried > 100


def test_no_head_no_options_and_no_fetch_ahead_changes_a_row() -> None:
    people = clients()
    announce("vpn", longer("vpn"))
    before = sizes()
    for urlconf, host, client in people:
        client.raise_request_exception = False
        for path in addresses(urlconf):
            for method, more in (("HEAD", {}), ("OPTIONS", {}), ("GET", {"sec-purpose": "prefetch"})):
                answer = client.generic(method, path, headers={"host": host, "sec-fetch-site": "none", **more})
                assert answer.status_code < 500, (method, path, answer.status_code)
    assert {name: size for name, size in sizes().items() if before[name] != size} == {}


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_asking_how_the_machine_is_ends_no_session(path: str) -> None:
    ann = Member("vpn")
    answer = ann.get(path)
    assert answer.status_code in {200, 503}
    assert not answer.cookies
    assert ann.get("/account/").status_code == 200


@pytest.mark.parametrize("how", ["said no", "not told", "told late"])
def test_a_customer_under_older_terms_breaks_no_page_and_reads_their_own_rules(monkeypatch, how: str) -> None:
    ann = Member("vpn")
    made = announce("vpn", longer("vpn"))
    act = make_act("system", "policy_change", brand="vpn", at=clock.now())
    if how != "not told":
        told = queue_notice(act, version=made.handle, subject=ann.account.subject, account=ann.account.id)
        if how == "said no":
            reject_change(act, notice=told.notice)
        else:
            mark_handed_over(replace(act, at=made.effective_at), notice=told.notice)
    later = made.effective_at + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert version_for(BrandId("vpn"), ann.account.subject, later).version == 1
    with running_brand.during(BrandId("vpn")):
        ann.client.force_login(User.objects.get(pk=ann.user))  # the session of two weeks ago is over
    ann.client.raise_request_exception = False
    shown = 0
    for path in addresses(settings.ROOT_URLCONF):
        if path.startswith(OPEN):
            continue
        answer = ann.get(path)
        assert answer.status_code < 500, (path, answer.status_code)
        shown += answer.status_code == 200
    assert shown > 15
    page = ann.get("/account/policy/").context
    assert (page["mine"].version, page["to_accept"].version) == (1, 2)
    assert page["policy"].digest == page["mine"].digest == queries.versions_of(BrandId("vpn"))[1].digest
