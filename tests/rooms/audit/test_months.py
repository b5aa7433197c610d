"""Months: made ahead, nothing lost without one, dropped only when sealed, and the hashes stay."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from hostkeep.audit import checkpoints
from hostkeep.audit.models import DroppedMonth, Entry, Leaf
from hostkeep.audit.months import NotSealed, drop_month, dropped_months, make_months
from hostkeep.audit.proofs import bundle
from hostkeep.audit.verifying import verify
from tests.conftest import NOON, make_act
from tests.rooms.audit.conftest import write

MARCH = date(2026, 3, 1)
LATER = make_act("owner", "site_administration", at=NOON + timedelta(days=400), actor="cli")


def months() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'audit.audit_entry'::regclass"
        )
        return {row[0] for row in cursor.fetchall()}


def in_other() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit.audit_entry WHERE tableoid::regclass::text LIKE '%entry_other'")
        return cursor.fetchone()[0]


def test_months_are_made_ahead_and_what_came_before_its_month_moves_in(committed) -> None:
    write(10)
    before = Entry.objects.count()
    assert in_other() == before, "the tests' noon lies before the months that a first start makes"
    now = datetime.now(UTC)

    assert make_months(make_act()) == 1
    assert make_months(make_act()) == 0
    assert (in_other(), Entry.objects.count()) == (0, before)
    assert {"entry_other", "entry_2026_03", f"entry_{now:%Y_%m}"} <= months()
    assert len(months()) == 6, "this month, three to come, one for what was there, and the rest"


def test_no_entry_is_lost_when_the_clock_jumps_over_the_months_that_are_made(committed) -> None:
    write(3, day=4000)
    assert Entry.objects.filter(at__gt=NOON + timedelta(days=3999)).count() == 3
    make_months(make_act())
    assert "entry_2037_02" in months()
    assert in_other() == 0
    write(2, day=4000)
    assert in_other() == 0


def test_a_month_that_no_checkpoint_covers_stays(committed, keyring) -> None:
    write(10)
    make_months(make_act())
    with pytest.raises(NotSealed):
        drop_month(LATER, month=MARCH)
    checkpoints.seal_all(make_act())
    write(1)
    with pytest.raises(NotSealed):
        drop_month(LATER, month=MARCH)
    assert dropped_months() == ()
    checkpoints.seal_all(make_act())
    assert drop_month(LATER, month=MARCH) >= 11


def set_clock(ahead: str) -> None:
    """Set the clock as the application may."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO runtime_clock (id, ahead) VALUES (1, %s::interval)"
            " ON CONFLICT (id) DO UPDATE SET ahead = EXCLUDED.ahead",
            [ahead],
        )


def test_a_month_that_is_not_over_stays(book) -> None:
    make_months(make_act())
    with pytest.raises(NotSealed):
        drop_month(LATER, month=datetime.now(UTC).date())


def test_a_clock_set_ahead_by_the_application_makes_no_month_old_enough_to_be_dropped(book) -> None:
    set_clock("400 days")
    make_months(make_act())
    checkpoints.seal_all(make_act())
    for back in (0, 31, 62, 89):
        with pytest.raises(NotSealed):
            drop_month(LATER, month=(datetime.now(UTC) - timedelta(days=back)).date())
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT audit.drop_sealed_month(now()::date, 'x', 'x', 'x', 'x')")


def test_a_checkpoint_without_our_signature_seals_nothing(book, broken) -> None:
    make_months(make_act())
    broken("UPDATE audit.audit_checkpoint SET note = replace(note, 'audit', 'other')")
    with pytest.raises(NotSealed):
        drop_month(LATER, month=MARCH)


def test_a_dropped_month_leaves_its_hashes_and_an_entry_and_the_book_holds(book) -> None:
    make_months(make_act())
    many = Entry.objects.count()
    size = Leaf.objects.count()
    assert drop_month(LATER, month=MARCH) == many
    (said,) = Entry.objects.all()
    assert (said.verb, said.count, said.actor, said.role) == ("audit.month.dropped", many, "cli", "owner")
    assert str(said.thing).endswith("202603")
    assert Leaf.objects.count() == size

    write(2, day=60)
    checkpoints.seal_all(make_act())
    report = verify()
    assert report.holds
    assert (report.dropped, report.entries, report.leaves) == (("2026-03",), 3, size + 3)


def test_an_old_proof_is_good_after_its_month_was_dropped(book) -> None:
    from hostkeep.audit import leaves, tree
    from hostkeep.audit.stored import StoredTree

    make_months(make_act())
    held = bundle([Leaf.objects.get(position=5).entry])
    drop_month(LATER, month=MARCH)
    write(300, day=60)
    checkpoints.seal_all(make_act())
    now = checkpoints.newest()
    assert now is not None
    data = leaves.line_of(held["entries"][0]["fields"])
    proof = tree.inclusion_proof(5, now.size, StoredTree().node_at)
    assert tree.verify_inclusion(tree.leaf_hash(data), 5, now.size, proof, now.root)


def test_a_deleted_row_cannot_hide_behind_a_dropped_month(book, broken) -> None:
    write(5, day=60)
    checkpoints.seal_all(make_act())
    make_months(make_act())
    drop_month(LATER, month=MARCH)
    checkpoints.seal_all(make_act())
    row = Entry.objects.filter(verb="shop.order.placed").first()
    broken(
        f"DELETE FROM audit.audit_entry WHERE id = {row.id}",
        f"UPDATE audit.audit_leaf SET month = '2026-03-01' WHERE entry = {row.id}",
    )
    assert [(f.kind, f.month) for f in verify().findings][0] == ("missing", "2026-03")

    broken("UPDATE audit.audit_droppedmonth SET entries = entries + 1")
    assert [(f.kind, f.month) for f in verify().findings] == [("drop", "2026-03")]


def test_what_says_that_a_month_was_dropped_outlives_its_own_month(book) -> None:
    make_months(make_act())
    set_clock("-180 days")
    drop_month(LATER, month=MARCH)
    checkpoints.seal_all(make_act())
    dropped_in = Entry.objects.get(verb="audit.month.dropped").at
    set_clock("0 days")
    make_months(make_act())
    assert drop_month(LATER, month=dropped_in.date()) == 0
    make_months(make_act())
    checkpoints.seal_all(make_act())
    assert Entry.objects.filter(verb="audit.month.dropped").count() == 2
    report = verify()
    assert (report.holds, len(report.dropped)) == (True, 2)
    with pytest.raises(NotSealed):
        drop_month(LATER, month=MARCH)


def test_a_month_cannot_be_noted_as_dropped_behind_the_books_back(book, broken) -> None:
    make_months(make_act())
    many = Entry.objects.count()
    broken(
        "ALTER TABLE audit.audit_entry DETACH PARTITION audit.entry_2026_03",
        f"INSERT INTO audit.audit_droppedmonth VALUES ('2026-03-01', {many}, {many}, 1, now())",
    )
    assert ("drop", "2026-03") in {(f.kind, f.month) for f in verify().findings}


def test_what_comes_after_a_drop_with_an_older_date_is_kept(book) -> None:
    make_months(make_act())
    drop_month(LATER, month=MARCH)
    write(1)
    checkpoints.seal_all(make_act())
    assert verify().holds
    make_months(make_act())
    assert verify().holds
    with pytest.raises(DatabaseError), transaction.atomic():
        DroppedMonth.objects.all().delete()
