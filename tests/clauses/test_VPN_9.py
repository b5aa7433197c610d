"""VPN-9: address and account are changed or cancelled by the customer; two named things are archived as they were."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.faces.client.addresses import new_address_path
from hostkeep.faces.client.closed import closed_path
from hostkeep.kernel.ids import CategoryId
from hostkeep.messaging import links
from hostkeep.messaging.calls import handing
from hostkeep.promises.evidence.tables import holding
from hostkeep.vault import archive, door
from hostkeep.vault.models import Item
from hostkeep.vault.nyms import nym_of
from hostkeep.vault.wall import opened
from tests.clauses.test_VF_6 import changes_password
from tests.faces.client.test_login_address import changes
from tests.flows.leaving import Leaver
from tests.flows.test_mailing import FakeMailer

EMAIL = CategoryId("email")
SECOND, THIRD = "ann.second@example.test", "ann.third@example.test"


@pytest.fixture(autouse=True)
def mailer(monkeypatch) -> Iterator[FakeMailer]:
    fake = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: fake])
    monkeypatch.setattr(links, "_makers", {"account/closed": closed_path, "account/new_address": new_address_path})
    return fake


@pytest.fixture
def moved(db, mailer) -> Leaver:
    """Ann, whose address changed twice."""
    ann = Leaver("vpn")
    changes(ann, mailer, SECOND)
    changes(ann, mailer, THIRD)
    return ann


def archived(ann: Leaver, role: str, purpose: str, reason: str = "an open dispute") -> list[str]:
    rows = archive.archived(ann.staff(role, purpose), subject=ann.subject, category=EMAIL, reason=reason)
    return [row.value.open() for row in rows]


def test_VPN_9_two_changes_leave_two_archived_addresses_and_one_that_counts(moved: Leaver) -> None:
    assert moved.kept("email") == THIRD
    assert archived(moved, "billing", "dispute") == [moved.email, SECOND]
    rows = archive.archived(moved.staff("billing", "dispute"), subject=moved.subject, category=EMAIL, reason="a dispute")
    assert all(row.why == "changed" and row.since <= row.archived_at for row in rows)


@pytest.mark.parametrize(("role", "purpose"), [
    ("support", "support"), ("billing", "billing"), ("owner", "account"), ("system", "account_messages"),
])  # fmt: skip
def test_VPN_9_the_archive_serves_nothing_else(moved: Leaver, role: str, purpose: str) -> None:
    with pytest.raises(door.Refused) as no:
        archived(moved, role, purpose)

    assert (no.value.clause, no.value.facts["why"]) == ("VPN-9", "archived")
    found = Entry.objects.using(APART).filter(verb="vault.value.refused", thing=nym_of(moved.subject))
    assert [(e.role, e.purpose, e.category, e.clause) for e in found] == [(role, purpose, "email", "VPN-9")]


def test_VPN_9_without_a_reason_it_stays_shut(moved: Leaver) -> None:
    with pytest.raises(door.Refused) as no:
        archived(moved, "billing", "dispute", reason="")

    assert (no.value.clause, no.value.facts["why"]) == ("VPN-9", "needs:reason")


def test_VPN_9_it_lies_encrypted(moved: Leaver) -> None:
    with opened():
        rows = list(Item.objects.filter(subject=moved.subject, keep_class="archive"))
    assert len(rows) == 2
    assert not any(moved.email.encode() in bytes(row.box) or SECOND.encode() in bytes(row.box) for row in rows)
    assert holding([moved.email, SECOND]) == ()


def test_VPN_9_an_old_password_is_nowhere(db, mailer) -> None:
    ann = Leaver("vpn")
    before = get_user_model().objects.get(pk=ann.user).password
    changes_password(ann)

    after = get_user_model().objects.get(pk=ann.user).password
    assert after != before
    assert holding([after]) != (), "what the look through the tables would find"
    assert holding([before]) == ()
    with opened():
        assert not Item.objects.filter(subject=ann.subject, category="password").exists()


def test_VPN_9_a_category_that_is_not_named_leaves_no_old_value(db) -> None:
    ann = Leaver("vpn")
    for value in ("true", "false"):
        door.put(ann.act(), subject=ann.subject, category=CategoryId("guardian"), value=value)

    with opened():
        assert Item.objects.filter(subject=ann.subject, category="guardian").count() == 1
        assert not Item.objects.filter(subject=ann.subject, keep_class="archive").exists()


def test_VPN_9_an_archive_that_keeps_nothing_would_be_noticed(db, mailer, monkeypatch) -> None:
    from hostkeep.vault import old_values

    monkeypatch.setattr(old_values, "keep_old", lambda *_, **__: False)
    ann = Leaver("vpn")
    changes(ann, mailer, SECOND)

    assert archived(ann, "billing", "dispute") == []


def test_VPN_9_an_archive_open_to_all_would_be_noticed(moved: Leaver, monkeypatch) -> None:
    monkeypatch.setattr(door, "left_by_state", lambda *_, **__: None)

    assert archived(moved, "owner", "account") == [moved.email, SECOND]
