"""Credit goes on invoices by itself where the brand says so, the oldest first, each currency for itself."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from hostkeep.audit.reading import newest_id
from hostkeep.billing.actions.crediting import give_credit
from hostkeep.billing.events import CreditGiven, InvoiceIssued, PaymentDisputed, PaymentReceived
from hostkeep.billing.queries.invoices import sheet
from hostkeep.brands import queries as brands
from hostkeep.brands.models import Brand
from hostkeep.flows import chargebacks, crediting
from hostkeep.flows.handlers import HANDLERS
from hostkeep.kernel.ids import InvoiceId, PaymentId
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.ledger import book
from tests.conftest import NOON
from tests.rooms.billing.making import Buyer, billing_act, line
from tests.rung import rung

ACT = billing_act()


def gift(buyer: Buyer, minor: int, currency=EUR) -> None:
    give_credit(ACT, account=buyer.account, amount=Money(minor, currency), kind="gift", once=uuid4().hex)


def paid(buyer: Buyer, issued) -> int:
    return sheet(issued.id, of=buyer.account).paid.minor


def test_the_oldest_invoice_comes_first_and_currencies_stay_apart(db) -> None:
    buyer = Buyer()
    new, old = buyer.owes(line(1000), at=NOON + timedelta(days=3)), buyer.owes(line(2000))
    dollars = buyer.owes(line(1000, currency=USD))
    gift(buyer, 3000)
    used = crediting.apply_credit(ACT, account=buyer.account)
    assert [one.invoice for one in used] == [old.id, new.id]
    assert (paid(buyer, old), paid(buyer, new), paid(buyer, dollars)) == (2420, 580, 0)
    assert crediting.apply_credit(ACT, account=buyer.account) == ()
    assert book.balance(f"credit:{buyer.account}", EUR).minor == 0


def test_each_event_that_brings_credit_or_a_debt_lets_it_work(db) -> None:
    for event in (
        lambda b, i: InvoiceIssued(InvoiceId(i), b.account),
        lambda b, i: PaymentReceived(PaymentId(uuid4()), b.account),
        lambda b, i: CreditGiven(b.account),
    ):
        buyer = Buyer()
        issued = buyer.owes()
        gift(buyer, 100)
        said = event(buyer, issued.id)
        for handler in HANDLERS[type(said)]:
            if handler.__module__ == crediting.__name__:
                handler(ACT, said)
                handler(ACT, said)
        assert paid(buyer, issued) == 100


def test_a_brand_that_leaves_it_to_the_customer_uses_nothing(db) -> None:
    row = Brand.objects.get(id="vps6")
    row.profile = {**row.profile, "credit_applies": "by_hand"}
    row.save(update_fields=["profile"])
    brands.forget()
    buyer = Buyer()
    issued = buyer.owes()
    gift(buyer, 100)
    crediting.on_invoice_issued(ACT, InvoiceIssued(InvoiceId(issued.id), buyer.account))
    assert paid(buyer, issued) == 0


def test_a_payment_that_is_taken_back_rings(db) -> None:
    before, event = newest_id(), PaymentDisputed(PaymentId(uuid4()), Buyer().account)
    for _ in range(2):  # the worker that rang died before it could say so, and another was given the event
        chargebacks.on_payment_disputed(ACT, event)
    assert rung(before) == ["payment_disputed"]
