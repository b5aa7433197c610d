"""What comes in: by which way, until when, and what is not taken."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from hostkeep.audit.models import Entry
from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.act import CHANNELS
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.runtime.jobs import job_act
from hostkeep.vault import door
from hostkeep.vault.holdings import held
from hostkeep.vault.models import Item
from hostkeep.vault.nyms import nym_of
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act

NAME, ADDRESS, IP, PARTY = CategoryId("name"), CategoryId("address"), CategoryId("ip"), CategoryId("invoice_party")


@pytest.fixture
def ann(db: None) -> SubjectId:
    return SubjectId(uuid4())


def put(subject: SubjectId, category: CategoryId = NAME, value: str = "Ann Canary", **told: str) -> None:
    door.put(make_act("visitor", "account"), subject=subject, category=category, value=value, **told)


def origin(subject: SubjectId) -> dict[str, str]:
    rows = held(make_act("customer", "rights", own=subject), subject=subject)
    return {row.category: row.channel for row in rows}


@pytest.mark.parametrize("channel", sorted(CHANNELS))
def test_each_value_remembers_how_it_came_in(ann: SubjectId, channel: str) -> None:
    put(ann, channel=channel)

    assert origin(ann) == {"name": channel}


def test_left_out_it_is_how_the_deed_came_in(ann: SubjectId) -> None:
    put(ann)
    job = job_act("test", brand=make_act().brand, trace="t")
    door.put(job, subject=ann, category=PARTY, value="{}")

    assert origin(ann) == {"name": "web", "invoice_party": "system"}


def test_a_new_value_brings_its_own_origin(ann: SubjectId) -> None:
    put(ann, channel="offline")
    put(ann, value="Ann Other")

    assert origin(ann) == {"name": "web"}


def test_a_word_that_is_no_way_in_is_a_mistake(ann: SubjectId) -> None:
    with pytest.raises(ValueError, match="no way in"):
        put(ann, channel="pigeon")


@pytest.mark.parametrize(("role", "purpose"), [("support", "offers"), ("system", "marketing"), ("engineer", "account")])
def test_a_value_marked_offline_loses_no_protection(ann: SubjectId, role: str, purpose: str) -> None:
    put(ann, channel="offline")

    with pytest.raises(door.Refused):
        door.reveal(make_act(role, purpose), subject=ann, category=NAME, reason="it came by post")

    assert Entry.objects.using("audit").filter(verb="vault.value.refused", thing=nym_of(ann)).count() == 1
    with opened():
        row = Item.objects.get(subject=ann)
    assert b"Ann" not in bytes(row.box)
    assert (row.keep_class, row.digest) == ("account", policy_in_force(make_act().brand, NOON).digest)


MARKED = [
    "<sealed name>", "  <sealed email>", "\n\t<sealed address> and more", "<SEALED name>", '"<sealed name>"',
    json.dumps({"address": "<sealed address>", "city": "Delft"}), json.dumps(["ok", {"a": [" <sealed name>"]}]),
    '{"<sealed name>": 1}', '{"address": "<sealed address>"', json.dumps("\u0020<sealed name>"),
    '{"address": "\\u003csealed address>"}',
]  # fmt: skip


@pytest.mark.parametrize("value", MARKED, ids=range(len(MARKED)))
def test_a_printed_seal_is_not_taken_for_a_value(ann: SubjectId, value: str) -> None:
    put(ann, ADDRESS, "1 Example Road")

    with pytest.raises(door.LooksSealed):
        put(ann, ADDRESS, value)

    (entry,) = Entry.objects.using("audit").filter(verb="vault.put.refused", thing=nym_of(ann))
    assert entry.category == "address"
    sealed = door.reveal(make_act("customer", "account", own=ann), subject=ann, category=ADDRESS)
    assert sealed is not None
    assert sealed.open() == "1 Example Road"


@pytest.mark.parametrize("value", [
    "sealed name", "a <sealed envelope> lies here", "<seal>", json.dumps({"note": "we use a <sealed box"}), "[not json",
])  # fmt: skip
def test_words_about_seals_are_words(ann: SubjectId, value: str) -> None:
    put(ann, ADDRESS, value)

    assert origin(ann) == {"address": "web"}


def test_what_lives_from_its_collection_on_gets_its_end_at_once(ann: SubjectId) -> None:
    rule = policy_in_force(make_act().brand, NOON).retention["traffic"]
    put(ann, IP, "203.0.113.7")

    with opened():
        row = Item.objects.get(subject=ann, category=IP)
    assert rule.until == "collected"
    assert row.expires_at == NOON + rule.plus


def test_an_invoices_party_gets_the_end_of_its_year_and_the_term(ann: SubjectId) -> None:
    put(ann, PARTY, "{}", slot="i-1")

    with opened():
        row = Item.objects.get(subject=ann, category=PARTY)
    assert row.expires_at is not None
    assert abs(row.expires_at - datetime(2034, 1, 1, tzinfo=UTC)) < timedelta(days=2)


def test_what_waits_for_an_event_has_no_end_yet(ann: SubjectId) -> None:
    put(ann)

    with opened():
        assert Item.objects.get(subject=ann).expires_at is None


def test_a_refused_category_leaves_nothing_and_an_entry(ann: SubjectId) -> None:
    with pytest.raises(door.NotDeclared) as no:
        put(ann, CategoryId("card"), "4111111111111111")

    (entry,) = Entry.objects.using("audit").filter(verb="vault.put.refused", thing=nym_of(ann))
    assert (entry.category, entry.clause) == ("card", no.value.clause)
    assert "4111" not in f"{no.value} {no.value.facts}"
    with opened():
        assert not Item.objects.filter(subject=ann).exists()
