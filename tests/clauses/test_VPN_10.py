"""VPN-10: closing moves the named things to the archive for a year and erases the rest at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.faces.client.addresses import new_address_path
from hostkeep.faces.client.closed import closed_path
from hostkeep.flows import sweeping
from hostkeep.kernel.ids import CategoryId
from hostkeep.messaging import links
from hostkeep.messaging.calls import handing
from hostkeep.people.models import LoginAddress, Session
from hostkeep.promises.evidence.tables import holding
from hostkeep.runtime import clock
from hostkeep.vault import archive, door
from tests.conftest import make_act
from tests.faces.client.test_closing import closes, signs_in
from tests.flows.leaving import Leaver, works
from tests.flows.test_mailing import FakeMailer

EMAIL = CategoryId("email")
YEAR = timedelta(days=366)


@pytest.fixture(autouse=True)
def mailer(monkeypatch) -> Iterator[FakeMailer]:
    fake = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: fake])
    monkeypatch.setattr(links, "_makers", {"account/closed": closed_path, "account/new_address": new_address_path})
    return fake


@pytest.fixture
def gone(db) -> Leaver:
    """Ann, who closed her account on its page."""
    ann = Leaver("vpn")
    assert closes(ann).status_code == 302
    works("vpn")
    return ann


def dispute(ann: Leaver, reason: str = "a chargeback", *, at=None) -> list[str]:
    act = ann.staff("billing", "dispute", at=at)
    return [row.value.open() for row in archive.archived(act, subject=ann.subject, category=EMAIL, reason=reason)]


def test_VPN_10_password_sessions_and_unnamed_categories_are_gone(gone: Leaver) -> None:
    assert gone.state == "closed"
    assert gone.values() == [("email", "archive")]
    states = gone.keys()
    assert states.pop("archive") == "deactivated"
    assert "account" in states and set(states.values()) == {"destroyed"}
    assert not Session.objects.filter(user=gone.user).exists()
    assert not LoginAddress.objects.filter(user_id=gone.user).exists()
    assert not get_user_model().objects.get(pk=gone.user).has_usable_password()
    answer = signs_in(gone)[1]
    assert (answer.status_code, "Location" in answer.headers) == (200, False), "the form again, and no way in"


@pytest.mark.parametrize(("role", "purpose"), [("support", "support"), ("system", "service"), ("owner", "account")])
def test_VPN_10_service_and_support_reads_are_refused(gone: Leaver, role: str, purpose: str) -> None:
    with pytest.raises(door.Refused) as no:
        door.reveal(gone.staff(role, purpose), subject=gone.subject, category=EMAIL, reason="just looking")

    assert (no.value.clause, no.value.facts["why"]) == ("VPN-9", "archived")


def test_VPN_10_a_dispute_reads_with_a_reason_and_it_is_recorded(gone: Leaver) -> None:
    assert dispute(gone) == [gone.email]
    found = Entry.objects.using(APART).filter(verb="vault.value.revealed", purpose="dispute", category="email")
    assert found.count() == 1
    with pytest.raises(door.Refused) as no:
        dispute(gone, reason="")
    assert (no.value.clause, no.value.facts["why"]) == ("VPN-9", "needs:reason")


def test_VPN_10_after_the_year_nothing_is_found(gone: Leaver) -> None:
    late = clock.now() + YEAR
    sweeping.sweep(make_act("system", brand="", at=late))

    assert dispute(gone, at=late) == []
    assert gone.values() == []
    assert set(gone.keys().values()) == {"destroyed"}
    assert holding([gone.email]) == ()


def test_VPN_10_before_the_year_the_archive_stands(gone: Leaver) -> None:
    early = clock.now() + timedelta(days=360)
    sweeping.sweep(make_act("system", brand="", at=early))

    assert dispute(gone, at=early) == [gone.email]


def test_VPN_10_a_closing_that_erases_nothing_would_be_noticed(db, monkeypatch) -> None:
    from hostkeep.flows import closing

    monkeypatch.setattr(closing.retention, "fire", lambda *_, **__: None)
    ann = Leaver("vpn")
    closes(ann)
    works("vpn")

    assert ("email", "account") in ann.values()
