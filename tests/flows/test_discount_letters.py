"""What letters say of an order with a code: lines that add up, and no payment where there is none."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hostkeep.billing.events import InvoiceIssued, InvoicePaid
from hostkeep.brands.queries import brand
from hostkeep.flows import mail_contents, notices
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import MILLION
from hostkeep.messaging.models import Mail
from hostkeep.messaging.queries import mail
from hostkeep.shop.events import OrderPlaced
from tests.conftest import make_act
from tests.flows.test_promoting import BRAND, TENTH, buys, makes


def says(template: str) -> dict[str, Any]:
    found: UUID = Mail.objects.get(template=template).id
    return dict(mail_contents.said_by(make_act(brand=BRAND), mail(found), brand(BrandId(BRAND))))


def test_an_orders_letter_names_what_the_code_took_off(db: None) -> None:
    makes(**TENTH)
    buyer = buys(quantity=2)
    notices.on_order_placed(make_act(brand=BRAND), OrderPlaced(buyer.order, buyer.account))
    said = says("order/confirmed")
    assert ([each.amount for each in said["lines"]], said["off"], said["total"]) == (["€23.80"], "-€2.38", "€21.42")


def test_a_letter_without_a_code_names_none(db: None) -> None:
    buyer = buys(code="")
    notices.on_order_placed(make_act(brand=BRAND), OrderPlaced(buyer.order, buyer.account))
    assert says("order/confirmed")["off"] == ""


def test_an_invoice_over_nothing_asks_for_no_money_and_thanks_for_none(db: None) -> None:
    makes(kind="percent", value=MILLION)
    buyer = buys()
    notices.on_invoice_issued(make_act(brand=BRAND), InvoiceIssued(buyer.invoice, buyer.account))
    notices.on_invoice_paid(make_act(brand=BRAND), InvoicePaid(buyer.invoice, buyer.account))
    said = says("billing/invoice")
    assert (said["due_day"], said["reference"]) == ("", "")
    assert not Mail.objects.filter(template="billing/paid").exists()


def test_an_invoice_over_something_asks_and_thanks(db: None) -> None:
    makes(**TENTH)
    buyer = buys()
    notices.on_invoice_issued(make_act(brand=BRAND), InvoiceIssued(buyer.invoice, buyer.account))
    notices.on_invoice_paid(make_act(brand=BRAND), InvoicePaid(buyer.invoice, buyer.account))
    said = says("billing/invoice")
    assert said["due_day"] and said["reference"]
    assert Mail.objects.filter(template="billing/paid").exists()
