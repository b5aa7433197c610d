"""`hostkeep meters take`: a file's readings are counted once, all of them or none, and nowhere that the policy forbids."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.faces.cli.commands import run
from hostkeep.flows.metering import may_count
from hostkeep.runtime import clock
from hostkeep.subscriptions.actions.metering import MOST_READINGS
from hostkeep.subscriptions.models import Reading
from tests.everything import BRAND, load_everything
from tests.flows.counted import DAY, GB, Counted


@pytest.fixture
def counted(db, monkeypatch) -> Counted:
    monkeypatch.setattr("hostkeep.faces.cli.meter_commands.ready_and_checked", lambda: None)
    load_everything()
    return Counted(clock.now() - 10 * DAY)


def line(counted: Counted, once: str, quantity: object = 5 * GB, /, *, start: datetime | None = None, **more: object) -> str:
    start = start or counted.since + DAY
    ends = start + timedelta(hours=1)
    said = {"meter": str(counted.row.id), "once": once, "quantity": quantity, "from": start.isoformat(), "to": ends.isoformat()}
    return json.dumps({**said, **more})


def takes(tmp_path, *lines: str, brand: str = BRAND) -> int:
    file = tmp_path / "readings.jsonl"
    file.write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    return run(["meters", "take", brand, str(file)])


def test_a_file_counts_once_however_often_it_is_given(counted: Counted, tmp_path, capsys) -> None:
    lines = [line(counted, "a"), line(counted, "b", 7 * GB)]
    assert takes(tmp_path, *lines) == 0
    assert "2 of 2 readings were new" in capsys.readouterr().out
    assert takes(tmp_path, *lines, line(counted, "c")) == 0
    assert "1 of 3 readings were new" in capsys.readouterr().out
    assert counted.row.open == 17 * GB
    assert takes(tmp_path, line(counted, "a", 6 * GB)) == 2
    assert "counted before" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": -1}, {"quantity": 0}, {"quantity": True}, {"quantity": 1.5}, {"quantity": "5"}, {"once": ""},
        {"once": "hand:not_read:1"}, {"address": "10.0.0.1"}, {"from": "2026-01-01T00:00:00"}, {"meter": "x"},
        {"to": "9998-01-01T00:00:00+00:00"}, {"from": "2020-01-01T00:00:00+00:00"}, {"once": "x" * 2000},
    ],
    ids=lambda wrong: str(wrong)[:40],
)  # fmt: skip
def test_one_wrong_line_and_nothing_is_counted(counted: Counted, tmp_path, capsys, wrong: dict[str, object]) -> None:
    assert takes(tmp_path, line(counted, "good"), line(counted, "bad", **wrong)) == 2
    assert capsys.readouterr().err
    assert not Reading.objects.exists()


def test_more_than_a_batch_is_refused_whole(counted: Counted, tmp_path, capsys) -> None:
    one = line(counted, "key-0")
    assert takes(tmp_path, *(one.replace("key-0", f"key-{number}") for number in range(MOST_READINGS + 1))) == 2
    assert "not counted" in capsys.readouterr().err
    assert not Reading.objects.exists()


def test_a_brand_whose_policy_allows_none_refuses_and_names_the_clause(counted: Counted, tmp_path, capsys) -> None:
    clause = may_count(policy_in_force("vpn", clock.now()))
    assert takes(tmp_path, line(counted, "a"), brand="vpn") == 2
    assert clause and f"({clause})" in capsys.readouterr().err
    assert not Reading.objects.exists()


def test_what_is_no_text_is_said_so(counted: Counted, tmp_path, capsys) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"\xff\xfe{")
    assert run(["meters", "take", BRAND, str(file)]) == 2
    assert run(["meters", "take", BRAND, str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.count("cannot be read") == 2
