"""What a customer gets: their own entries with proofs, and a script that needs nothing of ours."""

from __future__ import annotations

import base64
import copy
import json
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4

import pytest

from hostkeep.audit import checkpoints, notes
from hostkeep.audit.models import Entry, Leaf
from hostkeep.audit.proofs import bundle, verifier
from hostkeep.audit.reading import count_by, distinct_things_by, entries_about_person
from hostkeep.audit.verifying import verify
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import door, nyms
from tests.conftest import NOON, make_act
from tests.rooms.audit.conftest import write

NAME = CategoryId("name")


@pytest.fixture
def export(book, tmp_path):
    """Ann's own entries, sealed."""
    ann = SubjectId(uuid4())
    door.put(make_act("visitor", "account"), subject=ann, category=NAME, value="Ann Canary")
    door.reveal(make_act("customer", "account", own=ann), subject=ann, category=NAME)
    write(300)
    checkpoints.seal_all(make_act(at=NOON + timedelta(days=1)))
    return bundle([row.id for row in entries_about_person(nyms.nym_of(ann))])


def run(tmp_path, told: dict, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the script that stands alone, in a folder of its own and without anything of ours."""
    script, data = tmp_path / "verify_export.py", tmp_path / "audit.json"
    script.write_text(verifier(), encoding="utf-8")
    data.write_text(json.dumps(told), encoding="utf-8")
    return subprocess.run([sys.executable, *options, str(script), str(data)], capture_output=True, text=True, cwd=tmp_path)


def test_the_script_believes_a_true_export(export, tmp_path) -> None:
    assert {e["fields"]["verb"] for e in export["entries"]} == {"vault.value.put", "vault.value.revealed"}
    assert export["waiting"] == []
    said = run(tmp_path, export)
    assert said.returncode == 0, said.stderr
    assert f"{len(export['entries'])} of {len(export['entries'])} entries are proven." in said.stdout
    assert "Too new to be: 0." in said.stdout
    assert "Signature: good." in said.stdout


def test_the_script_says_how_many_entries_no_checkpoint_covers_yet(export, tmp_path) -> None:
    said = run(tmp_path, export | {"waiting": [901, 902, 903]})
    assert said.returncode == 0, said.stderr
    assert "entries are proven. Too new to be: 3." in said.stdout


def test_the_script_needs_python_alone_and_says_what_it_did_not_check(export, tmp_path) -> None:
    said = run(tmp_path, export, "-I", "-S")
    assert said.returncode == 0, said.stderr
    assert "Signature: NOT CHECKED" in said.stdout
    assert len(verifier().splitlines()) <= 60


def spoil_verb(told: dict) -> None:
    told["entries"][0]["fields"]["verb"] = "vault.value.exported"


def spoil_position(told: dict) -> None:
    told["entries"][0]["position"] += 1


def spoil_far_position(told: dict) -> None:
    told["entries"][0]["position"] += 1 << 40


def spoil_proof(told: dict) -> None:
    told["entries"][0]["proof"][0] = base64.b64encode(b"x" * 32).decode()


def spoil_less_proof(told: dict) -> None:
    told["entries"][0]["proof"].pop()


def spoil_root(told: dict) -> None:
    lines = told["checkpoint"].split("\n")
    lines[2] = base64.b64encode(b"x" * 32).decode()
    told["checkpoint"] = "\n".join(lines)


def spoil_signature(told: dict) -> None:
    origin = told["checkpoint"].split("\n")[0]
    told["checkpoint"] = told["checkpoint"].replace(origin, "elsewhere.example/audit", 1)


@pytest.mark.parametrize(
    "spoil",
    [spoil_verb, spoil_position, spoil_far_position, spoil_proof, spoil_less_proof, spoil_root, spoil_signature],
    ids=lambda spoil: spoil.__name__,
)
def test_the_script_believes_no_other(export, tmp_path, spoil) -> None:
    told = copy.deepcopy(export)
    spoil(told)
    said = run(tmp_path, told)
    assert said.returncode == 1, said.stdout
    assert "CHANGED" in said.stdout or "Signature: BAD" in said.stdout


def test_an_export_names_the_person_by_pseudonym_alone(export) -> None:
    ann_entries = [e["fields"] for e in export["entries"]]
    assert len({fields["thing"] for fields in ann_entries}) == 1
    assert "Ann" not in json.dumps(export)


def test_what_no_checkpoint_covers_yet_waits(book) -> None:
    write(1, day=1)
    fresh = Entry.objects.order_by("-id").first()
    sealed = Leaf.objects.get(position=0).entry
    told = bundle([fresh.id, sealed])
    assert (told["waiting"], [e["position"] for e in told["entries"]]) == ([fresh.id], [0])


def test_an_empty_book_gives_an_empty_bundle(committed, keyring) -> None:
    told = bundle([1])
    assert (told["checkpoint"], told["entries"], told["waiting"]) == ("", [], [1])


def test_erasing_a_person_unlinks_their_history_and_the_book_holds(book) -> None:
    ann = SubjectId(uuid4())
    door.put(make_act("visitor", "account"), subject=ann, category=NAME, value="Ann Canary")
    checkpoints.seal_all(make_act(at=NOON + timedelta(days=1)))
    name = nyms.nym_of(ann)
    assert name != ann
    assert len(entries_about_person(name)) == 1

    nyms.forget(ann)
    assert nyms.known(ann) is None
    assert verify().holds
    assert len(entries_about_person(name)) == 1, "the entry stands, and is nobody's"
    assert nyms.nym_of(ann) != name
    assert not Entry.objects.filter(thing=ann).exists()


def test_who_read_how_much_is_counted(book) -> None:
    people = [SubjectId(uuid4()) for _ in range(3)]
    for who in people:
        door.put(make_act("visitor", "account"), subject=who, category=NAME, value="Ann Canary")
    staff = make_act("support", "support", actor="staff:7")
    for who in (*people, people[0]):
        with pytest.raises(door.Refused):
            door.reveal(make_act("support", "offers", actor="staff:7"), subject=who, category=NAME)
    assert count_by("staff:7", ["vault.value.refused"], NOON) == 4
    assert distinct_things_by("staff:7", "vault.value.refused", NOON) == 3
    assert count_by("staff:7", ["vault.value.refused"], NOON + timedelta(seconds=1)) == 0
    assert staff.actor == "staff:7"


def test_a_checkpoint_is_a_signed_note_of_the_c2sp_form(book) -> None:
    signed = checkpoints.newest()
    origin, size, root, gap, signature, end = signed.note.split("\n")
    assert (origin, int(size), base64.b64decode(root), gap, end) == (checkpoints.signer().origin, signed.size, signed.root, "", "")
    assert signature.startswith(f"\u2014 {origin} ")
    name, hint, key = checkpoints.printed_key().split("+", 2)
    packed = base64.b64decode(signature.rsplit(" ", 1)[1])
    assert (name, packed[:4].hex(), len(packed)) == (origin, hint, 68)
    assert base64.b64decode(key)[:1] == notes.ED25519


def test_the_key_is_a_file_that_we_alone_may_read(book, keyring) -> None:
    assert oct((keyring / checkpoints.KEY_FILE).stat().st_mode & 0o777) == "0o600"
    assert checkpoints.signer() == checkpoints.signer()


@pytest.mark.parametrize("note", ["", "a\nb\nc\n\n", "o\n1\nAAAA\n\n\u2014 o AAAA\n", "o\n01\n" + "A" * 43 + "=\n\n", "x"])
def test_what_is_no_checkpoint_is_said_to_be_none(note: str) -> None:
    with pytest.raises(notes.BadNote):
        notes.read(note)
