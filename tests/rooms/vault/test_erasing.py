"""Erasing: keys die at once, the ledger outlives the database, and what a hold keeps stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import boxes, certificates, destroying, door, erasing, erasure_ledger, replaying
from hostkeep.vault.models import Erasure, Hold, Item, Keyring, Mark, SubjectKey
from hostkeep.vault.stuck import ErasureWaits, Stuck, stuck
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act

NAME = CategoryId("name")
ACCOUNT = frozenset({"account"})


def person(value: str = "Ann Canary") -> SubjectId:
    subject = SubjectId(uuid4())
    door.put(make_act("visitor", "account"), subject=subject, category=NAME, value=value)
    return subject


@pytest.fixture
def ann(db: None) -> SubjectId:
    return person()


def as_owner(subject: SubjectId):
    return make_act("customer", "account", own=subject)


def state_of(subject: SubjectId, keep_class: str = "account") -> str:
    with opened():
        return SubjectKey.objects.get(subject=subject, keep_class=keep_class).state


def opens(subject: SubjectId) -> bool:
    with opened():
        return bool(boxes.open_many([(subject, NAME, "")], brand=make_act().brand))


def replayed() -> int:
    with opened():
        return Keyring.objects.get(id=1).replayed


def test_what_was_erased_opens_for_nobody_and_the_key_is_gone(ann: SubjectId) -> None:
    assert opens(ann)
    done = erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    assert done.classes == ACCOUNT
    assert not opens(ann)
    with opened():
        row = SubjectKey.objects.get(subject=ann, keep_class="account")
        assert (row.state, row.wrapped) == ("destroyed", None)


def test_an_erasure_is_entered_and_stands_in_the_ledger_by_handles_alone(ann: SubjectId) -> None:
    done = erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    text = erasure_ledger.path().read_text()
    assert str(done.erasure) in text and str(ann) not in text
    assert (erasure_ledger.head().number, replayed()) == (1, 1)
    assert erasure_ledger.path().stat().st_mode & 0o777 == 0o600
    assert Entry.objects.filter(verb="vault.keys.destroyed").count() == 1


def test_the_certificate_tells_the_first_instant_and_promises_no_other_yet(ann: SubjectId) -> None:
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    (paper,) = certificates.certificates_of(as_owner(ann), subject=ann)
    assert (paper.classes, paper.live_at, paper.wal_at, paper.backups_at, paper.done) == (ACCOUNT, NOON, None, None, False)


def test_rows_go_later_in_batches_and_close_the_certificate(ann: SubjectId) -> None:
    for slot in range(7):
        door.put(make_act("visitor", "account"), subject=ann, category=NAME, slot=str(slot), value="Ann")
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    with opened():
        assert Item.objects.filter(subject=ann).count() == 8
    assert [erasing.finish(make_act(), 3) for _ in range(4)] == [3, 3, 2, 0]
    with opened():
        assert not Item.objects.filter(subject=ann).exists()
    assert certificates.certificates_of(as_owner(ann), subject=ann)[0].done


def test_a_batch_is_bounded_whatever_way_the_database_takes(ann: SubjectId) -> None:
    for slot in range(7):
        door.put(make_act("visitor", "account"), subject=ann, category=NAME, slot=str(slot), value="Ann")
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    with connection.cursor() as cursor:
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    assert [erasing.finish(make_act(), 3) for _ in range(4)] == [3, 3, 2, 0]


def test_a_second_erasure_finds_nothing_left(ann: SubjectId) -> None:
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    again = erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    assert (again.erasure, again.classes) == (None, frozenset())
    assert len(certificates.certificates_of(as_owner(ann), subject=ann)) == 1
    assert erasure_ledger.head().number == 1


def test_a_destroyed_key_takes_nothing_more_and_never_lives_again(ann: SubjectId) -> None:
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    with pytest.raises(boxes.KeyDestroyed):
        door.put(make_act("visitor", "account"), subject=ann, category=NAME, value="Ann again")
    with pytest.raises(DatabaseError), transaction.atomic(), opened():
        SubjectKey.objects.filter(subject=ann).update(state="live", wrapped=b"x")


def test_a_class_without_a_value_is_shut_as_well(ann: SubjectId) -> None:
    erasing.erase(make_act(), subject=ann, classes=frozenset({"account", "support"}), why="request")
    assert state_of(ann, "support") == "destroyed"


def test_another_persons_data_stays(ann: SubjectId) -> None:
    binh = person("Binh")
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    erasing.finish(make_act())
    assert opens(binh)


def hold(subject: SubjectId, *classes: str, approved: bool = True, secret: bool = False) -> None:
    with opened():
        Hold.objects.create(
            brand="vps6", subject=subject, classes=list(classes), basis="dispute", case=uuid4(), secret=secret,
            opened_by="staff:a", approved_by="staff:b" if approved else "", opened_at=NOON,
            approved_at=NOON if approved else None, review_at=NOON + timedelta(days=90),
        )


def test_under_a_hold_an_erasure_is_partial_and_says_so(ann: SubjectId) -> None:
    door.put(make_act("visitor", "account"), subject=ann, category=CategoryId("ticket"), value="It is broken", slot="t")
    with opened():
        classes = frozenset(SubjectKey.objects.filter(subject=ann).values_list("keep_class", flat=True))
    (other,) = classes - ACCOUNT
    hold(ann, other)
    done = erasing.erase(make_act(), subject=ann, classes=classes, why="request")
    assert done.classes == ACCOUNT
    assert [(s.keep_class, s.why, s.until) for s in done.stays] == [(other, "dispute", NOON + timedelta(days=90))]
    assert (state_of(ann), state_of(ann, other)) == ("destroyed", "held")
    assert certificates.certificates_of(as_owner(ann), subject=ann)[0].stays == done.stays


def test_a_hold_that_nobody_approved_keeps_nothing(ann: SubjectId) -> None:
    hold(ann, "account", approved=False)
    assert erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request").classes == ACCOUNT


def test_a_secret_hold_is_not_told_to_the_person(ann: SubjectId) -> None:
    door.put(make_act("visitor", "account"), subject=ann, category=CategoryId("ticket"), value="It is broken", slot="t")
    hold(ann, "support", secret=True)
    erasing.erase(make_act(), subject=ann, classes=frozenset({"account", "support"}), why="request")
    assert certificates.certificates_of(as_owner(ann), subject=ann)[0].stays == ()
    for role in ("support", "billing", "sales", "engineer", "abuse", "clerk"):
        assert certificates.certificates_of(make_act(role, "account"), subject=ann)[0].stays == (), role
    for role in ("privacy", "owner"):
        assert len(certificates.certificates_of(make_act(role, "rights"), subject=ann)[0].stays) == 1, role


def test_marks_go_with_the_keys(ann: SubjectId) -> None:
    with opened():
        Mark.objects.create(brand="vps6", category="name", mark=b"m" * 16, epoch=1, subject=ann, keep_class="account")
        Mark.objects.create(brand="vps6", category="name", mark=b"n" * 16, epoch=1, subject=ann, slot="x", keep_class="fiscal")
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    with opened():
        assert [m.keep_class for m in Mark.objects.filter(subject=ann)] == ["fiscal"]


def test_a_restored_database_catches_up_before_it_opens(ann: SubjectId, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened():
        key = SubjectKey.objects.get(subject=ann)
    with erasure_ledger.alone():
        erasure_ledger.add(at=NOON, erasure=uuid4(), data_keys=[key.id])
    monkeypatch.setattr(replaying, "_open", [])
    with pytest.raises(replaying.Maintenance):
        replaying.demand_open()
    assert replaying.catch_up(make_act()) == 1
    assert not opens(ann)
    assert replaying.is_open()
    (paper,) = certificates.certificates_of(as_owner(ann), subject=ann)
    assert (paper.why, paper.classes) == ("replayed", ACCOUNT)


def test_single_values_on_the_ledger_are_deleted_again(ann: SubjectId) -> None:
    with opened():
        item = Item.objects.get(subject=ann)
    with transaction.atomic():
        erasing.note_item_gone(make_act(), item=item.id)
    with opened():
        Item.objects.bulk_create([item])  # an older backup brings it back
        Keyring.objects.update(replayed=0, replayed_head="")
    assert replaying.catch_up(make_act()) == 1
    assert not opens(ann)
    assert state_of(ann) == "live"


def test_an_erasure_carries_out_what_an_earlier_one_left(ann: SubjectId) -> None:
    binh = person("Binh")
    with opened():
        key = SubjectKey.objects.get(subject=binh)
    with erasure_ledger.alone():
        erasure_ledger.add(at=NOON, erasure=uuid4(), data_keys=[key.id])
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    assert (opens(binh), opens(ann), replayed()) == (False, False, 2)


def test_an_erasure_cut_off_after_its_fence_is_finished(ann: SubjectId) -> None:
    begun = erasing._fence(make_act(), ann, ACCOUNT, "request")
    assert begun and state_of(ann) == "erasing" and not opens(ann)
    erasing.finish(make_act())
    assert (state_of(ann), erasure_ledger.head().number) == ("destroyed", 1)


def test_a_ledger_that_lost_a_line_stops_the_start(ann: SubjectId) -> None:
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    erasure_ledger.path().write_bytes(b"")
    with pytest.raises(erasure_ledger.LedgerBroken):
        replaying.behind()


def test_a_ledger_with_another_last_line_stops_the_start(ann: SubjectId) -> None:
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    text = erasure_ledger.path().read_text()
    erasure_ledger.path().write_text(text.replace("2026", "2025"))
    with pytest.raises(erasure_ledger.LedgerBroken):
        replaying.behind()


def test_an_altered_line_in_the_middle_is_noticed_when_it_is_replayed(ann: SubjectId) -> None:
    for _ in range(3):
        with erasure_ledger.alone():
            erasure_ledger.add(at=NOON, erasure=uuid4(), data_keys=[uuid4()])
    lines = erasure_ledger.path().read_text().splitlines()
    lines[1] = lines[1].replace("2026", "2025")
    erasure_ledger.path().write_text("\n".join(lines) + "\n")
    with pytest.raises(erasure_ledger.LedgerBroken), transaction.atomic():
        replaying.catch_up(make_act())


def test_a_line_cut_off_by_a_crash_was_never_told_and_is_dropped(ann: SubjectId) -> None:
    with erasure_ledger.alone():
        erasure_ledger.add(at=NOON, erasure=uuid4(), data_keys=[uuid4()])
    with erasure_ledger.path().open("ab") as file:
        file.write(b'{"number":2,"at":"2026')
    assert erasure_ledger.head().number == 1
    with erasure_ledger.alone():
        assert erasure_ledger.add(at=NOON, erasure=uuid4(), data_keys=[]).number == 2
    assert [line.number for line in erasure_ledger.lines_after(0, "")] == [1, 2]


def test_an_erasure_row_begun_twice_by_two_people_is_one(ann: SubjectId) -> None:
    erasing._fence(make_act(), ann, ACCOUNT, "request")
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    erasing.finish(make_act())
    with opened():
        assert Erasure.objects.filter(subject=ann, live_at__isnull=True).count() == 0


# -- one that stands still, and the younger ones ---------------------------------------------------------------


def line_of(subject: SubjectId) -> None:
    """Put a line on the ledger that this database has not carried out."""
    with opened():
        key = SubjectKey.objects.get(subject=subject)
    with erasure_ledger.alone():
        erasure_ledger.add(at=NOON, erasure=uuid4(), data_keys=[key.id])


@pytest.fixture
def mend(ann: SubjectId, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The ledger begins with a line about Ann that cannot be carried out; returns what mends that."""
    real = destroying.carry_out

    def breaks(act, line, **more):
        if line.number == 1:
            raise ZeroDivisionError
        real(act, line, **more)

    line_of(ann)
    monkeypatch.setattr(destroying, "carry_out", breaks)
    return lambda: monkeypatch.setattr(destroying, "carry_out", real)


def test_a_line_that_cannot_be_carried_out_keeps_no_younger_erasure(mend, ann: SubjectId) -> None:
    binh, chi = person("Binh"), person("Chi")
    erasing.erase(make_act(), subject=binh, classes=ACCOUNT, why="request")
    erasing.erase(make_act(), subject=chi, classes=ACCOUNT, why="request")
    assert (opens(ann), opens(binh), opens(chi), replayed()) == (True, False, False, 3)
    assert (replaying.unseen(), replaying.behind()) == (0, 1)
    assert stuck(NOON) == Stuck(0, (1,), None)
    erasing.work_off(make_act())
    assert opens(ann)
    mend()
    assert erasing.work_off(make_act()) >= 1
    assert (opens(ann), replaying.behind(), bool(stuck(NOON))) == (False, 0, False)


def test_a_restored_database_stays_closed_over_one_line_that_it_cannot_carry_out(
    mend, ann: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    binh = person("Binh")
    line_of(binh)
    monkeypatch.setattr(replaying, "_open", [])
    for _ in range(2):
        replaying.catch_up(make_act())
        assert (opens(ann), opens(binh), replaying.behind()) == (True, False, 1)
        with pytest.raises(replaying.Maintenance):
            replaying.demand_open()
    mend()
    assert replaying.catch_up(make_act()) == 1
    assert (opens(ann), replaying.is_open()) == (False, True)


def test_an_erasure_whose_line_is_stuck_gets_no_second_one(ann: SubjectId, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(act, line, **more):
        raise ZeroDivisionError

    later = NOON + timedelta(hours=2)
    with monkeypatch.context() as patch:
        patch.setattr(destroying, "carry_out", breaks)
        with pytest.raises(ZeroDivisionError):
            erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
        for _ in range(3):
            erasing.work_off(make_act())
            with pytest.raises(ErasureWaits):
                erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
        assert erasure_ledger.head().number == 1
        assert not opens(ann), "its fence stands"
        assert stuck(later) == Stuck(1, (1,), NOON)
    erasing.work_off(make_act())
    assert (state_of(ann), erasure_ledger.head().number, bool(stuck(later))) == ("destroyed", 1, False)


def test_more_erasures_that_stand_still_than_are_read_at_once_keep_no_younger(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "AT_ONCE", 2)
    *old, young = people = [person(f"Ann {number}") for number in range(6)]
    begun = [
        erasing._fence(make_act(at=NOON + timedelta(minutes=n)), who, ACCOUNT, "request")
        for n, who in enumerate(people)
    ]
    real = erasing._destroyed

    def breaks(act, erasure):
        if erasure in begun[:-1]:
            raise ZeroDivisionError
        return real(act, erasure)

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_destroyed", breaks)
        erasing.work_off(make_act())
        assert [state_of(who) for who in people] == ["erasing"] * 5 + ["destroyed"]
        assert stuck(NOON + timedelta(hours=2)).erasures == 5
        assert erasing.carry_on(make_act()) == 0, "and no process is kept from starting by them"
    assert erasing.carry_on(make_act()) == 5


def test_more_whose_rows_cannot_go_than_are_read_at_once_keep_no_younger(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "AT_ONCE", 2)
    *old, young = people = [person(f"Ann {number}") for number in range(6)]
    for n, who in enumerate(people):
        erasing.erase(make_act(at=NOON + timedelta(minutes=n)), subject=who, classes=ACCOUNT, why="request")
    real = erasing._finish

    def breaks(act, erasure, *, subject, most):
        if subject != young:
            raise ZeroDivisionError
        return real(act, erasure, subject=subject, most=most)

    monkeypatch.setattr(erasing, "_finish", breaks)
    erasing.work_off(make_act())
    with opened():
        assert set(Item.objects.filter(subject__in=people).values_list("subject", flat=True)) == set(old)
