"""The demo's clock on the command line."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from hostkeep.faces.cli.commands import run
from hostkeep.runtime import clock, jobs


@pytest.fixture(autouse=True)
def little_work(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A started house that has one thing to do at each stop, and stops at each hour."""
    monkeypatch.setattr("hostkeep.faces.cli.keeping.ready_and_checked", lambda: None)
    monkeypatch.setattr(jobs, "_due", {"renewals": lambda _: 3, "idle": lambda _: 0})
    monkeypatch.setattr(jobs, "_watches", {})
    monkeypatch.setattr(jobs, "_outlooks", {})


def test_a_clock_that_is_moved_says_of_each_day_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    before = clock.now()
    assert run(["clock", "advance", "2d"]) == 0

    *days, end = capsys.readouterr().out.splitlines()
    found = [re.fullmatch(r"(\d{4}-\d\d-\d\d) \d\d:\d\d UTC: renewals (\d+) \(\d+\.\d s\)", day) for day in days]
    assert all(found), days
    assert sum(int(each[2]) for each in found if each) == 3 * 48
    told = [date.fromisoformat(each[1]) for each in found if each]
    assert {after - day for day, after in pairwise(told)} <= {timedelta(days=1), timedelta()}
    assert len(set(told)) >= 2
    assert datetime.fromisoformat(end) - before >= timedelta(days=2)


def test_a_day_without_anything_to_do_is_told_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_due", {})
    assert run(["clock", "advance", "1d"]) == 0
    assert "UTC: nothing to do (" in capsys.readouterr().out


def test_a_span_that_makes_no_sense_moves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = clock.ahead()
    assert run(["clock", "advance", "soon"]) == 2
    assert capsys.readouterr().err.startswith("hostkeep: ")
    assert clock.ahead() == before
