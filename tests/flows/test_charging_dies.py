"""kill -9 between asking a gateway and writing its answer down: nothing is lost, and nothing is taken twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from hostkeep.billing.calls import gateways
from hostkeep.billing.models import Payment, PaymentAttempt
from hostkeep.billing.queries.invoices import sheet
from hostkeep.drivers.payments import Declined, Settled, Waiting
from hostkeep.flows import paying, storing
from tests.cards import load_card_brand
from tests.conftest import NOON, ROOT
from tests.drivers.stripe_side import Side, stripe_side
from tests.flows.test_storing import LINKS, charges, customer, once_of
from tests.meeting import PATIENCE
from tests.rooms.billing.making import billing_act

LATER = NOON + timedelta(minutes=3)


@pytest.fixture
def side():
    with stripe_side() as found:
        before = list(gateways._make)
        gateways.carry_with(lambda name, _: {"stripe": found.gateway()}.get(name))
        yield found
        gateways._make[:] = before


def left(side: Side, buyer):
    asked = storing.keep_method(buyer.act(), of=buyer.account, gateway="stripe", links=LINKS)
    side.leave(once_of(asked.method))
    assert storing.look_up_method(buyer.act(), of=buyer.account, method=asked.method) == "ready"
    return asked.method


def dies(name: str, pg, side: Side, invoice, method, when: str) -> None:
    argv = [sys.executable, "-m", "tests.flows.dying", name, str(pg.folder), side.base, str(invoice), str(method), when]
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    done = subprocess.run(argv, env=environ, cwd=ROOT, capture_output=True, timeout=PATIENCE)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


def moved(side: Side) -> int:
    page = side.local("GET", "/v1/payment_intents", [("limit", "100")])[1]
    return sum(row["amount"] for row in page["data"] if row["status"] == "succeeded")


@pytest.mark.parametrize("when", ["after", "before"])
def test_a_worker_that_dies_in_the_middle(committed: str, pg, side: Side, tmp_path: Path, when: str) -> None:
    load_card_brand(tmp_path)
    buyer = customer()
    method, invoice = left(side, buyer), buyer.owes().id

    dies(committed, pg, side, invoice, method, when)

    attempt = PaymentAttempt.objects.get()
    assert (attempt.state, attempt.once, moved(side)) == ("waiting", "dun-1", 2408 if when == "after" else 0)
    # Whoever wants the money asks again at once: it is not asked for again.
    assert charges(buyer, invoice, method, at=NOON + timedelta(minutes=1)).outcome == Waiting(None)
    assert paying.look_up_open(billing_act("", at=LATER)) == 1
    told = charges(buyer, invoice, method, at=LATER).outcome
    if when == "after":
        assert isinstance(told, Settled)
    else:
        assert told == Declined("never_asked")
        assert isinstance(charges(buyer, invoice, method, "dun-2", at=LATER).outcome, Settled)
    assert sheet(invoice, of=buyer.account).is_paid
    assert moved(side) == 2408
    assert Payment.objects.count() == 1
