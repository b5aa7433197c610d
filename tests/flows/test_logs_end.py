"""Log files end by the policies, beside processes that go on writing into them."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import override_settings

from hostkeep.flows import log_ends, scanning, sweeping
from hostkeep.runtime import log_files, log_keeping, stores
from tests.conftest import NOON, make_act

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def logs(tmp_path: Path) -> Iterator[Path]:
    """A data folder and a place for logs of this test alone."""
    with override_settings(HOSTKEEP=replace(settings.HOSTKEEP, data=tmp_path, logs=str(tmp_path / "out"))):
        (tmp_path / "out").mkdir()
        (tmp_path / "logs").mkdir()
        yield tmp_path


def line(at: datetime, **more: object) -> str:
    return json.dumps({"event": "page.served", **more, "timestamp": at.isoformat()}) + "\n"


def written(path: Path, *lines: str) -> Path:
    path.write_text("".join(lines))
    return path


def sweep(at: datetime = NOON) -> int:
    act, done = make_act(at=at), 0
    while count := log_ends.end_due(act, 100):
        done += count
    return done


PLACES = ("serve.log", "logs/worker", "out/serve.out")


@pytest.mark.parametrize("place", PLACES)
def test_a_line_past_the_term_is_due_wherever_our_processes_write_and_goes(logs: Path, place: str) -> None:
    path = written(logs / place, line(NOON - 8 * DAY), line(NOON))
    assert log_ends.count_due(NOON) == 1

    assert sweep() == 1

    assert path.read_bytes() == b""
    assert log_ends.count_due(NOON) == 0


def test_a_file_that_goes_on_is_set_aside_at_half_the_term_and_goes_at_the_whole(logs: Path) -> None:
    path = written(logs / "serve.log", line(NOON - 4 * DAY), line(NOON))
    assert log_ends.count_due(NOON) == 0

    assert sweep() == 1

    (aside,) = logs.glob("serve.log.*")
    assert path.read_text() == ""
    assert aside.read_text() == line(NOON - 4 * DAY) + line(NOON)
    assert aside.stat().st_mode & 0o777 == path.stat().st_mode & 0o777
    assert sweep(NOON + 2 * DAY) == 0
    assert log_ends.count_due(NOON + 3 * DAY) == 1
    assert sweep(NOON + 3 * DAY) == 1
    assert not aside.exists()


@pytest.mark.parametrize("name", ["serve.log.1", "serve.log-20260101", "serve.log.old"])
def test_what_another_tool_set_aside_is_removed_and_not_emptied(logs: Path, name: str) -> None:
    path = written(logs / "logs" / name, line(NOON - 8 * DAY))

    assert sweep() == 1

    assert not path.exists()


def test_a_packed_file_is_read_by_its_first_line(logs: Path) -> None:
    old, young = logs / "out" / "serve.log.2.gz", logs / "out" / "serve.log.1.gz"
    old.write_bytes(gzip.compress(line(NOON - 8 * DAY).encode()))
    young.write_bytes(gzip.compress(line(NOON - 2 * DAY).encode()))

    sweep()

    assert (old.exists(), young.exists()) == (False, True)


def test_a_file_without_times_is_set_aside_at_once_and_goes_at_half_the_term(logs: Path) -> None:
    path = written(logs / "serve.log", "Traceback\n", "  somewhere\n")

    sweep()
    (aside,) = logs.glob("serve.log.*")
    for each, age in ((aside, 3 * DAY), (path, 0 * DAY)):
        os.utime(each, times=((NOON - age).timestamp(),) * 2)
    assert log_ends.count_due(NOON) == 0

    os.utime(aside, times=((NOON - 4 * DAY).timestamp(),) * 2)
    assert log_ends.count_due(NOON) == 1
    sweep()
    assert not aside.exists()


WRITER = """
import sys, time
with open(sys.argv[1], sys.argv[2], buffering=1) as file:
    for number in range(10_000):
        file.write(f"line {number} 2026-03-01T12:00:00\\n")
        print(number, flush=True)
        if sys.stdin.readline() == "": break
"""


@pytest.mark.parametrize("mode", ["a", "w"])
def test_a_process_that_has_the_file_open_goes_on_and_its_lines_are_read(logs: Path, mode: str) -> None:
    path = logs / "serve.log"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None

        def one_more() -> None:
            writer.stdin.write("\n")
            writer.stdin.flush()
            writer.stdout.readline()

        writer.stdout.readline()
        one_more()
        assert sweep(NOON + 8 * DAY) == 1
        one_more()
        writer.stdin.close()

    assert "line 0 " not in path.read_text()
    assert "line 2 " in path.read_text()
    assert log_ends.count_due(NOON + 8 * DAY) == 1
    assert log_ends.count_due(NOON + DAY) == 0


def test_lines_about_an_erased_person_are_made_blank_where_they_stand(logs: Path) -> None:
    whose, other = uuid4(), uuid4()
    path = written(logs / "serve.log", line(NOON, account=str(whose)), line(NOON, account=str(other)))
    packed = logs / "out" / "serve.log.1.gz"
    packed.write_bytes(gzip.compress(line(NOON, account=whose.hex).encode()))
    length = path.stat().st_size
    person = stores.Person(subjects=(), accounts=(whose,), words=("Ann Example",))
    assert log_ends.count_left(person) == 2

    assert log_ends.blank(make_act(at=NOON), person) == 2

    assert log_ends.count_left(person) == 0
    assert path.stat().st_size == length
    assert path.read_text().splitlines()[1] == line(NOON, account=str(other)).strip()
    assert not packed.exists()


def test_the_shortest_policy_says_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert log_ends.term(NOON) == 7 * DAY
    real = log_ends.policy_in_force

    def shorter(brand, at):
        policy = real(brand, at)
        if brand != "vpn":
            return policy
        rule = replace(policy.retention["traffic"], plus=2 * DAY)
        return replace(policy, retention={**policy.retention, "traffic": rule})

    monkeypatch.setattr(log_ends, "policy_in_force", shorter)

    assert log_ends.term(NOON) == 2 * DAY


def test_a_file_that_we_may_not_touch_stays_due_and_stops_no_other(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (written(logs / name, line(NOON - 8 * DAY)) for name in ("a.log", "b.log"))
    real = Path.open

    def guarded(self, mode="r", *rest, **more):
        if self == first and "+" in mode:
            raise PermissionError
        return real(self, mode, *rest, **more)

    monkeypatch.setattr(Path, "open", guarded)

    with pytest.raises(PermissionError):
        sweep()

    assert second.read_text() == ""
    assert log_ends.count_due(NOON) == 1


def test_a_file_that_we_may_not_read_is_due_and_proves_nothing_and_stops_no_erasure(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut, whose = written(logs / "a.log", line(NOON)), uuid4()
    written(logs / "b.log", line(NOON, account=str(whose)))
    real = Path.open

    def guarded(self, *how, **more):
        if self == shut:
            raise PermissionError
        return real(self, *how, **more)

    monkeypatch.setattr(Path, "open", guarded)
    person = stores.Person(subjects=(), accounts=(whose,))

    assert log_ends.count_due(NOON) == 1
    assert log_ends.count_left(person) == 2
    assert log_ends.blank(make_act(at=NOON), person) == 1
    assert log_ends.count_left(person) == 1


def test_a_packed_file_that_does_not_unpack_goes_by_when_it_was_written(logs: Path) -> None:
    torn = logs / "out" / "serve.log.1.gz"
    torn.write_bytes(gzip.compress(line(NOON).encode() * 1000)[:60])
    os.utime(torn, times=((NOON - DAY).timestamp(),) * 2)
    assert log_ends.count_due(NOON) == 0

    assert sweep(NOON + 7 * DAY) == 1

    assert not torn.exists()


def test_the_sweeper_has_the_store_and_the_scan_reads_what_was_set_aside(logs: Path) -> None:
    sweeping.join()
    aside = written(logs / "serve.log.20260301T120000Z", line(NOON - 8 * DAY))
    assert aside.resolve() in log_files.log_files()
    assert scanning  # the scan reads log_files()

    assert "logs.processes" in {store.name for store in stores.all_stores()}
    assert sweeping.overdue(NOON)["traffic"] >= 1


def held_by_another(path: Path) -> bool:
    """Whether somebody else has the file's lock."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_blanks_and_cuts_wait_for_one_another(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blanks that are written after a cut would fall on new lines."""
    person, path, held = uuid4(), logs / "serve.log", list[bool]()
    path.write_text(f'{{"subject": "{person}"}}\nother\n')

    def watched(real):
        def does(*given, **named):
            held.append(held_by_another(path))
            return real(*given, **named)

        return does

    monkeypatch.setattr(log_keeping.os, "pwrite", watched(os.pwrite))
    monkeypatch.setattr(log_keeping.shutil, "copyfileobj", watched(log_keeping.shutil.copyfileobj))
    assert log_keeping.blank_lines(path, frozenset({str(person)}), ()) == 1
    log_keeping.set_aside(path, NOON)
    assert held == [True, True, True]
    assert not held_by_another(path)


def test_a_line_without_end_is_looked_at_in_pieces(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_keeping, "PIECE", 64)
    person, path = uuid4(), logs / "serve.log"
    for before in range(150):
        path.write_text("x" * before + str(person) + "y" * 200 + "\nother line\n")
        assert log_keeping.blank_lines(path, frozenset({str(person)}), ()) >= 1
        left = path.read_text()
        assert str(person)[:8] not in left and str(person)[-8:] not in left
        assert left.endswith("y\nother line\n") and len(left) == before + 36 + 200 + 12
        assert log_keeping.count_lines(path, frozenset({str(person)}), ()) == 0


def test_what_is_set_aside_while_lines_are_blanked_is_blanked_too(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    person, path = uuid4(), logs / "serve.log"
    path.write_text(f"{person}\n")
    real, done = log_keeping.blank_lines, list[Path]()

    def late(*given):
        if not done:
            done.append(log_keeping.set_aside(path, NOON))
        return real(*given)

    monkeypatch.setattr(log_keeping, "blank_lines", late)
    assert log_ends.blank(make_act(), stores.Person((person,))) == 1
    assert not log_ends.count_left(stores.Person((person,)))
