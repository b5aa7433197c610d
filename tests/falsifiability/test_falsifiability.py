"""A light that cannot go out proves nothing: each control, switched off, puts out exactly its own clauses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from hostkeep.brands import queries
from hostkeep.brands.queries import all_brands
from hostkeep.flows import sweeping
from hostkeep.promises import ledger
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.rounds import run_round
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.falsifiability.sabotages import AGEING, SABOTAGES

ROUND = timedelta(minutes=10)
Dark = dict[str, str]


@pytest.fixture
def round_at(db, own_logs) -> Iterator[Callable[[datetime], Dark]]:
    """Make a round of all brands; return the clauses with a control that are not green, and why."""

    def run(at: datetime) -> Dark:
        sweeping.sweep(make_act(brand="", at=at))
        for brand in all_brands():
            run_round(make_act(brand="", at=at), brand=brand)
        return dark(at)

    yield run
    queries.forget()
    ledger.forget()


def dark(at: datetime) -> Dark:
    """The clauses with a control that are not green at a time, and why."""
    rows = [row for brand in all_brands() for row in ledger.ledger_of(brand.id, at) if row.clause in CONTROLS]
    assert {row.clause for row in rows} == set(CONTROLS)
    return {row.clause: f"{row.light}: {row.why}" for row in rows if row.light != "green"}


def red_without_control(at: datetime) -> set[str]:
    """The clauses that are red although no control of their own stands."""
    rows = [row for brand in all_brands() for row in ledger.ledger_of(brand.id, at) if row.clause not in CONTROLS]
    return {row.clause for row in rows if row.light == "red"}


@pytest.mark.parametrize("name", sorted(SABOTAGES))
def test_a_control_switched_off_puts_out_exactly_its_clauses(round_at, monkeypatch, name) -> None:
    SABOTAGES[name].how(monkeypatch)

    out = round_at(clock.now())

    assert set(out) == SABOTAGES[name].leaves_green, out
    assert red_without_control(clock.now()) == SABOTAGES[name].turns_red


def test_every_light_burns_goes_out_within_its_age_and_comes_back(round_at) -> None:
    assert round_at(clock.now()) == {}

    with pytest.MonkeyPatch.context() as patch:
        SABOTAGES["the_guard_stands_aside"].how(patch)
        out = round_at(clock.advance(ROUND))

    assert set(out) == SABOTAGES["the_guard_stands_aside"].leaves_green
    assert ROUND < min(control.max_age for control in CONTROLS.values()), "a round comes within the shortest age"
    assert round_at(clock.advance(ROUND)) == {}


def test_without_a_round_every_light_goes_out(round_at) -> None:
    start = clock.now()
    assert round_at(start) == {}

    out = dark(start + AGEING)

    assert set(out) == set(CONTROLS)
    assert set(out.values()) == {"grey: The last proof is too old."}
