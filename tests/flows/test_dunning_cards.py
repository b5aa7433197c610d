"""Stored ways to pay under the calendar: charged once a day of it, retried, and told of when they end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from hostkeep.billing.calls import gateways
from hostkeep.billing.models import DunningStep, PaymentAttempt, StoredMethod
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.rules.dunning_steps import Kind
from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.payments import Declined, Kept, Outcome, StoredCharge, Unknown, Waiting
from hostkeep.flows import dunning, standing_still
from hostkeep.kernel.ids import InvoiceId
from hostkeep.messaging.calls import handing
from hostkeep.messaging.models import Mail
from hostkeep.subscriptions.rules.terms import Term
from tests.cards import BRAND, load_card_brand
from tests.conftest import NOON, make_act
from tests.flows.debtors import DAY, HOUR, Debtor, machines, passes
from tests.flows.test_mailing import FakeMailer
from tests.flows.test_storing import LINKS, Buyer
from hostkeep.billing.actions.storing import begin_keeping, record_kept

DUE = NOON + 31 * DAY
STRIDE = 6 * HOUR


class Killed(BaseException):
    """The worker is gone."""


class Killing(FakeGateway):
    """Takes the money, and its answer reaches nobody."""

    def charge_stored(self, ask: StoredCharge) -> Outcome:
        super().charge_stored(ask)
        raise Killed


@pytest.fixture
def gateway(db, tmp_path: Path, monkeypatch) -> Iterator[FakeGateway]:
    load_card_brand(tmp_path)
    fake, before = FakeGateway(), list(gateways._make)
    gateways.carry_with(lambda name, _: {"testpay": fake, "stripe": fake}.get(name))
    mailer = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: mailer])
    with machines():
        yield fake
    gateways._make[:] = before


def keeps(ann: Debtor, expires: date | None = None):
    buyer = Buyer(ann.brand, ann.account, ann.subject)
    begun = begin_keeping(buyer.act(), of=ann.account, subject=ann.subject, gateway="testpay")
    record_kept(buyer.act(), method=begun.id, keeping=Kept(uuid4().hex, "Test card 4242", expires))
    assert StoredMethod.objects.get(id=begun.id).state == "ready"
    return begun.id


def second(ann: Debtor) -> InvoiceId:
    return InvoiceId(ann.invoices()[1].id)


def charges(ann: Debtor) -> list[tuple[int, str]]:
    return [(day, outcome) for day, kind, outcome in ann.steps(second(ann)) if kind == "charge"]


def test_a_card_pays_the_day_before_and_nothing_else_happens(gateway) -> None:
    ann = Debtor(BRAND).starts()
    keeps(ann)
    passes(NOON, DUE + 9 * DAY, STRIDE)
    assert sheet(second(ann), of=ann.account).is_paid
    assert ann.steps(second(ann)) == [(-7, "reminder", "sent"), (-3, "reminder", "sent"), (-1, "charge", "settled")]


def test_a_card_pays_a_week_the_day_before(gateway) -> None:
    ann = Debtor(BRAND, term=Term("day", 7)).starts()
    keeps(ann)
    passes(NOON, NOON + 10 * DAY, HOUR)
    assert ann.invoices()[1].issued_at == NOON + 3.5 * DAY
    assert ann.steps(second(ann)) == [(-1, "charge", "settled")]


def test_a_declined_card_is_tried_on_the_calendars_days_and_never_twice_a_day(gateway) -> None:
    ann = Debtor(BRAND).starts()
    keeps(ann)
    gateway.will = [Declined("refused"), Declined("refused")]
    passes(NOON, DUE + 2 * DAY, HOUR)
    assert charges(ann) == [(-1, "declined"), (1, "declined")]
    assert PaymentAttempt.objects.filter(invoice=second(ann)).count() == 2
    assert ann.mails().count("billing/charge_failed") == 2
    assert "billing/overdue" not in ann.mails()
    passes(DUE + 2 * DAY, DUE + 9 * DAY, STRIDE)
    assert charges(ann) == [(-1, "declined"), (1, "declined"), (3, "settled")]
    assert ann.state == "active"


def test_what_is_not_known_is_asked_about_and_keeps_all_back(gateway) -> None:
    ann = Debtor(BRAND).starts()
    keeps(ann)
    gateway.will = [Unknown()]
    passes(NOON, DUE + 8 * DAY, STRIDE)
    assert charges(ann) == [(-1, "unknown")]
    assert ann.state == "active"
    assert "billing/suspend_warning" not in ann.mails()


def test_a_bank_that_wants_to_see_the_payer_is_told_of(gateway) -> None:
    ann = Debtor(BRAND).starts()
    keeps(ann)
    gateway.will = [Waiting("https://bank.test/see", "h-1")]
    passes(NOON, DUE, STRIDE)
    assert charges(ann) == [(-1, "visit")]
    assert ann.mails()[-1] == "billing/charge_failed"


def test_a_charge_that_a_killed_worker_left_is_taken_up_under_its_key(gateway) -> None:
    ann = Debtor(BRAND).starts()
    keeps(ann)
    passes(NOON, DUE - 2 * DAY, STRIDE)
    at, killing = DUE - DAY, Killing()
    gateways.carry_with(lambda name, _: {"testpay": killing}.get(name))
    with pytest.raises(Killed):
        dunning.run_due(make_act(brand="", at=at))
    assert DunningStep.objects.get(invoice=second(ann), kind=Kind.CHARGE).outcome == "asked"
    gateways.carry_with(lambda name, _: {"testpay": gateway}.get(name))
    dunning.run_due(make_act(brand="", at=at + HOUR))
    assert [ask.once for ask in killing.asked] == [f"dun:{second(ann)}:-1"]
    assert gateway.asked == [], "charged again"
    assert PaymentAttempt.objects.filter(invoice=second(ann)).count() == 1


def test_whose_card_ends_is_told_once_on_the_fifteenth_of_the_month_before(gateway) -> None:
    ann = Debtor(BRAND).starts()
    keeps(ann, date(2026, 4, 30))
    for day in range(40):
        standing_still.tell_of_cards(make_act(brand="", at=NOON + day * DAY))
    (told,) = Mail.objects.filter(template="billing/card_expires")
    assert told.queued_at == NOON + 14 * DAY


def test_one_that_cannot_be_written_to_keeps_nobody_else_from_being_told(gateway, monkeypatch) -> None:
    both = [Debtor(BRAND).starts() for _ in range(2)]
    for one in both:
        keeps(one, date(2026, 4, 30))
    first, second_one = sorted(both, key=lambda one: one.account)
    real = standing_still.write_to

    def write(act, account, *rest, **about):
        if account == first.account:
            raise RuntimeError("no owner")
        real(act, account, *rest, **about)

    monkeypatch.setattr(standing_still, "write_to", write)
    standing_still.tell_of_cards(make_act(brand="", at=NOON + 14 * DAY))
    assert [mail.account for mail in Mail.objects.filter(template="billing/card_expires")] == [second_one.account]
