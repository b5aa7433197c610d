"""A ledger to test in: a control of our own making, whose checks say what they are told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from hostkeep.brands import queries
from hostkeep.brands.queries import brand
from hostkeep.kernel.ids import BrandId, ClauseId
from hostkeep.promises import ledger, rounds, standing
from hostkeep.promises.control import Check, Control, Seen
from hostkeep.promises.ledger import PromiseRow
from tests.conftest import NOON, make_act

CLAUSE = ClauseId("VF-1")
PARTS = ("state", "sample", "probe")


@dataclass
class Told:
    """A control whose checks answer what they are told, or raise it."""

    answers: dict[str, Seen | Exception] = field(default_factory=dict)

    def check(self, part: str) -> Check:
        def look(_scene):
            answer = self.answers.get(part, Seen("passed", "1"))
            if isinstance(answer, Exception):
                raise answer
            return answer

        return Check(f"The {part} of a clause", look)

    def control(self) -> Control:
        return Control(CLAUSE, "builtins.len", *((self.check(part),) for part in PARTS), max_age=timedelta(hours=1))

    def goes_round(self, at: datetime = NOON) -> int:
        return rounds.run_round(make_act(brand="", at=at), brand=brand(BrandId("vpsfast")))

    def row(self, at: datetime = NOON) -> PromiseRow:
        return next(row for row in ledger.ledger_of(BrandId("vpsfast"), at) if row.clause == CLAUSE)


@pytest.fixture
def told(db, monkeypatch) -> Iterator[Told]:
    made = Told()
    others = {clause: control for clause, control in ledger.CONTROLS.items() if not clause.startswith("VF-")}
    book = {**others, CLAUSE: made.control()}
    monkeypatch.setattr(ledger, "CONTROLS", book)
    monkeypatch.setattr(rounds, "CONTROLS", book)
    monkeypatch.setattr(standing, "WATCHES", ())
    monkeypatch.setattr(rounds, "arrive", lambda _trace: None)
    monkeypatch.setattr(rounds, "_began", {})
    yield made
    ledger.forget()
    queries.forget()
