"""A folder of keys that is not the right one is told in words, and left as it was found."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from hostkeep.kernel.errors import Foreseen
from hostkeep.vault import epochs, erasure_ledger, key_folders, keys, rolling, sealing
from tests.conftest import NOON
from tests.rooms.vault.test_epochs import ring, roll

__all__ = ["ring"]


def points(monkeypatch: pytest.MonkeyPatch, keyring: Path, escrow: Path | None = None) -> None:
    monkeypatch.setattr(settings, "HOSTKEEP", replace(settings.HOSTKEEP, keyring=keyring, keyring_escrow=escrow))


def said(error: pytest.ExceptionInfo[Foreseen]) -> str:
    return error.value.title.format(**error.value.facts)


def holds(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


def other_key(folder: Path, length: int = 32) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "epoch-1.key").write_bytes(secrets.token_bytes(length))
    return folder


def copied(ring: Path, name: str) -> Path:
    return Path(shutil.copytree(ring, ring.with_name(name)))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5])


HARMS = {
    "no_folder": (shutil.rmtree, "there is no such folder"),
    "empty": (lambda at: [path.unlink() for path in at.iterdir()], "it holds no key"),
    "key_gone": (lambda at: (at / "epoch-1.key").unlink(), "it holds no key"),
    "key_cut": (lambda at: cut(at / "epoch-1.key"), "epoch-1.key is not whole: 5 bytes, where a key has 32"),
    "foreign": (other_key, "epoch-1.key is another key of the same number, as of another installation"),
    "list_cut": (lambda at: cut(at / "epochs.json"), "epochs.json is not readable"),
    "not_listed": (lambda at: (at / "epochs.json").write_text('{"reads": [7], "writes": 7}'), "epochs.json does not name epoch 1"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_database_refuses_a_folder_by_its_path_and_its_fault_and_makes_no_key_in_it(
    ring: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    place = copied(ring, "other")
    deed, words = HARMS[harm]
    deed(place)
    before = holds(place)
    points(monkeypatch, place)

    with pytest.raises(key_folders.WrongFolder) as error:
        sealing.check_keyring()

    assert f"Looked in {place}: {words}. Set HOSTKEEP_KEYRING" in said(error)
    assert holds(place) == before
    assert place.exists() is bool(before) or harm == "empty"


@pytest.mark.parametrize("harm", [harm for harm in HARMS if harm != "not_listed"])
def test_a_backups_keys_are_looked_for_before_anything_is_touched(ring: Path, monkeypatch: pytest.MonkeyPatch, harm: str) -> None:
    known = key_folders.proofs()
    assert key_folders.demand_for_backup(known) == ()
    place = copied(ring, "other")
    deed, words = HARMS[harm]
    deed(place)
    before = holds(place)
    points(monkeypatch, place)

    with pytest.raises(key_folders.NotTheKeys) as error:
        key_folders.demand_for_backup(known)

    assert f"Looked in {place} (HOSTKEEP_KEYRING, or else the folder keys in HOSTKEEP_DATA): {words}." in said(error)
    assert f"Expected: epoch-1.key, epochs.json and {erasure_ledger.NAME} of the installation" in said(error)
    assert holds(place) == before


def test_a_key_that_a_roll_ended_is_looked_for_in_escrow(ring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known, escrow = key_folders.proofs(), tmp_path / "escrow"
    points(monkeypatch, ring, escrow)
    roll()
    other_key(ring)
    assert key_folders.demand_for_backup(known) == (1,)
    assert epochs.readmit(1) and key_folders.demand_for_backup(known) == (), "not the key of somebody that lay there on no list"
    epochs.end((1,))
    assert key_folders.demand_for_backup(known) == (1,)

    def refused(at: Path | None) -> str:
        points(monkeypatch, ring, at)
        before = holds(ring)
        with pytest.raises(key_folders.NotTheKeys) as error:
            key_folders.demand_for_backup(known)
        assert holds(ring) == before
        assert f"Looked in {ring} (HOSTKEEP_KEYRING, or else the folder keys in HOSTKEEP_DATA): it holds epoch-2.key, and not epoch-1.key." in said(error)
        assert "Set HOSTKEEP_KEYRING_ESCROW to the folder with epoch-1.key, or restore a backup taken since the roll." in said(error)
        return said(error)

    assert "HOSTKEEP_KEYRING_ESCROW, the folder of copies of ended keys, is not set." in refused(None)
    for folder, words in (
        (tmp_path / "nowhere", "there is no such folder."),
        (Path(shutil.copytree(escrow, tmp_path / "emptied", ignore=lambda *_: ["epoch-1.key"])), "it holds no key."),
        (other_key(tmp_path / "foreign"), "epoch-1.key is another key of the same number, as of another installation."),
        (other_key(tmp_path / "cut", 31), "epoch-1.key is not whole: 31 bytes, where a key has 32."),
    ):
        assert f"Looked in {folder} (HOSTKEEP_KEYRING_ESCROW): {words}" in refused(folder)


def test_a_backup_taken_while_a_roll_is_under_way_names_both_keys(ring: Path) -> None:
    epochs.begin()
    known = key_folders.proofs()
    assert sorted(known) == ["1", "2"]
    assert key_folders.demand_for_backup(known) == ()
    assert not {(ring / f"epoch-{n}.key").read_bytes().hex() for n in (1, 2)} & {text for told in known.values() for text in told.values()}


def test_a_ledger_that_is_not_the_backups_is_told_by_its_path(ring: Path) -> None:
    def adds() -> erasure_ledger.Line:
        return erasure_ledger.add(at=NOON, erasure=uuid4(), data_keys=[uuid4()])

    key_folders.demand_ledger(number=0, head="")
    end = adds()
    adds()
    key_folders.demand_ledger(number=end.number, head=end.head)

    for number, head, words in ((3, end.head, "it has 2 lines, and the backup knows 3"), (1, "0" * 64, "line 1 is another one")):
        with pytest.raises(erasure_ledger.LedgerBroken) as error:
            key_folders.demand_ledger(number=number, head=head)
        assert f"Nothing was restored; looked at {erasure_ledger.path()}: {words}." in said(error)


def test_the_keyring_of_the_day_is_not_refused(ring: Path) -> None:
    sealing.check_keyring()
    roll()
    sealing.check_keyring()
    assert rolling.begun_at() and keys.epochs() == (2,)
