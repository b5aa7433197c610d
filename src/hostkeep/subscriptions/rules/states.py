"""The life of a subscription, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from hostkeep.subscriptions.errors import NoSuchMove


class State(StrEnum):
    """Where a subscription stands.

    waiting  ordered; its service does not run yet, and nothing is counted
    trial    runs free of charge
    active   runs and is renewed
    ending   runs to the end that is set; nothing more is billed
    ended    is over
    """

    WAITING = "waiting"
    TRIAL = "trial"
    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"


class Move(StrEnum):
    """What may happen to it."""

    BEGIN = "begin"
    BEGIN_TRIAL = "begin_trial"
    BILL = "bill"
    CANCEL = "cancel"
    UNDO = "undo"
    END = "end"


TABLE: Mapping[tuple[State, Move], State] = MappingProxyType({
    (State.WAITING, Move.BEGIN): State.ACTIVE,
    (State.WAITING, Move.BEGIN_TRIAL): State.TRIAL,
    (State.WAITING, Move.END): State.ENDED,
    (State.TRIAL, Move.BILL): State.ACTIVE,
    (State.TRIAL, Move.CANCEL): State.ENDING,
    (State.TRIAL, Move.END): State.ENDED,
    (State.ACTIVE, Move.BILL): State.ACTIVE,
    (State.ACTIVE, Move.CANCEL): State.ENDING,
    (State.ACTIVE, Move.END): State.ENDED,
    (State.ENDING, Move.UNDO): State.ACTIVE,
    (State.ENDING, Move.END): State.ENDED,
})
"""A trial whose end was taken back goes on as active: its free time stays as long as it was."""

RUNS = frozenset({State.TRIAL, State.ACTIVE, State.ENDING})
RENEWS = frozenset({State.TRIAL, State.ACTIVE})

REASONS = ("customer", "staff", "closing", "unpaid", "unbuilt", "service")
"""Why a subscription ended: asked for by its customer, or by staff on their behalf; its account closed; not
paid; never built; or its service is gone."""


def after(state: State, move: Move) -> State:
    """Return where a subscription in `state` stands after `move`.  Raises NoSuchMove."""
    try:
        return TABLE[state, move]
    except KeyError:
        raise NoSuchMove(state=state, move=move) from None
