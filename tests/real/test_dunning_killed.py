"""The run over unpaid invoices, killed at random moments and beside another worker: each step once, none lost."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connections

from hostkeep.billing.actions.issuing import issue_invoice
from hostkeep.billing.agenda import enlist
from hostkeep.billing.models import DunningAgenda, DunningStep
from hostkeep.billing.rules.party import BilledTo
from hostkeep.flows import dunning
from hostkeep.kernel.ids import InvoiceId
from hostkeep.messaging.models import Mail
from tests.conftest import NOON, make_act
from tests.real.test_renewals_killed import child, ended
from tests.rooms.billing.making import billing_act, line
from tests.flows.debtors import Debtor

KILLS = int(os.environ.get("DUNNING_KILLS", "10"))
MANY = 25
DAY = timedelta(days=1)


@pytest.fixture
def owing(committed: str) -> list[InvoiceId]:
    """Invoices of one account for nothing that runs: six reminders each, from -7 to +7."""
    ann, found = Debtor(), []
    for _ in range(MANY):
        issued = issue_invoice(
            billing_act(), to=BilledTo(ann.account, ann.subject, ""), lines=[line()], due_in=14 * DAY, once=uuid4().hex
        )
        enlist(issued.id, at=NOON)
        found.append(issued.id)
    return found


def run(at: datetime) -> int:
    return dunning.run_due(make_act(brand="", at=at))


def faults(owing: list[InvoiceId], days: list[int]) -> list[str]:
    """What is lost, double or half done."""
    steps = Counter(DunningStep.objects.filter(invoice__in=owing).values_list("invoice", "kind", "day"))
    found = [f"{key} {count} times" for key, count in steps.items() if count != 1]
    found += [f"{invoice} {day}" for invoice in owing for day in days if (invoice, "reminder", day) not in steps]
    mine = Mail.objects.filter(facts__invoice__in=[str(each) for each in owing], facts__has_key="step")
    mails = set(mine.values_list("facts__step", flat=True))
    written = DunningStep.objects.filter(invoice__in=owing, outcome="sent")
    sent = {str(each) for each in written.values_list("id", flat=True)}
    found += [f"letters without a step or steps without a letter: {len(mails ^ sent)}"] if mails != sent else []
    found += [f"left half done: {each}" for each in DunningStep.objects.filter(outcome="asked")]
    return found


def test_killed_at_random_moments_beside_another(owing: list[InvoiceId]) -> None:
    due, days, killed = NOON + 14 * DAY, [-7, -3, -1, 1, 3, 7], 0
    dice = random.Random(KILLS)
    took = 2.0
    for n, day in enumerate(days):
        at = due + day * DAY
        for _ in range(max(1, KILLS // len(days))):
            one, two = (child(lambda at=at: run(at)) for _ in range(2))
            time.sleep(dice.uniform(0.05, took / (n + 1)))
            os.kill(one, signal.SIGKILL)
            killed += ended(one)
            assert not ended(two)
        connections.close_all()
        run(at)
        assert faults(owing, days[: n + 1]) == []
    assert killed > 0
    assert not DunningAgenda.objects.filter(invoice__in=owing).exclude(parked_at=None).exists()
