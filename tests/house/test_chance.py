"""What the tests may fail by: what they assert; never a draw, nor how loaded the machine is."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from django.db import connections
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.strategies import integers

from tests.flows.playing import lead, missing

TESTS = Path(__file__).parent.parent
ELSEWHERE = {"real", "browser", "soak"}
"""Tests that run by themselves, against real daemons or for hours."""
SHORT = re.compile(r"\.(?:wait|join)\(\d[\d.]*\)")


def test_no_thread_is_waited_for_by_a_number_that_a_loaded_machine_breaks() -> None:
    """tests.meeting.PATIENCE is how long; a wait that is to be in vain has a name, or says timeout=."""
    found = [
        f"{path.relative_to(TESTS)}: {said.group()}"
        for path in TESTS.rglob("*.py") if path.relative_to(TESTS).parts[0] not in ELSEWHERE
        for said in SHORT.finditer(path.read_text(encoding="utf-8"))
    ]  # fmt: skip
    assert found == []


def test_a_drawn_test_has_no_clock_and_no_opinion_of_its_draws() -> None:
    assert settings().deadline is None
    assert {HealthCheck.too_slow, HealthCheck.filter_too_much} <= set(settings().suppress_health_check)


def test_what_a_test_leaves_alone_for_a_minute_is_not_cut_off(db) -> None:
    for alias in ("default", "audit"):
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('statement_timeout'), current_user")
            assert cursor.fetchone() == ("0", "10min", "hk_app"), alias


class Heap(RuleBasedStateMachine):
    """A heap of stones that never holds more than two."""

    done: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.stones = 0

    @initialize()
    def begins(self) -> None:
        self.stones = 1

    @rule(many=integers(1, 9))
    def lays(self, many: int) -> None:
        self.stones += many
        self.done["lays"] += 1

    @precondition(lambda self: self.stones > 1)
    @rule()
    def takes(self) -> None:
        self.stones -= 1
        self.done["takes"] += 1

    @invariant()
    def is_low(self) -> None:
        assert self.stones <= 2, "too high"

    def teardown(self) -> None:
        self.done["ends"] += 1


@pytest.fixture
def done() -> Counter[str]:
    Heap.done.clear()
    return Heap.done


def test_a_led_play_does_each_step_and_ends(done: Counter[str]) -> None:
    lead(Heap, ("begins", {}), ("lays", {"many": 1}), ("takes", {}))
    assert done == {"lays": 1, "takes": 1, "ends": 1}
    assert missing(done, {"lays", "falls"}) == {"falls"}


@pytest.mark.parametrize(
    ("step", "why"),
    [(("lays", {"many": 2}), "too high"), (("takes", {}), "may not be played now"), (("lays", {}), "other arguments"), (("lays", {"few": 1}), "other arguments")],
    ids=["invariant", "precondition", "nothing drawn", "drawn otherwise"],
)
def test_a_led_play_fails_where_one_at_random_would_or_could_not_come_to(done: Counter[str], step, why: str) -> None:
    with pytest.raises(AssertionError, match=why) as failure:
        lead(Heap, ("begins", {}), step)
    assert failure.value.__notes__ == [f"step 2: {step[0]}({step[1]})"]
    assert done["ends"] == 1


def test_a_led_play_knows_no_step_that_is_no_rule(done: Counter[str]) -> None:
    with pytest.raises(KeyError):
        lead(Heap, ("is_low", {}))
