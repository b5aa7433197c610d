"""Several workers, one unpaid invoice: each step once, and who comes second sees what the first did."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from uuid import uuid4

import pytest
from django.db import IntegrityError

from hostkeep.billing import agenda
from hostkeep.billing.actions.dunning import Judge, take_steps
from hostkeep.billing.actions.issuing import issue_invoice
from hostkeep.billing.models import DunningStep
from hostkeep.billing.queries.dunned import dunned
from hostkeep.billing.rules.calendars import USUAL
from hostkeep.billing.rules.dunning import steps_due
from hostkeep.billing.rules.dunning_steps import Facts
from hostkeep.billing.rules.party import BilledTo
from hostkeep.kernel.ids import AccountId, InvoiceId, SubjectId
from tests.conftest import NOON
from tests.lockless import unlocked
from tests.meeting import PATIENCE
from tests.rooms.billing.making import billing_act, line
from tests.rooms.messaging.test_mail_racing import at_once

DAY = timedelta(days=1)
AT = NOON + 15 * DAY
WORKERS = 4


def owed() -> InvoiceId:
    issued = issue_invoice(
        billing_act(), to=BilledTo(AccountId(uuid4()), SubjectId(uuid4()), ""), lines=[line()], due_in=14 * DAY, once=uuid4().hex
    )
    agenda.enlist(issued.id, at=AT)
    return issued.id


def race(invoice: InvoiceId, *, patience: float = 0.5) -> list[str]:
    """Let workers take what is due at one moment; say how it went for each: how many steps, or what broke.

    patience  seconds that who has looked waits for the others: with the lock one is here at a time, in vain
    """
    here = Barrier(WORKERS)

    def looks():
        row = dunned(invoice, at=AT)
        steps = steps_due(USUAL, Facts(row.issued_at, row.due_at, "UTC", "other"), row.done, row.spared, AT)
        try:
            here.wait(patience)
        except BrokenBarrierError:
            pass
        return steps

    def works() -> str:
        try:
            return str(len(take_steps(billing_act(at=AT), invoice=invoice, judge=Judge(looks, lambda *_: "sent", lambda _: None)).steps))
        except IntegrityError:
            return "broke"

    return sorted(at_once(WORKERS, works))


def test_without_the_lock_all_see_the_same_and_all_but_one_break(committed) -> None:
    invoice = owed()
    with unlocked():
        assert race(invoice, patience=PATIENCE).count("broke") == WORKERS - 1
    assert DunningStep.objects.filter(invoice=invoice, outcome="sent").count() == 1


def test_one_takes_the_steps_and_the_others_find_them_taken(committed) -> None:
    invoice = owed()
    assert race(invoice) == ["0"] * (WORKERS - 1) + ["4"]
    assert DunningStep.objects.filter(invoice=invoice).count() == 4
    assert DunningStep.objects.filter(invoice=invoice, outcome="sent").count() == 1  # the latest; the others were missed
