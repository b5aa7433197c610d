"""`hostkeep audit verify`: what it says, and its exit code; and a sequencer that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from hostkeep.audit import checkpoints, leaves, sequencing, tree
from hostkeep.audit.models import Entry, Leaf
from hostkeep.audit.months import make_months
from hostkeep.audit.proofs import bundle
from hostkeep.audit.stored import StoredTree, size_now
from hostkeep.audit.verifying import verify
from hostkeep.faces.cli import auditing
from hostkeep.faces.cli.commands import run
from tests.conftest import ROOT, make_act
from tests.meeting import until
from tests.rooms.audit.conftest import write


@pytest.fixture
def command(monkeypatch, book, capsys):
    """The command on this test's database."""
    monkeypatch.setattr(auditing, "ready", lambda: None)

    def told(*words: str) -> tuple[int, str]:
        code = run(["audit", *words])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return told


def test_a_book_that_holds_is_said_to_hold(command) -> None:
    code, said = command("verify")
    assert code == 0
    assert "The book is as it was signed." in said


def test_an_edited_row_fails_and_is_named_by_month_and_position(command, broken) -> None:
    broken(f"UPDATE audit.audit_entry SET verb = 'x.y.z' WHERE id = {Leaf.objects.get(position=9).entry}")
    code, said = command("verify")
    assert code == 1
    assert "2026-03: the entry at position 9 was changed" in said
    assert "NOT as it was signed" in said


def test_a_sealed_month_is_dropped_and_the_book_verifies_and_proves_the_others(command) -> None:
    make_months(make_act())
    write(4, day=40)
    make_months(make_act())
    checkpoints.seal_all(make_act())
    march = Entry.objects.filter(at__month=3).count()
    other = Entry.objects.filter(at__month=4).order_by("id").last()

    code, said = command("drop-month", "2026-03")

    assert (code, said) == (0, f"2026-03: {march} entries dropped; their hashes stand.\n")
    assert not Entry.objects.filter(at__month=3).exists()
    code, said = command("verify")
    assert code == 0
    assert "2026-03: dropped; its hashes stand" in said
    checkpoints.seal_all(make_act())
    now, place = checkpoints.newest(), Leaf.objects.get(entry=other.id).position
    line = leaves.line_of(bundle([other.id])["entries"][0]["fields"])
    proof = tree.inclusion_proof(place, now.size, StoredTree().node_at)
    assert tree.verify_inclusion(tree.leaf_hash(line), place, now.size, proof, now.root)


def test_a_month_that_must_stay_is_not_dropped_and_it_is_said_why(command) -> None:
    make_months(make_act())
    before = Entry.objects.count()
    young = datetime.now(UTC).strftime("%Y-%m")
    for month, why in ((young, "did not end 90 days ago"), ("2019-01", "no such month"), ("March", "write the month")):
        code, said = command("drop-month", month)
        assert code == 2
        assert why in said
    write(1)
    code, said = command("drop-month", "2026-03")
    assert code == 2
    assert "no signed checkpoint covers all of it" in said
    assert Entry.objects.count() == before + 1


def test_a_book_that_was_altered_loses_no_month(command, broken) -> None:
    make_months(make_act())
    broken(f"UPDATE audit.audit_entry SET verb = 'x.y.z' WHERE id = {Leaf.objects.get(position=9).entry}")

    code, said = command("drop-month", "2026-03")

    assert code == 1
    assert "not dropped: the book was altered" in said
    assert Entry.objects.filter(at__month=3).exists()


def test_a_checkpoint_kept_elsewhere_is_compared(command, broken, tmp_path) -> None:
    code, said = command("checkpoint")
    assert code == 0
    mine = tmp_path / "mine.txt"
    mine.write_text(checkpoints.newest().note, encoding="utf-8")
    assert said.startswith(mine.read_text(encoding="utf-8"))
    assert command("verify", "--checkpoint", str(mine))[0] == 0
    mine.write_text(mine.read_text(encoding="utf-8").replace("audit", "other", 1), encoding="utf-8")
    assert command("verify", "--checkpoint", str(mine))[0] == 1
    assert command("verify", "--checkpoint", str(tmp_path / "none"))[0] == 2


def test_an_altered_book_is_not_signed(command, broken) -> None:
    write(3)
    broken("UPDATE audit.audit_leaf SET hash = sha256('forged') WHERE position = 0", "DELETE FROM audit.audit_treenode")
    code, said = command("checkpoint")
    assert code == 1
    assert "hostkeep audit verify" in said


KILLED = """
import os, django
django.setup()
from django.db import connections
for alias in ("default", "audit"):
    connections[alias].settings_dict.update(NAME=os.environ["NAME"], USER="hk_app", HOST=os.environ["FOLDER"])
from hostkeep.audit import sequencing
sequencing.BATCH = 50
import itertools, signal
added, turns = sequencing._add, itertools.count(1)
def until_killed(fresh):
    added(fresh)
    print("added", flush=True)
    if next(turns) == 3:
        signal.pause()
sequencing._add = until_killed
sequencing.sequence_all()
"""


def test_a_sequencer_that_is_killed_leaves_nothing_half_done(book, pg, committed) -> None:
    write(400)
    before, entries = size_now(), Entry.objects.count()
    environ = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "NAME": committed,
        "FOLDER": str(pg.folder),
    }
    with subprocess.Popen([sys.executable, "-c", KILLED], env=environ, stdout=subprocess.PIPE, text=True) as child:
        for _ in range(3):
            assert child.stdout.readline() == "added\n"
        child.send_signal(signal.SIGKILL)
    until(lambda: Leaf.objects.count() == size_now())
    reached = size_now()
    assert before < reached < entries, "it was killed in the middle"
    assert (reached - before) % 50 == 0, "whole batches alone"

    while size_now() < entries:
        sequencing.sequence_all()
    checkpoints.sign(make_act())
    report = verify()
    assert (report.holds, report.entries) == (True, entries)
