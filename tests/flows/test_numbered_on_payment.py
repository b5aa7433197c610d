"""A brand that numbers its invoices on payment: an order asks, money comes, the service is built, once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.documents.printing import Wanted, invoice_xml
from hostkeep.billing.queries.corrections import invoice_after
from hostkeep.billing.queries.invoices import sheet
from hostkeep.drivers.payments import Settled
from hostkeep.flows import activation, crediting
from hostkeep.billing.events import InvoiceIssued, InvoicePaid
from hostkeep.kernel.money import EUR, Money
from hostkeep.provisioning.queries import services_billed_by
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.runtime.models import Event
from tests.conftest import make_act
from tests.einvoices import broken_rules
from tests.everything import BRAND, FOLDER, Customer, load_everything


@pytest.fixture
def on_payment(db, tmp_path: Path) -> None:
    folder = tmp_path / BRAND
    shutil.copytree(FOLDER, folder)
    profile = folder / "brand.toml"
    profile.write_text(f'numbering = "payment"\n{profile.read_text()}')
    load_everything(folder)


def test_an_order_from_proforma_to_service(on_payment) -> None:
    buyer = Customer.at("DE")
    asked = buyer.orders(buyer.fills()).invoice
    act = make_act("system", "billing", brand=BRAND)
    shown = sheet(asked, of=buyer.account)
    assert (shown.kind, shown.number) == ("proforma", "EV-2026-P000001")
    assert [service.state for service in services_billed_by(asked)] == [State.ORDERED]

    begun = begin_payment(buyer.act("billing"), of=buyer.account, invoice=asked, gateway="testpay")
    record_outcome(act, attempt=begun.attempt, outcome=Settled("p-1", begun.amount))

    made = invoice_after(asked)
    assert made is not None
    invoice = sheet(made, of=buyer.account)
    assert (invoice.number, invoice.is_paid, invoice.gross) == ("EV-2026-000001", True, shown.gross)
    paid = [e.body["invoice"] for e in Event.objects.filter(kind="InvoicePaid")]
    assert paid == [str(asked)]
    activation.on_invoice_paid(act, InvoicePaid(asked, buyer.account))
    assert all(service.state is not State.ORDERED for service in services_billed_by(asked))
    crediting.on_invoice_issued(act, InvoiceIssued(made, buyer.account))
    assert invoice_after(asked) == made
    xml = invoice_xml(buyer.act("billing"), of=buyer.account, invoice=made, wanted=Wanted("1", "de"))
    assert broken_rules(xml) == []


def test_what_is_left_of_another_payment_covers_it_whole_or_not_at_all(on_payment) -> None:
    buyer = Customer.at("DE")
    act = make_act("system", "billing", brand=BRAND)
    first = buyer.orders(buyer.fills()).invoice
    gross = sheet(first, of=buyer.account).gross
    begun = begin_payment(buyer.act("billing"), of=buyer.account, invoice=first, gateway="testpay")
    record_outcome(act, attempt=begun.attempt, outcome=Settled("p-1", Money(2 * gross.minor - 1, EUR)))
    second = buyer.orders(buyer.fills()).invoice
    assert invoice_after(second) is None
    assert sheet(second, of=buyer.account).owed == Money(1, EUR)
    begun = begin_payment(buyer.act("billing"), of=buyer.account, invoice=second, gateway="testpay")
    assert begun.amount == Money(1, EUR)
    record_outcome(act, attempt=begun.attempt, outcome=Settled("p-2", begun.amount))
    assert invoice_after(second) is not None


@pytest.mark.parametrize(("country", "number"), [("FR", "FR83404833048"), ("DE", ""), ("US", "")])
def test_at_the_sixth_brand_each_buyers_invoice_holds(db, country: str, number: str) -> None:
    load_everything()
    buyer = Customer.at(country, number=number)
    issued = buyer.orders(buyer.fills()).invoice
    xml = invoice_xml(buyer.act("billing"), of=buyer.account, invoice=issued, wanted=Wanted("1", "en"))
    assert xml
    assert broken_rules(xml) == []
