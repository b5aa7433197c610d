"""The archive: old values that the policy names, under a key of their own, for few purposes."""

from __future__ import annotations

from uuid import uuid4

import pytest

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import archive, boxes, door, search
from hostkeep.vault.models import Item, Mark, SubjectKey
from hostkeep.vault.nyms import nym_of
from hostkeep.vault.wall import opened
from tests.conftest import make_act

EMAIL, SECRET, CHOSEN = CategoryId("email"), CategoryId("service_secret"), CategoryId("chosen_service")
LANGUAGE = CategoryId("language")
FIRST, SECOND, THIRD = "ann@example.test", "anna@example.test", "a.n@example.test"


def act_of(role: str, purpose: str, own: SubjectId | None = None):
    return make_act(role, purpose, brand="vpn", own=own)


@pytest.fixture
def ann(db: None) -> SubjectId:
    subject = SubjectId(uuid4())
    door.put(act_of("visitor", "account"), subject=subject, category=EMAIL, value=FIRST)
    return subject


def changes(subject: SubjectId, *values: str, category: CategoryId = EMAIL) -> None:
    for value in values:
        door.put(act_of("customer", "account", subject), subject=subject, category=category, value=value)


def old(subject: SubjectId, category: CategoryId = EMAIL, purpose: str = "dispute", role: str = "billing"):
    return archive.archived(act_of(role, purpose), subject=subject, category=category, reason="a charge-back")


def test_two_changes_leave_two_old_addresses_with_time_and_reason(ann: SubjectId) -> None:
    changes(ann, SECOND, THIRD)

    rows = old(ann)

    assert {row.value.open() for row in rows} == {FIRST, SECOND}  # all of one moment
    assert {(row.why, row.archived_at, row.since) for row in rows} == {("changed", act_of("x", "y").at, act_of("x", "y").at)}
    assert [row.channel for row in rows] == ["web", "web"]
    current = door.reveal(act_of("customer", "account", ann), subject=ann, category=EMAIL)
    assert current is not None
    assert current.open() == THIRD


def test_the_same_value_again_is_no_change(ann: SubjectId) -> None:
    changes(ann, FIRST, FIRST)

    assert old(ann) == ()


def test_what_is_taken_away_was_changed_too(ann: SubjectId) -> None:
    door.drop(act_of("customer", "account", ann), subject=ann, category=EMAIL)

    assert [row.value.open() for row in old(ann)] == [FIRST]


def test_old_values_lie_under_the_archives_key_and_say_nothing_in_clear(ann: SubjectId) -> None:
    changes(ann, SECOND)

    with opened():
        row = Item.objects.get(subject=ann, why="changed")
        states = dict(SubjectKey.objects.filter(subject=ann).values_list("keep_class", "state"))
    assert (row.keep_class, row.category, row.slot[:8]) == ("archive", "email", "archive:")
    assert FIRST.encode() not in bytes(row.box)
    assert states == {"account": "live", "archive": "live"}


def test_a_change_is_entered_without_the_value(ann: SubjectId) -> None:
    changes(ann, SECOND)

    (entry,) = Entry.objects.filter(verb="vault.value.archived", thing=nym_of(ann))
    assert (entry.kind, entry.actor, entry.role) == ("person.email", "job:test", "customer")


def test_a_secret_or_a_category_that_is_not_named_leaves_no_old_value(ann: SubjectId) -> None:
    changes(ann, "hunter2", "hunter3", category=SECRET)
    changes(ann, "en", "vi", category=LANGUAGE)

    with opened():
        assert not Item.objects.filter(subject=ann, keep_class="archive").exists()
    assert not archive.keep(act_of("system", "account"), subject=ann, category=SECRET, value="hunter2")
    assert not archive.keep(act_of("system", "account"), subject=ann, category=LANGUAGE, value="en")


def test_a_shop_without_an_archive_keeps_no_old_value(db: None) -> None:
    subject = SubjectId(uuid4())
    act = make_act("customer", "account", own=subject)
    for value in (FIRST, SECOND):
        door.put(act, subject=subject, category=EMAIL, value=value)

    with opened():
        assert Item.objects.filter(subject=subject).count() == 1
    assert archive.move(make_act("system", "account"), subject=subject, categories={EMAIL}) == 0


@pytest.mark.parametrize(("role", "purpose"), [
    ("support", "account"), ("owner", "account"), ("system", "account_messages"), ("billing", "account"),
])  # fmt: skip
def test_nobody_reads_the_archive_for_service_or_support(ann: SubjectId, role: str, purpose: str) -> None:
    changes(ann, SECOND)

    with pytest.raises(door.Refused) as no:
        old(ann, role=role, purpose=purpose)

    assert (no.value.clause, no.value.facts["why"]) == ("VPN-9", "archived")
    (entry,) = Entry.objects.using("audit").filter(verb="vault.value.refused", thing=nym_of(ann))
    assert (entry.purpose, entry.category) == (purpose, "email")


@pytest.mark.parametrize(("role", "purpose"), [("support", "dispute"), ("clerk", "technical_need"), ("sales", "dispute")])
def test_a_purpose_of_the_archive_opens_it_for_permitted_roles_alone(ann: SubjectId, role: str, purpose: str) -> None:
    changes(ann, SECOND)

    with pytest.raises(door.Refused):
        old(ann, role=role, purpose=purpose)


@pytest.mark.parametrize(("role", "purpose"), [
    ("billing", "dispute"), ("engineer", "technical_need"), ("privacy", "legal_obligation"),
])  # fmt: skip
def test_it_is_never_read_without_a_reason(ann: SubjectId, role: str, purpose: str) -> None:
    changes(ann, SECOND)

    with pytest.raises(door.Refused):
        archive.archived(act_of(role, purpose), subject=ann, category=EMAIL, reason="")

    assert len(old(ann, role=role, purpose=purpose)) == 1


def test_a_reading_is_entered_before_it_is_answered_even_where_nothing_is_there(ann: SubjectId) -> None:
    assert old(ann) == ()

    (entry,) = Entry.objects.using("audit").filter(verb="vault.value.revealed", thing=nym_of(ann))
    assert (entry.purpose, entry.category, entry.clause) == ("dispute", "email", "VPN-10")


def test_the_old_slot_is_no_side_door(ann: SubjectId) -> None:
    changes(ann, SECOND)
    with opened():
        slot = Item.objects.get(subject=ann, why="changed").slot

    with pytest.raises(door.Refused):
        door.reveal(act_of("customer", "account", ann), subject=ann, category=EMAIL, slot=slot)
    with pytest.raises(door.Refused):
        door.drop(act_of("customer", "account", ann), subject=ann, category=EMAIL, slot=slot)
    with pytest.raises(door.LooksSealed):
        door.put(act_of("customer", "account", ann), subject=ann, category=EMAIL, value=THIRD, slot=slot)


def test_a_customer_sees_their_own_archive_by_their_rights_and_nobody_elses(ann: SubjectId) -> None:
    changes(ann, SECOND)
    mine = act_of("customer", "rights", ann)

    assert [row.value.open() for row in archive.archived(mine, subject=ann, category=EMAIL, reason="")] == [FIRST]
    with pytest.raises(door.Refused):
        archive.archived(act_of("customer", "rights", SubjectId(uuid4())), subject=ann, category=EMAIL, reason="mine")


def test_closing_moves_what_is_named_and_leaves_the_rest_to_be_erased(ann: SubjectId) -> None:
    changes(ann, "hunter2", category=SECRET)
    everything = {EMAIL, SECRET, CHOSEN, LANGUAGE}

    assert archive.move(act_of("system", "account"), subject=ann, categories=everything) == 1
    assert archive.move(act_of("system", "account"), subject=ann, categories=everything) == 0

    assert [(row.value.open(), row.why) for row in old(ann)] == [(FIRST, "closed")]
    with opened():
        left = set(Item.objects.filter(subject=ann).values_list("category", "keep_class"))
        assert not Mark.objects.filter(subject=ann, category=EMAIL).exists()
    assert left == {("email", "archive"), ("service_secret", "account")}


def test_after_closing_service_and_support_are_refused_and_a_dispute_is_not(ann: SubjectId) -> None:
    archive.move(act_of("system", "account"), subject=ann, categories={EMAIL})
    with opened():
        SubjectKey.objects.filter(subject=ann, keep_class="account").update(state="destroyed", wrapped=None)

    for role, purpose in (("support", "account"), ("system", "account_messages")):
        with pytest.raises(door.Refused) as no:
            door.reveal(act_of(role, purpose), subject=ann, category=EMAIL, reason="they wrote")
        assert no.value.facts["why"] == "archived"
    assert [row.value.open() for row in old(ann)] == [FIRST]


def test_a_value_that_lives_elsewhere_is_kept_by_whoever_changes_it(ann: SubjectId) -> None:
    kept = archive.keep(act_of("customer", "account", ann), subject=ann, category=EMAIL, value=SECOND, why="changed")

    assert kept
    assert [row.value.open() for row in old(ann)] == [SECOND]
    with pytest.raises(ValueError, match="no reason"):
        archive.keep(act_of("system", "account"), subject=ann, category=EMAIL, value=SECOND, why="because")


def test_another_customer_archives_nothing_of_mine(ann: SubjectId) -> None:
    thief = act_of("customer", "account", SubjectId(uuid4()))

    with pytest.raises(door.Refused):
        archive.keep(thief, subject=ann, category=EMAIL, value=SECOND)
    with pytest.raises(door.Refused):
        archive.move(thief, subject=ann, categories={EMAIL})


def test_an_old_box_opens_in_no_other_slot_and_not_as_the_current_value(ann: SubjectId) -> None:
    changes(ann, SECOND)
    with opened():
        stolen = bytes(Item.objects.get(subject=ann, why="changed").box)
        Item.objects.filter(subject=ann, why="").update(box=stolen)

    with pytest.raises(door.BrokenSeal):
        door.reveal(act_of("customer", "account", ann), subject=ann, category=EMAIL)


def test_the_archives_destroyed_key_takes_nothing_and_shows_nothing(ann: SubjectId) -> None:
    changes(ann, SECOND)
    with opened():
        SubjectKey.objects.filter(subject=ann, keep_class="archive").update(state="destroyed", wrapped=None)

    assert old(ann) == ()
    with pytest.raises(boxes.KeyDestroyed):
        changes(ann, THIRD)


def test_nobody_is_found_by_an_old_address(ann: SubjectId) -> None:
    changes(ann, SECOND)
    desk = act_of("support", "account")

    assert search.find(desk, category=EMAIL, value=FIRST, reason="they wrote") is None
    assert search.find(desk, category=EMAIL, value=SECOND, reason="they wrote") == ann
