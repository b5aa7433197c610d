"""One invoice is never charged by two ways at once: pages that are open, outcomes that nobody knows, turns of the sweep."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.errors.documents import AlreadyPaid
from hostkeep.billing.models import Payment, PaymentAttempt, Refund
from hostkeep.billing.queries.dunned import dunned
from hostkeep.billing.queries.invoices import sheet
from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.payments import Declined, Settled, Unknown, Waiting
from hostkeep.flows import paying, refunding
from hostkeep.kernel.money import EUR, Money
from hostkeep.runtime.stores import all_stores
from tests.cards import BRAND
from tests.conftest import NOON
from tests.flows.test_paying import carried
from tests.flows.test_storing import charges, customer, fake, ready  # noqa: F401
from tests.rooms.billing.making import Buyer, billing_act

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PAGE = Waiting("https://pay.example/1", "h-1")


def opens(fake: FakeGateway, buyer: Buyer, invoice, at=NOON, outcome=PAGE) -> paying.Asked:  # noqa: F811
    fake.will = [outcome]
    how = {"of": buyer.account, "invoice": invoice, "gateway": "testpay", "links": paying.Links(str, str)}
    return paying.pay_invoice(buyer.act(at=at), **how)


def asked_of_stored(fake: FakeGateway) -> int:  # noqa: F811
    return sum(hasattr(each, "token") for each in fake.asked)


def test_who_is_at_the_gateways_page_is_not_charged_by_card_as_well(fake: FakeGateway) -> None:  # noqa: F811
    buyer = customer()
    method, invoice = ready(fake, buyer), buyer.owes().id
    page = opens(fake, buyer, invoice)
    assert dunned(invoice, at=NOON + 20 * MINUTE).held
    assert charges(buyer, invoice, method, at=NOON + 20 * MINUTE) == paying.Asked(page.attempt, Waiting(None))
    opens(fake, buyer, invoice, at=NOON + 25 * MINUTE)
    assert charges(buyer, invoice, method, at=NOON + 50 * MINUTE).outcome == Waiting(None), "opened anew since"
    assert asked_of_stored(fake) == 0
    assert not dunned(invoice, at=NOON + 60 * MINUTE).held


def test_a_page_that_was_left_is_closed_before_the_card_is_charged(fake: FakeGateway) -> None:  # noqa: F811
    buyer = customer()
    method, invoice = ready(fake, buyer), buyer.owes().id
    page = opens(fake, buyer, invoice)
    told = charges(buyer, invoice, method, at=NOON + 40 * MINUTE)
    assert isinstance(told.outcome, Settled) and told.attempt != page.attempt
    assert PaymentAttempt.objects.get(id=page.attempt).code == "expired"
    assert Payment.objects.count() == 1


def test_what_was_paid_on_the_page_meanwhile_is_not_charged_again(fake: FakeGateway) -> None:  # noqa: F811
    buyer = customer()
    method, invoice = ready(fake, buyer), buyer.owes()
    page = opens(fake, buyer, invoice.id)
    fake.told[PaymentAttempt.objects.get(id=page.attempt).once] = Settled("p-1", invoice.gross)
    with pytest.raises(AlreadyPaid):
        charges(buyer, invoice.id, method, at=NOON + 40 * MINUTE)
    assert asked_of_stored(fake) == 0 and Payment.objects.count() == 1


@pytest.mark.parametrize("on_page", [True, False])
def test_an_unknown_outcome_is_never_charged_under_a_new_key_and_looked_up_until_it_is_known(
    fake: FakeGateway, on_page: bool  # noqa: F811
) -> None:
    buyer = customer()
    method, invoice = ready(fake, buyer), buyer.owes()
    if on_page:
        first = opens(fake, buyer, invoice.id)
        record_outcome(billing_act(BRAND), attempt=first.attempt, outcome=Unknown())
    else:
        fake.will = [Unknown()]
        first = charges(buyer, invoice.id, method)
    once = PaymentAttempt.objects.get(id=first.attempt).once
    fake.told[once] = Unknown()
    far = NOON + 200 * DAY
    for at in (NOON + DAY, NOON + 20 * DAY, far):
        assert charges(buyer, invoice.id, method, f"dun-{at}"[:40], at).attempt == first.attempt
    assert asked_of_stored(fake) == (0 if on_page else 1)

    assert paying.look_up_open(billing_act("", at=far)) == 1
    assert paying.look_up_open(billing_act("", at=far + MINUTE)) == 0, "once a day, where it is so old"
    fake.told[once] = Settled("late", invoice.gross)
    assert paying.look_up_open(billing_act("", at=far + DAY + 3 * MINUTE)) == 1
    assert sheet(invoice.id, of=buyer.account).is_paid


def test_only_what_surely_never_moved_opens_the_way(fake: FakeGateway) -> None:  # noqa: F811
    buyer = customer()
    invoice = buyer.owes().id
    first = opens(fake, buyer, invoice)
    record_outcome(billing_act(BRAND), attempt=first.attempt, outcome=Unknown())
    fake.told[PaymentAttempt.objects.get(id=first.attempt).once] = Unknown()
    assert opens(fake, buyer, invoice, at=NOON + 20 * DAY).attempt == first.attempt
    fake.told[PaymentAttempt.objects.get(id=first.attempt).once] = Declined("never_asked")
    paying.look_up_open(billing_act("", at=NOON + 20 * DAY))
    assert opens(fake, buyer, invoice, at=NOON + 20 * DAY).attempt != first.attempt


@pytest.mark.parametrize(
    ("state", "of_card", "stays"),
    [("unknown", False, True), ("unknown", True, True), ("waiting", True, True),
     ("waiting", False, False), ("settled", False, False), ("declined", True, False)],
)  # fmt: skip
def test_by_what_an_open_outcome_is_looked_up_stays_until_it_is_known(
    fake: FakeGateway, state: str, of_card: bool, stays: bool  # noqa: F811
) -> None:
    buyer = customer()
    method = ready(fake, buyer) if of_card else None
    PaymentAttempt.objects.create(
        once="open-1", brand=BRAND, invoice_id=buyer.owes().id, gateway="testpay", minor=1990, currency="EUR",
        state=state, method_id=method, handle="cs_1@mark", visit="https://pay.example/1", created_at=NOON,
    )  # fmt: skip
    store = next(each for each in all_stores() if each.name == "billing.attempts")
    late = NOON + 91 * DAY
    assert store.list_due(late) == (0 if stays else 1)
    store.erase(billing_act("", at=late), 10)
    left = PaymentAttempt.objects.get(once="open-1")
    assert (left.handle, left.visit) == (("cs_1@mark", "https://pay.example/1") if stays else ("", ""))
    assert store.list_due(late) == 0


def test_pages_that_were_left_do_not_keep_younger_ones_from_being_asked_about(fake: FakeGateway) -> None:  # noqa: F811
    buyer = customer()
    one = buyer.owes()
    begun = begin_payment(buyer.act(), of=buyer.account, invoice=one.id, gateway="testpay")
    made = PaymentAttempt.objects.get(id=begun.attempt)
    PaymentAttempt.objects.bulk_create(
        PaymentAttempt(
            once=f"left-{n}", brand=BRAND, invoice_id=one.id, gateway="testpay", minor=1, currency=made.currency,
            created_at=NOON - timedelta(hours=1),
        )
        for n in range(130)
    )  # fmt: skip
    for each in PaymentAttempt.objects.all():
        fake.told[each.once] = PAGE
    fake.told[begun.once] = Settled("p-1", one.gross)
    at = NOON + 3 * MINUTE
    assert paying.look_up_open(billing_act("", at=at)) == 100
    assert not sheet(one.id, of=buyer.account).is_paid
    assert paying.look_up_open(billing_act("", at=at + MINUTE)) == 100
    assert sheet(one.id, of=buyer.account).is_paid


def test_refunds_that_wait_for_staff_do_not_keep_others_from_being_asked_about(db) -> None:
    from tests.rooms.billing.test_refunding import overpaid

    gateway = FakeGateway()
    for _ in carried({"testpay": gateway}):
        act = billing_act(role="billing")
        payment = overpaid(Buyer(), 500)
        gateway.will = [Waiting(None)]
        row = refunding.refund_payment(act, payment_id=payment, amount=Money(100, EUR), once="mine")
        stands = Refund.objects.get(id=row.id)
        Refund.objects.bulk_create(
            Refund(
                once=f"staff-{n}", brand="vps6", account=stands.account, payment=Payment.objects.get(), gateway="manual",
                minor=1, currency="EUR", created_at=NOON - timedelta(hours=1),
            )
            for n in range(120)
        )  # fmt: skip
        gateway.told[row.once] = Settled("re-1", Money(100, EUR))
        assert refunding.look_up_due(billing_act("", at=NOON + 3 * MINUTE)) == 1
        assert Refund.objects.get(id=row.id).state == "settled"


def test_one_look_up_that_breaks_stops_neither_the_next_nor_the_next_round(fake: FakeGateway) -> None:  # noqa: F811
    buyer = customer()
    bad, good = buyer.owes(), buyer.owes()
    first, second = opens(fake, buyer, bad.id), opens(fake, buyer, good.id, at=NOON + MINUTE)
    once = PaymentAttempt.objects.get(id=first.attempt).once
    fake.told[once] = None  # no outcome at all: whoever writes it down breaks
    fake.told[PaymentAttempt.objects.get(id=second.attempt).once] = Settled("p-2", good.gross)
    assert paying.look_up_open(billing_act("", at=NOON + 5 * MINUTE)) == 2
    assert sheet(good.id, of=buyer.account).is_paid
    assert PaymentAttempt.objects.get(id=first.attempt).state == "waiting"
