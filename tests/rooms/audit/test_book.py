"""The book: what is altered is found, whoever altered it; what is signed is never taken back."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction

from hostkeep.audit import checkpoints, kept, sequencing
from hostkeep.audit.enter import APART
from hostkeep.audit.models import Checkpoint, Entry, Leaf, TreeNode
from hostkeep.audit.stored import StoredTree, size_now
from hostkeep.audit.tree import Frontier, leaf_hash
from hostkeep.audit.verifying import verify, verify_nightly
from tests.conftest import NOON, make_act
from tests.rooms.audit.conftest import write

LATER = make_act(at=NOON + timedelta(days=2))


def findings(report) -> set[tuple[str, str]]:
    return {(found.kind, found.month) for found in report.findings}


def place_of(nth: int) -> tuple[int, int]:
    row = Leaf.objects.order_by("position")[nth]
    return row.position, row.entry


def test_a_book_that_nobody_touched_holds(book) -> None:
    report = verify()
    assert report.holds
    assert report.entries == report.leaves == Entry.objects.count() >= 40
    assert (report.waiting, report.checkpoints) == (0, 1)

    book(5, day=1)
    assert verify().waiting == 5
    assert checkpoints.seal(LATER) == 6
    again = verify()
    assert (again.holds, again.entries, again.checkpoints) == (True, report.entries + 5, 2)


def test_sealing_twice_changes_nothing(book) -> None:
    before = list(Checkpoint.objects.values_list("size", "note"))
    assert checkpoints.seal(LATER) == 0
    assert list(Checkpoint.objects.values_list("size", "note")) == before
    assert [row.note for row in kept.kept()] == [note for _, note in before]


def test_one_row_edited_is_found_by_month_and_position(book, broken) -> None:
    position, entry = place_of(-1 % size_now())
    broken(f"UPDATE audit.audit_entry SET verb = 'shop.order.gone' WHERE id = {entry}")
    report = verify()
    assert [(f.kind, f.month, f.position) for f in report.findings] == [("edited", "2026-03", position)]


@pytest.mark.parametrize("column", ["actor", "thing", "count", "at", "trace", "digest"])
def test_no_field_can_be_edited_unseen(book, broken, column: str) -> None:
    value = {"thing": "gen_random_uuid()", "count": "count + 1", "at": "at + interval '1 microsecond'"}.get(column, "'x'")
    broken(f"UPDATE audit.audit_entry SET {column} = {value} WHERE id = {place_of(3)[1]}")
    assert [(f.kind, f.position) for f in verify().findings] == [("edited", 3)]


def test_one_row_deleted_is_found(book, broken) -> None:
    position, entry = place_of(7)
    broken(f"DELETE FROM audit.audit_entry WHERE id = {entry}")
    report = verify()
    assert [(f.kind, f.month, f.position) for f in report.findings] == [("missing", "2026-03", position)]


def test_a_row_deleted_with_its_leaf_is_found(book, broken) -> None:
    position, entry = place_of(7)
    broken(
        f"DELETE FROM audit.audit_entry WHERE id = {entry}",
        f"DELETE FROM audit.audit_leaf WHERE entry = {entry}",
    )
    assert [(found.kind, found.position) for found in verify().findings] == [("leaf", position)]


def test_the_end_cut_off_is_found(book, broken) -> None:
    last, entry = place_of(size_now() - 1)
    broken(
        f"DELETE FROM audit.audit_entry WHERE id = {entry}",
        f"DELETE FROM audit.audit_leaf WHERE position = {last}",
        "DELETE FROM audit.audit_checkpoint",
    )
    assert ("size", "") in findings(verify())


def rewrite(broken, *statements: str) -> None:
    """Alter an entry, then make everything in the database fit: leaves, nodes, and no checkpoint is left."""
    broken(
        f"UPDATE audit.audit_entry SET actor = 'staff:nobody' WHERE id = {place_of(5)[1]}",
        "TRUNCATE audit.audit_leaf, audit.audit_treenode, audit.audit_checkpoint",
        *statements,
    )
    sequencing.sequence_all()


def test_the_whole_book_rewritten_is_found_by_what_is_kept_outside(book, broken) -> None:
    write(600)
    checkpoints.seal_all(LATER)
    size = size_now()
    rewrite(broken)
    assert (size_now(), TreeNode.objects.count()) == (size, size // 256)

    report = verify()
    assert findings(report) == {("root", "")}
    assert report.entries == size, "every entry fits its new leaf"
    (alarms_before,) = [Entry.objects.using(APART).filter(verb="alarm.book_altered.raised").count()]
    assert checkpoints.sign(LATER) == 0
    assert not Checkpoint.objects.exists(), "a changed history is never signed"
    assert Entry.objects.using(APART).filter(verb="alarm.book_altered.raised").count() == alarms_before + 1


def test_the_book_and_the_file_rewritten_are_found_by_a_checkpoint_kept_elsewhere(book, broken, keyring) -> None:
    mine = checkpoints.newest()
    assert mine is not None
    rewrite(broken)
    (keyring / kept.FILE).unlink()
    assert checkpoints.sign(LATER) == 1
    assert verify().holds, "nothing here knows better"

    assert findings(verify(elsewhere=[mine.note])) == {("root", "")}


def test_another_key_is_not_ours(book, keyring) -> None:
    mine = checkpoints.newest()
    (keyring / checkpoints.KEY_FILE).unlink()
    kinds = {found.kind for found in verify(elsewhere=[mine.note]).findings}
    assert kinds == {"signature"}
    assert checkpoints.sign(LATER) == 0


def test_a_leaf_or_a_node_altered_is_found_and_never_signed(book, broken) -> None:
    write(600)
    checkpoints.seal_all(LATER)
    forged = leaf_hash(b"forged").hex()
    broken(f"UPDATE audit.audit_treenode SET hash = '\\x{forged}'")
    assert {found.kind for found in verify().findings} == {"node"}
    write(3)
    sequencing.sequence_all()
    assert checkpoints.sign(LATER) == 0
    assert Entry.objects.using(APART).filter(verb="alarm.book_altered.raised").count() == 1

    checkpoints.sign(LATER)
    assert Entry.objects.using(APART).filter(verb="alarm.book_altered.raised").count() == 1, "not each minute"


def test_the_night_finds_it_and_raises_the_alarm_once_a_day(book, broken) -> None:
    assert (verify_nightly(LATER), verify_nightly(LATER)) == (1, 0)
    assert not Entry.objects.using(APART).filter(verb="alarm.book_altered.raised").exists()
    (told,) = Entry.objects.using(APART).filter(verb="audit.book.verified")
    assert told.count >= 40

    broken(f"DELETE FROM audit.audit_entry WHERE id = {place_of(7)[1]}")
    assert verify_nightly(make_act(at=NOON + timedelta(days=4))) == 1
    (alarm,) = Entry.objects.using(APART).filter(verb="alarm.book_altered.raised")
    assert alarm.at == NOON + timedelta(days=4)


def test_an_entry_that_commits_late_gets_its_place_late(book, pg, committed) -> None:
    with psycopg.connect(pg.url("hk_app", committed)) as slow:
        late = slow.execute(
            "INSERT INTO audit.audit_entry (verb, actor, role, purpose, brand, kind, thing, category, clause, digest, count,"
            " at, trace) SELECT verb, 'late', role, purpose, brand, kind, thing, category, clause, digest, count, at, trace"
            " FROM audit.audit_entry ORDER BY id DESC LIMIT 1 RETURNING id"
        ).fetchone()[0]
        write(3)
        assert sequencing.sequence(LATER) == 3
        assert Leaf.objects.order_by("-position").first().entry > late
        assert not Leaf.objects.filter(entry=late).exists()
        slow.commit()
    assert sequencing.sequence(LATER) == 1
    assert Leaf.objects.order_by("-position").first().entry == late
    assert verify().holds


def test_one_later_than_the_sequencer_looks_back_comes_with_the_nightly_round(book, monkeypatch, pg, committed) -> None:
    monkeypatch.setattr(sequencing, "LATE", 2)
    with psycopg.connect(pg.url("hk_app", committed)) as slow:
        slow.execute(
            "INSERT INTO audit.audit_entry (verb, actor, role, purpose, brand, kind, thing, category, clause, digest, count,"
            " at, trace) SELECT verb, 'late', role, purpose, brand, kind, thing, category, clause, digest, count, at, trace"
            " FROM audit.audit_entry ORDER BY id DESC LIMIT 1"
        )
        write(9)
        sequencing.sequence(LATER)
        slow.commit()
    assert sequencing.sequence(LATER) == 0
    assert sequencing.sequence_all() == 1
    checkpoints.sign(LATER)
    assert verify().holds


def test_two_sequencers_at_once_give_each_entry_one_place(book) -> None:
    write(400)
    before = size_now()
    done: list[int] = []

    def work() -> None:
        try:
            done.append(sequencing.sequence(LATER))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sequencing.sequence(LATER)
    assert size_now() == before + 400
    assert Leaf.objects.values("entry").distinct().count() == size_now() == Entry.objects.count()
    checkpoints.sign(LATER)
    assert verify().holds


def test_the_application_can_add_to_the_tree_and_never_change_it(book) -> None:
    for statement in (
        "UPDATE audit.audit_leaf SET entry = 0", "DELETE FROM audit.audit_leaf", "TRUNCATE audit.audit_leaf",
        "DELETE FROM audit.audit_treenode", "DELETE FROM audit.audit_checkpoint", "UPDATE audit.audit_checkpoint SET note = ''",
        "INSERT INTO audit.audit_droppedmonth VALUES ('2026-03-01', 1, 1, 1, now())", "DROP TABLE audit.entry_other",
        "ALTER TABLE audit.audit_entry DISABLE TRIGGER USER", "SELECT audit.make_month('2030-01-01')",
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_not_even_the_owner_changes_a_month_by_mistake(book) -> None:
    alias = connections["default"]
    alias.close()
    alias.settings_dict["USER"] = "hk_owner"
    with alias.cursor() as cursor:
        cursor.execute("SELECT audit.make_months()")
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE 'entry\\_20__\\___' AND relkind = 'r' ORDER BY 1")
        parts = [row[0] for row in cursor.fetchall()]
    assert "entry_2026_03" in parts
    for statement in ("UPDATE {} SET verb = ''", "DELETE FROM {}", "TRUNCATE {}"):
        for table in ("audit_entry", "entry_2026_03"):
            with pytest.raises(DatabaseError, match="written once"), alias.cursor() as cursor:
                cursor.execute(statement.format(f"audit.{table}"))
    with pytest.raises(DatabaseError, match="written once"), alias.cursor() as cursor:
        cursor.execute("TRUNCATE audit.entry_other")


def test_the_stored_tree_is_the_tree_of_the_leaves(book) -> None:
    write(700)
    sequencing.sequence_all()
    leaves = [bytes(row) for row in Leaf.objects.order_by("position").values_list("hash", flat=True)]
    edge = Frontier()
    for leaf in leaves:
        edge.append(leaf)
    assert StoredTree().root(len(leaves)) == edge.root()
    assert StoredTree().frontier(len(leaves)).peaks == edge.peaks


def restored(broken, size: int) -> None:
    """Take the database back to an older state, as a restored backup is."""
    broken(
        f"DELETE FROM audit.audit_entry WHERE id IN (SELECT entry FROM audit.audit_leaf WHERE position >= {size})",
        f"DELETE FROM audit.audit_leaf WHERE position >= {size}",
        f"DELETE FROM audit.audit_checkpoint WHERE size > {size}",
    )


def test_after_an_older_backup_the_book_begins_again_and_says_so(book, broken, keyring) -> None:
    first = checkpoints.newest()
    book(7, day=1)
    checkpoints.seal_all(LATER)
    held = checkpoints.newest()
    restored(broken, first.size)
    assert checkpoints.seal(LATER) == 0, "what is shorter than what was signed is not signed"
    assert findings(verify()) == {("size", "")}

    assert checkpoints.begin_again(LATER) == 7
    assert checkpoints.begin_again(LATER) == 0
    checkpoints.seal_all(LATER)
    now = checkpoints.newest()
    assert (now.size > first.size, now.note.split("\n")[0]) == (True, first.note.split("\n")[0] + "/2")
    assert verify().holds
    assert Entry.objects.using(APART).get(verb="audit.book.begun_again").count == 7
    assert verify(elsewhere=[first.note]).holds
    assert findings(verify(elsewhere=[held.note])) <= {("size", ""), ("root", "")} != set()


def test_an_altered_book_cannot_begin_again(book, broken) -> None:
    book(7, day=1)
    checkpoints.seal_all(LATER)
    size = size_now()
    restored(broken, size - 3)
    broken(f"UPDATE audit.audit_leaf SET hash = '\\x{leaf_hash(b'forged').hex()}' WHERE position = 2")
    with pytest.raises(checkpoints.NotOurs):
        checkpoints.begin_again(LATER)


# -- sealed for somebody who waits -----------------------------------------------------------------------------


def test_what_is_sealed_on_request_is_one_checkpoint_in_a_while(book) -> None:
    size = checkpoints.newest().size
    write(3)
    soon = NOON + timedelta(seconds=4)
    assert checkpoints.seal_soon(make_act(at=soon)) == 0, "one was signed just now"
    later = NOON + checkpoints.PAUSE
    assert checkpoints.seal_soon(make_act(at=later)) == 4
    assert checkpoints.newest().size == size + 3
    assert checkpoints.seal_soon(make_act(at=later + timedelta(days=1))) == 0, "nothing new, nothing signed"


def test_two_who_ask_at_once_get_one_tree_without_a_gap(book) -> None:
    write(50)
    late = make_act(at=NOON + timedelta(minutes=1))
    found: list[int] = []

    def asks() -> None:
        try:
            found.append(checkpoints.seal_soon(late))
        finally:
            connections.close_all()

    together = [threading.Thread(target=asks) for _ in range(4)]
    for each in together:
        each.start()
    for each in together:
        each.join()
    checkpoints.seal_all(make_act(at=NOON + timedelta(minutes=2)))
    assert len(found) == 4
    places = list(Leaf.objects.order_by("position").values_list("position", flat=True))
    assert places == list(range(len(places)))
    assert Leaf.objects.count() == Entry.objects.count()
    assert verify().holds
