"""What the state of a person's key leaves of the policy's table."""

from __future__ import annotations

from uuid import uuid4

import pytest

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import boxes, door
from hostkeep.vault.models import Item, SubjectKey
from hostkeep.vault.nyms import nym_of
from hostkeep.vault.wall import opened
from tests.conftest import make_act

NAME, EMAIL = CategoryId("name"), CategoryId("email")


@pytest.fixture
def ann(db: None) -> SubjectId:
    subject = SubjectId(uuid4())
    door.put(make_act("visitor", "account"), subject=subject, category=NAME, value="Ann Canary")
    return subject


def turn(subject: SubjectId, state: str, keep_class: str = "account") -> None:
    changes = {"state": state, "wrapped": None} if state == "destroyed" else {"state": state}
    with opened():
        assert SubjectKey.objects.filter(subject=subject, keep_class=keep_class).update(**changes) == 1


def asks(subject: SubjectId, role: str, purpose: str, *, own: bool = False, brand: str = "vps6") -> str | None:
    act = make_act(role, purpose, own=subject if own else None, brand=brand)
    sealed = door.reveal(act, subject=subject, category=NAME, reason="they wrote to us")
    return None if sealed is None else sealed.open()


def refusals(subject: SubjectId) -> list[tuple[str, str]]:
    found = Entry.objects.using("audit").filter(verb="vault.value.refused", thing=nym_of(subject)).order_by("id")
    return [(entry.purpose, entry.clause) for entry in found]


@pytest.mark.parametrize(("role", "purpose"), [
    ("support", "account"), ("system", "account_messages"), ("billing", "account"), ("owner", "account"),
])  # fmt: skip
def test_a_deactivated_account_is_shut_to_service_and_support(ann: SubjectId, role: str, purpose: str) -> None:
    assert asks(ann, role, purpose) == "Ann Canary"
    turn(ann, "deactivated")

    with pytest.raises(door.Refused) as no:
        asks(ann, role, purpose)

    assert no.value.facts["why"] == "deactivated"
    assert refusals(ann) == [(purpose, "V6-14")]


@pytest.mark.parametrize(("role", "purpose", "own"), [
    ("billing", "dispute", False), ("privacy", "legal_obligation", False), ("billing", "agreement", False),
    ("customer", "rights", True),
])  # fmt: skip
def test_law_disputes_and_the_persons_own_rights_still_read_it(
    ann: SubjectId, role: str, purpose: str, own: bool
) -> None:
    turn(ann, "deactivated")

    assert asks(ann, role, purpose, own=own) == "Ann Canary"


def test_a_dispute_reads_a_deactivated_account_with_a_reason_alone(ann: SubjectId) -> None:
    turn(ann, "deactivated")

    with pytest.raises(door.Refused) as no:
        door.reveal(make_act("billing", "dispute"), subject=ann, category=NAME, reason="  . ")

    assert no.value.facts["why"] == "needs:reason"


def test_whether_a_value_is_there_is_not_told_by_the_refusal(ann: SubjectId) -> None:
    turn(ann, "deactivated")

    with pytest.raises(door.Refused):
        door.reveal(make_act("support", "account"), subject=ann, category=EMAIL, reason="they wrote to us")


@pytest.mark.parametrize(("role", "purpose", "own"), [
    ("support", "account", False), ("billing", "agreement", False), ("customer", "account", True),
    ("customer", "rights", True), ("system", "account_messages", False),
])  # fmt: skip
def test_what_a_hold_keeps_is_read_for_nothing_but_law_and_disputes(
    ann: SubjectId, role: str, purpose: str, own: bool
) -> None:
    turn(ann, "held")

    with pytest.raises(door.Refused) as no:
        asks(ann, role, purpose, own=own)

    assert no.value.facts["why"] == "held"
    assert asks(ann, "billing", "dispute") == asks(ann, "privacy", "legal_obligation") == "Ann Canary"


@pytest.mark.parametrize("state", ["held", "erasing", "destroyed"])
def test_nothing_is_added_to_what_is_erased_or_due_to_be(ann: SubjectId, state: str) -> None:
    turn(ann, state)

    with pytest.raises(boxes.KeyDestroyed):
        door.put(make_act("visitor", "account"), subject=ann, category=EMAIL, value="ann@example.test")

    with opened():
        assert not Item.objects.filter(subject=ann, category=EMAIL).exists()
    (entry,) = Entry.objects.using("audit").filter(verb="vault.put.refused", thing=nym_of(ann))
    assert entry.category == EMAIL


def test_a_destroyed_key_shows_nothing_to_anybody(ann: SubjectId) -> None:
    turn(ann, "destroyed")

    assert asks(ann, "customer", "account", own=True) is None
    assert asks(ann, "billing", "dispute") is None


def test_what_is_being_erased_opens_no_more_although_its_row_is_there(ann: SubjectId) -> None:
    turn(ann, "erasing")

    assert asks(ann, "customer", "account", own=True) is None


def test_one_class_switched_off_leaves_another_as_it_is(ann: SubjectId) -> None:
    party = CategoryId("invoice_party")
    door.put(make_act("system", "billing"), subject=ann, category=party, value="{}", slot="i-1")
    turn(ann, "deactivated")

    act = make_act("billing", "billing")
    assert door.reveal(act, subject=ann, category=party, slot="i-1") is not None


def test_a_value_that_comes_in_late_is_kept_under_a_key_that_is_switched_off(ann: SubjectId) -> None:
    turn(ann, "deactivated")

    door.put(make_act("customer", "account", own=ann), subject=ann, category=EMAIL, value="ann@example.test")

    with opened():
        assert Item.objects.filter(subject=ann, category=EMAIL).exists()
