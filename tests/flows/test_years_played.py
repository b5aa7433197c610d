"""Years of a brand, played led and at random, in either way of numbering; and what breaks them is found.

PLAY_EXAMPLES and PLAY_STEPS say how many plays, and how long: `make soak` asks for years of them.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import DatabaseError
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from hostkeep.billing.actions import refunding
from hostkeep.billing.actions.receiving import Transfer
from hostkeep.billing.models import Payment
from hostkeep.flows import bank_files, cancelling, dunning, renewing, taking_back
from hostkeep.flows.bank_files import _transfer as transfer
from hostkeep.subscriptions.actions import renewing as actions
from hostkeep.subscriptions.queries.courses import in_order
from tests.conftest import NOON
from tests.flows.playing import Step, lead, missing
from tests.flows.years_house import house
from tests.flows.years_money import YearsOfMoney

EXAMPLES = int(os.environ.get("PLAY_EXAMPLES", "1"))
STEPS = int(os.environ.get("PLAY_STEPS", "10"))
PHASES = [Phase.generate, Phase.shrink] if "PLAY_SHRINK" in os.environ else [Phase.generate]
WANTED = {
    "order", "pay", "change upgrade", "cancel", "keep", "reading", "gift", "refund declined", "now", "add-on", "add-on off", "pay by file",
    "hours",
}  # fmt: skip


def play(examples: int = EXAMPLES, steps: int = STEPS, machine: type[YearsOfMoney] = YearsOfMoney) -> None:
    how = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, phases=PHASES,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=how)


# What must be seen, by steps that leave nothing to chance

class Ends(YearsOfMoney):
    """It ends with a refund that the gateway does not make, and with a service that its customer ends."""

    def teardown(self) -> None:
        while self.owed(0):
            self.pays_by_hand(0, 1)
        self.tops_up(0, 3000, "settled")
        found = list(Payment.objects.order_by("received_at", "minor").values_list("attempt__top_up", flat=True))
        self.asks_for_money_back(next(n for n, top_up in enumerate(found) if top_up), 1, "declined")
        self.ends("now", cancelling.cancel_now, 0, False)
        super().teardown()


BEGUN: Step = ("begins", {"begin": NOON, "currency": "EUR", "pays": True})
"""What every play begins with, with one draw of it."""
BESIDE: tuple[Step, ...] = (
    ("joins", {"country": "DE", "currency": "EUR"}),
    ("orders", {"who": 0, "what": ["passing"], "plan": "yearly", "many": False, "code": "", "dies": False}),
    ("pays_by_a_bank_file", {"which": 0, "over": 0}),
    ("time_passes", {"hours": 24, "down": True}),
    ("adds_on", {"which": 0, "what": "spare", "pieces": 2}),
    ("pays_by_a_bank_file", {"which": 0, "over": 0}),
    ("time_passes", {"hours": 24 * 5, "down": True}),
    ("pays_by_a_bank_file", {"which": 0, "over": 2000}),
    ("takes_an_add_on_off", {"which": 0, "pieces": 1}),
    ("time_passes", {"hours": 24 * 2, "down": True}),
)
"""A plan of hours, pieces of an add-on put on and one taken off, and all that is owed paid by the bank's files."""


@pytest.mark.parametrize("how", ["issue", "payment"])
def test_years_led_and_played_at_random(db, tmp_path: Path, how: str) -> None:
    """A play proves something only if all that is wanted comes about: that hangs on no chance."""
    led: Counter[str] = Counter()
    seen: Counter[str] = Counter()

    class Led(Ends):
        def teardown(self) -> None:
            super().teardown()
            led.update(self.deeds)

    class Counted(YearsOfMoney):
        def teardown(self) -> None:
            super().teardown()
            seen.update(self.deeds)

    with house(how, tmp_path):
        lead(Led, BEGUN)
        lead(Counted, *BESIDE)
        led += seen
        seen.clear()
        assert missing(led, WANTED) == set(), led
        play(machine=Counted)
    print(f"{how}: {sorted(seen.items())}")


# The play finds what is broken


def finds(machine: type[YearsOfMoney], *steps: Step) -> str:
    """Play these steps and the end alone; return what is wrong."""
    try:
        lead(machine, *steps)
    except (AssertionError, DatabaseError) as wrong:
        return f"{wrong} {wrong.__context__}"
    return ""


def renamed(said: Transfer) -> Transfer:
    """A transfer under another id, with none of those that it was told under."""
    return Transfer(said.gateway, uuid4().hex, said.amount, said.booked_on, said.references)


BROKEN_BESIDE = [
    # a period is missed
    (renewing, "brands_due", lambda _: (), "not billed since"),
    # something fails, and only the log tells
    (dunning, "look_at_each", lambda *_: 1 / 0, "dunning.not_together: ZeroDivisionError"),
    # an add-on is had and not billed
    (actions, "in_order", lambda parts: [part for part in in_order(parts) if part.kind != "add_on"], "of an add-on of which 2 were had"),
    # hours are billed as they begin
    (actions, "made_at", lambda before, *_: before.start, "is billed 2026-"),
    # a row of a bank's file has another name each time
    (bank_files, "_transfer", lambda *told: renamed(transfer(*told)), "a row of a file is booked once"),
]
BROKEN = [
    # says so, and does not: what is billed anew is billed twice
    (YearsOfMoney, taking_back, "take_back", lambda act, *, invoice, once: invoice, "is billed 2 times"),
    # a refund that was declined is nowhere
    (Ends, refunding, "_came_back", lambda *_: None, "covered and 0 held of"),
    # a service runs on when its subscription is over
    (Ends, cancelling, "end_when_idle", lambda *_, **__: None, "active after its end"),
]


def test_it_finds_what_is_broken(db, tmp_path: Path) -> None:
    """In a house that is whole the same steps find nothing: they are led above."""
    with house("issue", tmp_path):
        for machine, where, name, broken, said in BROKEN:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(where, name, broken)
                assert said in finds(machine, BEGUN), name
        for where, name, broken, said in BROKEN_BESIDE:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(where, name, broken)
                assert said in finds(YearsOfMoney, *BESIDE), name
