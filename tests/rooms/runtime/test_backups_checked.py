"""A backup that is not whole is refused by name, in words that tell what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda b: b.rename(b.with_name("away")), "b is no folder; name the one that hostkeep backup filled"),
        (lambda b: (b / "manifest.json").unlink(), "b has no manifest.json: hostkeep backup did not fill it, or was cut off before its end"),
        (lambda b: cut(b / "manifest.json"), "manifest.json was cut off or altered; copy the backup again"),
        (lambda b: (b / "manifest.json").write_text("[]"), "manifest.json was cut off or altered"),
        (lambda b: without(b / "manifest.json", "files"), "manifest.json does not say files"),
        (lambda b: without(b / "manifest.json", "kind"), "manifest.json does not say kind"),
        (lambda b: cut(b / "base" / "one"), "base/one was cut off or altered after the backup; copy the backup again"),
        (lambda b: (b / "base" / "one").unlink(), "base/one is missing; copy the backup again"),
        (lambda b: (b / "base" / "two").write_text("x"), "base/two is not in its manifest: somebody put it there"),
    ],
    ids=["no_folder", "no_manifest", "cut_manifest", "list", "no_files", "no_kind", "cut_file", "no_file", "one_more"],
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
