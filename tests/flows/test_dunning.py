"""What follows an unpaid invoice, from the first reminder to the end; and what never follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from hostkeep.drivers.mail import Bounced
from hostkeep.messaging.calls import handing
from hostkeep.billing import agenda
from hostkeep.billing.actions.dunning import lift_exception, put_back, spare_account, tell_by_hand
from hostkeep.billing.errors import NotOnHold
from hostkeep.billing.models import DunningAgenda, DunningStep, Invoice
from hostkeep.billing.queries import dunning as rows
from hostkeep.billing.queries.invoices import sheet
from hostkeep.flows import dunning
from hostkeep.kernel.ids import InvoiceId
from tests.conftest import NOON, make_act
from tests.flows.debtors import DAY, HOUR, Debtor, carry, machines, passes, work
from tests.flows.test_mailing import FakeMailer

STRIDE = 6 * HOUR


@pytest.fixture
def fake(db) -> Iterator:
    with machines() as found:
        yield found


@pytest.fixture(autouse=True)
def mailer(monkeypatch) -> FakeMailer:
    taking = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: taking])
    return taking


def test_from_the_first_reminder_to_the_end(fake, mailer) -> None:
    ann = Debtor().starts()
    passes(NOON, NOON + 75 * DAY, STRIDE)
    invoice = ann.invoices()[1]
    assert ann.steps(invoice.id) == [
        (-7, "reminder", "sent"), (-3, "reminder", "sent"), (-1, "reminder", "sent"), (1, "reminder", "sent"),
        (3, "reminder", "folded"), (3, "suspend_warning", "sent"), (5, "suspend", "over"), (7, "reminder", "sent"),
        (23, "end_warning", "sent"), (29, "end_warning", "sent"), (30, "end", "asked"),
    ]  # fmt: skip
    assert ann.state == "closed"
    assert str(ann.subscription.state) == "ended"
    assert ann.subscription.end_reason == "unpaid"
    mails = ann.mails()
    assert [mails.count(f"billing/{kind}") for kind in ("suspended", "ended", "resumed", "suspend_warning", "end_warning")] == [1, 1, 0, 1, 2]
