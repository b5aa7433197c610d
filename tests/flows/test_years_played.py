"""Years of a brand, played led and at random, in either way of numbering; and what breaks them is found.

PLAY_EXAMPLES and PLAY_STEPS say how many plays, and how long: `make soak` asks for years of them.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from django.db import DatabaseError
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from hostkeep.billing.actions import refunding
from hostkeep.billing.models import Payment
from hostkeep.flows import cancelling, dunning, renewing, taking_back
from tests.conftest import NOON
from tests.flows.playing import Step, lead, missing
from tests.flows.years_house import house
from tests.flows.years_money import YearsOfMoney

EXAMPLES = int(os.environ.get("PLAY_EXAMPLES", "1"))
STEPS = int(os.environ.get("PLAY_STEPS", "10"))
PHASES = [Phase.generate, Phase.shrink] if "PLAY_SHRINK" in os.environ else [Phase.generate]
WANTED = {"order", "pay", "change upgrade", "cancel", "keep", "reading", "gift", "refund declined", "now"}


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
        assert missing(led, WANTED) == set(), led
        play(machine=Counted)
    print(f"{how}: {sorted(seen.items())}")


# The play finds what is broken


def finds(machine: type[YearsOfMoney]) -> str:
    """Play only what every play begins and ends with; return what is wrong."""
    try:
        lead(machine, BEGUN)
    except (AssertionError, DatabaseError) as wrong:
        return f"{wrong} {wrong.__context__}"
    return ""


BROKEN = [
    # says so, and does not: what is billed anew is billed twice
    (YearsOfMoney, taking_back, "take_back", lambda act, *, invoice, once: invoice, "is billed 2 times"),
    # a refund that was declined is nowhere
    (Ends, refunding, "_came_back", lambda *_: None, "covered and 0 held of"),
    # a period is missed
    (YearsOfMoney, renewing, "brands_due", lambda _: (), "not billed since"),
    # a service runs on when its subscription is over
    (Ends, cancelling, "end_when_idle", lambda *_, **__: None, "active after its end"),
    # something fails, and only the log tells
    (YearsOfMoney, dunning, "follow", lambda *_, **__: 1 / 0, "dunning.failed: ZeroDivisionError"),
]


def test_it_finds_what_is_broken(db, tmp_path: Path) -> None:
    """In a house that is whole the same steps find nothing: they are led above."""
    with house("issue", tmp_path):
        for machine, where, name, broken, said in BROKEN:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(where, name, broken)
                assert said in finds(machine), name
