"""A rate changes between asking and paying: the invoice bears the rate of the day on which the money came."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from hostkeep.billing.actions.checking import record_check
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.actions.receiving import record_transfer
from hostkeep.billing.transfers import Transfer
from hostkeep.billing.calls import numbers
from hostkeep.billing.documents.printing import Wanted, invoice_xml
from hostkeep.billing.queries.corrections import invoice_after
from hostkeep.billing.queries.credit import credit_of
from hostkeep.billing.queries.invoices import InvoiceSheet, sheet
from hostkeep.billing.rules.taxing.places import area_at
from hostkeep.billing.rules.taxing.rates import book_of
from hostkeep.billing.rules.rerating import rate_since
from hostkeep.brands.rules.taxing import OwnRate
from hostkeep.drivers.payments import Settled
from hostkeep.drivers.tax_numbers import Registered
from hostkeep.flows.reconciling import check_brand
from hostkeep.kernel.ids import BrandId, InvoiceId
from hostkeep.kernel.money import EUR, Money
from hostkeep.runtime.models import Event
from tests.conftest import NOON, make_act
from tests.einvoices import broken_rules
from tests.everything import BRAND, FOLDER, Customer, load_everything

DAY = timedelta(days=1)
FRENCH = "FR40303265045"
ASKED, CHANGE = NOON.date(), NOON.date() + 2 * DAY


def everything(tmp_path: Path, *, prices: str, rate: int, country: str = "DE", kind: str = "standard") -> None:
    """The sixth brand, whose rate changes two days after it asks."""
    folder = tmp_path / BRAND
    shutil.copytree(FOLDER, folder)
    profile = folder / "brand.toml"
    text = profile.read_text().replace('prices = "net"', f'prices = "{prices}"')
    rates = "".join(
        f'\n[[tax.rates]]\ncountry = "{country}"\nkind = "{kind}"\nrate = {each}\n{bound}\nsource = "of the test"\n'
        for each, bound in ((190_000, f'to = "{CHANGE - DAY}"'), (rate, f'from = "{CHANGE}"'))
    )
    profile.write_text(f'numbering = "payment"\n{text}{rates}')
    load_everything(folder)


def asks(buyer: Customer) -> InvoiceSheet:
    return sheet(buyer.orders(buyer.fills()).invoice, of=buyer.account)


def pays(buyer: Customer, asked: InvoiceSheet, *, days: int) -> InvoiceSheet:
    at = NOON + days * DAY
    begun = begin_payment(buyer.act("billing", at=at), of=buyer.account, invoice=asked.id, gateway="testpay")
    record_outcome(make_act("system", "billing", brand=BRAND, at=at), attempt=begun.attempt, outcome=Settled("p", begun.amount))
    made = invoice_after(asked.id)
    assert made is not None
    assert check_brand(BrandId(BRAND)) == ()
    return sheet(made, of=buyer.account)


def said(invoice: InvoiceSheet) -> list[tuple[int, int, int, str]]:
    return [(each.rate, each.net.minor, each.tax.minor, each.category) for each in invoice.rates]


@pytest.mark.parametrize("rate", [160_000, 210_000])
def test_with_tax_in_the_price_the_payer_pays_what_was_said_and_the_tax_in_it_changes(db, tmp_path: Path, rate: int) -> None:
    everything(tmp_path, prices="gross", rate=rate)
    buyer = Customer.at("DE")
    asked = asks(buyer)
    assert [each.rate for each in asked.rates] == [190_000]

    invoice = pays(buyer, asked, days=3)

    assert (invoice.gross, invoice.is_paid, invoice.owed.minor) == (asked.gross, True, 0)
    tax = asked.gross.tax_within(rate)
    assert said(invoice) == [(rate, asked.gross.minor - tax.minor, tax.minor, "S")]
    assert credit_of(buyer.account, EUR).minor == 0
    xml = invoice_xml(buyer.act("billing"), of=buyer.account, invoice=invoice.id, wanted=Wanted("1", "de"))
    assert broken_rules(xml) == []


def test_without_tax_in_the_price_what_a_lower_rate_leaves_over_is_credit(db, tmp_path: Path) -> None:
    everything(tmp_path, prices="net", rate=160_000)
    buyer = Customer.at("DE")
    asked = asks(buyer)
    invoice = pays(buyer, asked, days=2)
    assert (invoice.net, invoice.is_paid) == (asked.net, True)
    assert invoice.tax == asked.net.tax(160_000)
    assert credit_of(buyer.account, EUR) == asked.gross - invoice.gross != Money(0, EUR)


def test_without_tax_in_the_price_a_higher_rate_is_owed_and_what_was_bought_is_given(db, tmp_path: Path) -> None:
    everything(tmp_path, prices="net", rate=210_000)
    buyer = Customer.at("DE")
    asked = asks(buyer)
    invoice = pays(buyer, asked, days=2)
    assert (invoice.net, invoice.tax) == (asked.net, asked.net.tax(210_000))
    assert invoice.owed == invoice.gross - asked.gross
    assert not invoice.is_paid and invoice.due_at > NOON + 2 * DAY, "there is time to pay the rest"
    assert [e.body["invoice"] for e in Event.objects.filter(kind="InvoicePaid")] == [str(asked.id)]
    begun = begin_payment(buyer.act("billing", at=NOON + 3 * DAY), of=buyer.account, invoice=invoice.id, gateway="testpay")
    act = make_act("system", "billing", brand=BRAND, at=NOON + 3 * DAY)
    record_outcome(act, attempt=begun.attempt, outcome=Settled("p-2", begun.amount))
    assert (begun.amount, sheet(invoice.id, of=buyer.account).is_paid) == (invoice.owed, True)
    assert check_brand(BrandId(BRAND)) == ()


def test_the_day_is_the_one_on_which_the_bank_had_the_money(db, tmp_path: Path) -> None:
    everything(tmp_path, prices="gross", rate=210_000)
    buyer = Customer.at("DE")
    for number, (day, rate) in enumerate([(CHANGE - DAY, 190_000), (CHANGE, 210_000)]):
        asked = asks(buyer)
        came = Transfer("bank_transfer", f"DE1/{number}", asked.gross, day, frozenset({asked.reference}))
        record_transfer(make_act("billing", "billing", brand=BRAND, at=NOON + 9 * DAY), transfer=came)
        made = invoice_after(asked.id)
        assert made is not None
        assert [each.rate for each in sheet(made, of=buyer.account).rates] == [rate]


@pytest.mark.parametrize("rate", [160_000, 210_000])
def test_where_the_buyer_accounts_for_the_tax_nothing_changes(db, tmp_path: Path, rate: int, monkeypatch) -> None:
    monkeypatch.setattr(numbers, "_make", [lambda _name: None])
    everything(tmp_path, prices="net", rate=rate, country="FR")
    buyer = Customer.at("FR", number=FRENCH)
    act = make_act("system", "billing", brand=BRAND)
    record_check(act, account=buyer.account, number=FRENCH, answer=Registered("W"), days=30)
    asked = asks(buyer)
    assert said(asked) == [(0, asked.net.minor, 0, "AE")]
    invoice = pays(buyer, asked, days=5)
    assert said(invoice) == said(asked) and invoice.gross == asked.gross and invoice.is_paid


def test_a_rate_of_the_buyers_country_changes_and_the_sellers_does_not_matter(db, tmp_path: Path) -> None:
    everything(tmp_path, prices="gross", rate=250_000, country="FR")
    buyer, other = Customer.at("FR"), Customer.at("DE")
    assert [each.rate for each in pays(buyer, asks(buyer), days=3).rates] == [250_000]
    assert [each.rate for each in pays_again(other, asks(other)).rates] == [190_000]


def pays_again(buyer: Customer, asked: InvoiceSheet) -> InvoiceSheet:
    act = make_act("billing", "billing", brand=BRAND, at=NOON + 3 * DAY)
    record_transfer(act, transfer=Transfer("bank_transfer", "DE1/x", asked.gross, CHANGE, frozenset({asked.reference})))
    made = invoice_after(asked.id)
    assert made is not None
    return sheet(InvoiceId(made), of=buyer.account)


def test_the_kind_that_bore_the_rate_tells_and_what_nobody_knows_stays() -> None:
    book = book_of([
        OwnRate("VN", "", "standard", 100_000, None, None, "s"),
        OwnRate("VN", "", "temporary", 80_000, None, date(2026, 12, 31), "s"),
    ])  # fmt: skip
    area = area_at("VN", "")

    def since(rate: int, paid: date = date(2027, 1, 2)) -> int:
        return rate_since(book, area, kinds=("standard", "temporary"), rate=rate, asked=date(2026, 12, 1), paid=paid)

    assert since(80_000) == 100_000, "what was temporary is over"
    assert since(80_000, date(2026, 12, 31)) == 80_000
    assert since(100_000) == 100_000
    assert since(55_000) == 55_000
