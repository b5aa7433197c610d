"""Legal holds: two people, a basis, a day of review; nothing else is opened by them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import door, holds
from hostkeep.vault.dropping import held_in
from hostkeep.vault.models import Hold, SubjectKey
from hostkeep.vault.nyms import nym_of
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act

NAME = CategoryId("name")
FIRST, SECOND = f"staff:{uuid4()}", f"staff:{uuid4()}"
CASE = uuid4()
LATER = NOON + timedelta(days=90)


def staff(actor: str = FIRST, role: str = "privacy", at=NOON):
    return make_act(role, "legal_obligation", actor=actor, at=at)


@pytest.fixture
def ann(db: None) -> SubjectId:
    subject = SubjectId(uuid4())
    door.put(make_act("visitor", "account"), subject=subject, category=NAME, value="Ann Canary")
    return subject


def opens(subject: SubjectId, *, secret: bool = False, classes=("account",), basis="dispute", review_at=LATER):
    return holds.open_hold(
        staff(), subject=subject, classes=classes, basis=basis, case=CASE, review_at=review_at, secret=secret
    )


def stands(subject: SubjectId, **told) -> UUID:
    row = opens(subject, **told)
    holds.approve_hold(staff(SECOND), hold=row.id)
    return row.id


def test_one_person_alone_holds_nothing(ann: SubjectId) -> None:
    opens(ann)

    assert holds.held_classes(ann) == frozenset()
    (row,) = holds.waiting(staff(SECOND))
    assert (row.subject, row.approved_at, row.case) == (ann, None, CASE)


def test_two_people_hold_the_classes_they_named_and_no_other(ann: SubjectId) -> None:
    stands(ann, classes=("account", "support"))

    assert holds.held_classes(ann) == {"account", "support"}
    assert holds.held_classes(ann, NOON) == {"account", "support"}
    assert holds.held_classes(ann, NOON - timedelta(days=1)) == frozenset()
    assert holds.held_classes(SubjectId(uuid4())) == frozenset()


def test_whom_a_class_is_held_of_is_asked_in_one_way_to_the_server(ann: SubjectId) -> None:
    """The sweeper asks it for every store and every brand, hour by hour."""
    opens(ann, classes=("support",))
    ended, twice = stands(ann), [stands(ann) for _ in range(2)]
    holds.end_hold(staff(), hold=ended)

    with CaptureQueriesContext(connection) as asked:
        assert held_in("account") == (ann,)
    assert len(asked) == 1
    assert held_in("support") == ()
    for hold in twice:
        holds.end_hold(staff(), hold=hold)
    assert held_in("account") == ()


def test_who_opened_it_does_not_approve_it_in_another_role_either(ann: SubjectId) -> None:
    row = opens(ann)

    with pytest.raises(holds.SamePerson):
        holds.approve_hold(staff(FIRST, "owner"), hold=row.id)

    assert holds.held_classes(ann) == frozenset()


def test_the_database_refuses_one_person_for_both(ann: SubjectId) -> None:
    row = opens(ann)

    with pytest.raises(DatabaseError, match="hold_by_two_people"), transaction.atomic(), opened():
        Hold.objects.filter(id=row.id).update(approved_by=FIRST, approved_at=NOON)


@pytest.mark.parametrize(("actor", "role"), [
    ("staff:" + str(UUID(int=5)), "support"), ("staff:" + str(UUID(int=5)), "billing"), ("job:test", "owner"),
    ("cli", "owner"), ("user:" + str(UUID(int=5)), "customer"),
])  # fmt: skip
def test_nobody_else_opens_approves_reviews_or_ends_one(ann: SubjectId, actor: str, role: str) -> None:
    hold, other = stands(ann), staff(actor, role)

    with pytest.raises(holds.NotForYou):
        holds.open_hold(
            other, subject=ann, classes=["account"], basis="dispute", case=CASE, review_at=LATER, secret=False
        )
    for deed in (
        lambda: holds.approve_hold(other, hold=hold),
        lambda: holds.review_hold(other, hold=hold, review_at=LATER),
        lambda: holds.end_hold(other, hold=hold),
    ):
        with pytest.raises(holds.NotForYou):
            deed()
    assert Entry.objects.using("audit").filter(verb="vault.hold.refused", thing=nym_of(ann)).count() == 4
    assert holds.held_classes(ann) == {"account"}


@pytest.mark.parametrize("wrong", [
    {"classes": ()}, {"classes": ("no_class",)}, {"basis": "because"}, {"review_at": NOON},
    {"review_at": NOON + timedelta(days=366)},
], ids=["no classes", "an unknown class", "no basis", "a day past", "a day too far"])  # fmt: skip
def test_a_hold_names_its_classes_its_basis_and_a_day(ann: SubjectId, wrong: dict) -> None:
    with pytest.raises(holds.BadHold):
        opens(ann, **wrong)


def test_a_review_moves_the_day_and_an_overdue_hold_still_holds(ann: SubjectId) -> None:
    hold, after = stands(ann), LATER + timedelta(days=1)
    (overdue,) = holds.waiting(staff(at=after))
    assert (overdue.id, overdue.overdue) == (hold, True)
    assert holds.held_classes(ann) == {"account"}

    holds.review_hold(staff(at=after), hold=hold, review_at=after + timedelta(days=30))

    assert holds.waiting(staff(at=after)) == ()


def test_an_ended_hold_holds_nothing_and_is_not_there_to_be_ended_again(ann: SubjectId) -> None:
    hold = stands(ann)
    holds.end_hold(staff(), hold=hold)

    assert holds.held_classes(ann) == frozenset()
    with pytest.raises(holds.NoSuchHold):
        holds.end_hold(staff(), hold=hold)
    with pytest.raises(holds.NoSuchHold):
        holds.approve_hold(staff(SECOND), hold=uuid4())


def test_another_shops_staff_work_finds_no_such_hold(ann: SubjectId) -> None:
    hold = stands(ann)

    with pytest.raises(holds.NoSuchHold):
        holds.end_hold(make_act("privacy", "legal_obligation", actor=FIRST, brand="vpn"), hold=hold)


def test_what_was_due_meanwhile_is_freed_unless_another_hold_keeps_it(ann: SubjectId) -> None:
    first, second = stands(ann), stands(ann)
    with opened():
        SubjectKey.objects.filter(subject=ann, keep_class="account").update(state="held", brand="vps6")
    holds.end_hold(staff(), hold=first)
    assert not [freed for freed in holds.released(most=100) if freed.subject == ann]

    holds.end_hold(staff(), hold=second)

    assert [freed for freed in holds.released(most=100) if freed.subject == ann] == [
        holds.Freed("vps6", ann, frozenset({"account"}))
    ]


def test_the_person_sees_it_and_others_see_theirs_alone(ann: SubjectId) -> None:
    hold = stands(ann)
    opens(ann)
    mine = make_act("customer", "rights", own=ann)

    assert [row.id for row in holds.holds_of(mine, ann)] == [hold]
    assert len(holds.holds_of(staff(), ann)) == 2
    for other in (make_act("customer", "rights", own=SubjectId(uuid4())), make_act("support", "account"), make_act()):
        assert holds.holds_of(other, ann) == ()
        assert holds.waiting(other) == ()


def test_a_secret_one_is_told_from_the_day_of_review_on(ann: SubjectId) -> None:
    hold = stands(ann, secret=True)

    assert holds.holds_of(make_act("customer", "rights", own=ann), ann) == ()
    later = make_act("customer", "rights", own=ann, at=LATER)
    assert [row.id for row in holds.holds_of(later, ann)] == [hold]
    assert holds.count_standing(make_act().brand) >= 1


def test_a_hold_opens_nothing(ann: SubjectId) -> None:
    with opened():
        SubjectKey.objects.filter(subject=ann, keep_class="account").update(state="deactivated")
    stands(ann)

    for role, purpose in (("support", "account"), ("system", "offers"), ("sales", "account")):
        with pytest.raises(door.Refused):
            door.reveal(make_act(role, purpose), subject=ann, category=NAME, reason="there is a hold")


def test_each_deed_stands_in_the_book(ann: SubjectId) -> None:
    hold = stands(ann)
    holds.review_hold(staff(), hold=hold, review_at=LATER)
    holds.end_hold(staff(), hold=hold)

    verbs = list(Entry.objects.filter(thing=hold).order_by("id").values_list("verb", "actor"))
    assert verbs == [
        ("vault.hold.opened", FIRST), ("vault.hold.approved", SECOND), ("vault.hold.reviewed", FIRST),
        ("vault.hold.ended", FIRST),
    ]  # fmt: skip


def test_whoever_opened_a_secret_hold_cannot_keep_it_secret_for_longer(ann: SubjectId) -> None:
    hold = stands(ann, secret=True)
    with pytest.raises(holds.SamePerson):
        holds.review_hold(staff(), hold=hold, review_at=LATER + timedelta(days=30))
    holds.review_hold(staff(SECOND), hold=hold, review_at=LATER + timedelta(days=30))
