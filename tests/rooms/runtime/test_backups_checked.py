"""A backup that is not whole is refused by name, in words that tell what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hostkeep.faces.cli import backing_up
from hostkeep.runtime import backups, postgres
from hostkeep.runtime.backups import BadBackup


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    folder = tmp_path / "b"
    (folder / "base").mkdir(parents=True)
    (folder / "base" / "one").write_bytes(b"1" * 5000)
    backups.write_manifest(folder, {"kind": "base", "taken_at": "today"})
    return folder


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without(path: Path, fact: str) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    del told[fact]
    path.write_text(json.dumps(told), encoding="utf-8")


def says(path: Path, **facts: object) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**told, **facts}), encoding="utf-8")


KEY = {"1": {"nonce": "00", "proof": "ff"}}
LEDGER = {"number": 0, "head": ""}


@pytest.mark.parametrize(
    "facts",
    [
        {"keys": ["1"]}, {"keys": None}, {"keys": {}}, {"keys": {"one": KEY["1"]}}, {"keys": {"1": "00"}},
        {"keys": {"1": {"nonce": "00"}}}, {"keys": {"1": {"nonce": 7, "proof": "ff"}}},
        {"keys": {"1": {"nonce": "xy", "proof": "ff"}}}, {"erasure_ledger": 7}, {"erasure_ledger": {"number": "0", "head": ""}},
        {"erasure_ledger": {**LEDGER, "more": 1}}, {"erasure_ledger": {"number": 0, "head": None}},
        {"kind": ["base"]}, {"taken_at": 7},
    ],
    ids=str,
)  # fmt: skip
def test_a_manifest_of_another_shape_is_refused_in_words(backup: Path, facts: dict[str, object], monkeypatch) -> None:
    says(backup / "manifest.json", keys=KEY, erasure_ledger=LEDGER)
    says(backup / "manifest.json", **facts)

    def nothing_else(_facts: object) -> None:
        raise AssertionError("looked at further")

    monkeypatch.setattr(backing_up, "_demand_room", nothing_else)
    with pytest.raises(BadBackup) as error:
        backing_up.restore(str(backup))
    assert "manifest.json was cut off or altered; copy the backup again" in str(error.value.facts["why"])


def test_a_manifest_as_it_was_written_is_gone_on_with(backup: Path, monkeypatch) -> None:
    says(backup / "manifest.json", keys=KEY, erasure_ledger=LEDGER)

    def came_so_far(_facts: object) -> None:
        raise BadBackup(why="came so far")

    monkeypatch.setattr(backing_up, "_demand_room", came_so_far)
    with pytest.raises(BadBackup) as error:
        backing_up.restore(str(backup))
    assert error.value.facts["why"] == "came so far"


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda b: b.rename(b.with_name("away")), "b is no folder; name the one that hostkeep backup filled"),
        (lambda b: (b / "manifest.json").unlink(), "b has no manifest.json: hostkeep backup did not fill it, or was cut off before its end"),
        (lambda b: cut(b / "manifest.json"), "manifest.json was cut off or altered; copy the backup again"),
        (lambda b: (b / "manifest.json").write_text("[]"), "manifest.json was cut off or altered"),
        (lambda b: says(b / "manifest.json", files=["base/one"]), "manifest.json was cut off or altered; copy the backup again"),
        (lambda b: without(b / "manifest.json", "files"), "manifest.json does not say files"),
        (lambda b: without(b / "manifest.json", "kind"), "manifest.json does not say kind"),
        (lambda b: cut(b / "base" / "one"), "base/one was cut off or altered after the backup; copy the backup again"),
        (lambda b: (b / "base" / "one").unlink(), "base/one is missing; copy the backup again"),
        (lambda b: (b / "base" / "two").write_text("x"), "base/two is not in its manifest: somebody put it there"),
    ],
    ids=["no_folder", "no_manifest", "cut_manifest", "list", "other_files", "no_files", "no_kind", "cut_file", "no_file", "one_more"],
)  # fmt: skip
def test_what_is_wrong_is_told(backup: Path, harm: Callable[[Path], object], words: str) -> None:
    assert backups.read_manifest(backup, tells=("kind", "taken_at"))["kind"] == "base"
    harm(backup)
    with pytest.raises(BadBackup) as error:
        backups.read_manifest(backup, tells=("kind", "taken_at"))
    assert words in str(error.value.facts["why"])


def test_a_data_folder_that_holds_a_database_is_not_written_over(backup: Path, tmp_path: Path) -> None:
    there = postgres.folder_of(tmp_path / "data")
    there.mkdir(parents=True)
    (there / "PG_VERSION").write_text("16")
    with pytest.raises(BadBackup, match=r"runtime\.backup\.bad") as error:
        backups.restore_base(backup, tmp_path / "data")
    assert f"{there} holds a database already; set HOSTKEEP_DATA to a new folder" in str(error.value.facts["why"])
    assert [path.name for path in there.iterdir()] == ["PG_VERSION"]


def test_a_disk_that_takes_no_more_leaves_nothing_half(backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "_give_to_server", full)
    with pytest.raises(BadBackup) as error:
        backups.restore_base(backup, tmp_path / "data")
    assert "No space left on device" in str(error.value.facts["why"])
    assert not postgres.folder_of(tmp_path / "data").exists()


def test_the_embedded_servers_package_says_nothing_where_nobody_is_logged_in() -> None:
    environ = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    asked = [sys.executable, "-W", "error", "-c", "from hostkeep.runtime import backups; print(backups.programs().is_dir())"]
    done = subprocess.run(asked, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")
