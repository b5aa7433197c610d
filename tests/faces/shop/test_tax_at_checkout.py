"""What a buyer is shown of the tax: at the checkout, on the invoice's page, on paper, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hostkeep.billing.calls import numbers
from hostkeep.billing.documents.wording import EN, VI
from hostkeep.billing.queries.invoices import invoices_of
from hostkeep.kernel.ids import BrandId
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import breaker, egress
from tests.drivers.vies_side import ViesSide, vies_side
from tests.everything import BRAND, Customer, load_everything
from tests.faces.shop.conftest import Browser, gateway, text

__all__ = ["gateway"]

FRENCH = "FR40303265045"


@pytest.fixture
def side(db, gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[ViesSide]:
    monkeypatch.setattr(egress, "breaker", breaker.Breaker())
    monkeypatch.setattr(egress, "_watchers", [])
    load_everything()
    with vies_side() as made:
        made.registered = {("FR", FRENCH[2:])}
        monkeypatch.setattr(numbers, "_make", [{"vies": made.driver()}.get])
        yield made


def signed_in(customer: Customer) -> Browser:
    browser = Browser(BRAND)
    with running_brand.during(BrandId(BRAND)):
        browser.client.force_login(customer.user)
    return browser


def words(page) -> str:
    return " ".join(text(page).split())


def checks_out(customer: Customer) -> tuple[Browser, object]:
    customer.fills()
    browser = signed_in(customer)
    page = browser.get("/checkout/")
    assert page.status_code == 200
    return browser, page


@pytest.mark.parametrize(
    ("country", "postal", "number", "shown", "hidden"),
    [
        ("DE", "10115", "", ["VAT 19%", "€1.14", "€7.14"], ["Reverse charge"]),
        ("FR", "75001", "", ["VAT 20%", "€1.20", "€7.20", "The rate of your country applies."], ["Reverse charge"]),
        ("FR", "75001", FRENCH, ["VAT 0%", "€0.00", "€6.00", "Reverse charge: the recipient"], ["VAT 20%"]),
        ("US", "94105", "", ["VAT 0%", "€6.00", "Not subject to tax here."], ["Reverse charge"]),
        ("", "", "", ["VAT 19%", "€7.14", "We do not know your country"], ["Reverse charge"]),
    ],
)
def test_net_tax_and_gross_are_shown_and_said(side: ViesSide, country, postal, number, shown, hidden) -> None:
    customer = Customer.at(country, number=number, postal=postal)
    _, page = checks_out(customer)
    said = words(page).replace(" %", "%")
    for each in ("Net", "€6.00", *shown):
        assert each in said, each
    for each in hidden:
        assert each not in said


def test_the_order_is_what_was_shown_and_its_papers_say_why(side: ViesSide) -> None:
    customer = Customer.at("FR", number=FRENCH, postal="75001")
    browser, page = checks_out(customer)
    done = browser.sends(page, "/checkout/", gateway="testpay")
    assert done.status_code == 302, words(done)[:400]
    listed = browser.get("/account/invoices/")
    assert "€6.00" in words(listed)
    (row,) = invoices_of(customer.account).rows
    sheet = words(browser.get(f"/account/invoices/{row.id}/"))
    assert "Reverse charge: the recipient of the service accounts for the tax." in sheet
    assert FRENCH in sheet
    assert "Simplified" not in sheet
    pdf = browser.get(f"/account/invoices/{row.id}/pdf/")
    assert pdf.status_code == 200


def test_the_words_in_vietnamese_are_there_to_be_translated() -> None:
    assert {key for key in EN if key.startswith("note_")} == {key for key in VI if key.startswith("note_")}
    assert "Reverse charge" in VI["note_AE"]  # art. 226(11a): these words, in any language


def test_a_registry_that_is_silent_does_not_stop_the_checkout(side: ViesSide) -> None:
    side.odd = (503, b"")
    customer = Customer.at("FR", number=FRENCH, postal="75001")
    _, page = checks_out(customer)
    assert "€7.20" in words(page)
    assert "Your tax number could not be checked yet, so the tax is charged." in words(page)
    for _ in range(3):
        signed_in(customer).get("/checkout/")
    assert len(side.asked) == 1


UNPROVEN = ("could not be checked yet", "does not know your tax number")


@pytest.mark.parametrize(
    ("country", "number", "said"),
    [
        ("FR", "FR83404833048", "The registry does not know your tax number, so the tax is charged."),
        ("FR", FRENCH, ""),
        ("FR", "", ""),
        ("DE", "DE136695976", ""),
    ],
    ids=["unregistered", "registered", "none", "at home"],
)
def test_for_want_of_what_number_tax_is_charged_is_said_where_one_would_change_it(
    side: ViesSide, country: str, number: str, said: str
) -> None:
    _, page = checks_out(Customer.at(country, number=number, postal="75001" if country == "FR" else "10115"))
    assert said in words(page)
    assert any(each in words(page) for each in UNPROVEN) is bool(said)


def test_of_what_is_exempt_nothing_is_said_about_rates_and_what_comes_on_top(side: ViesSide) -> None:
    customer = Customer.at("FR", postal="75001")
    customer.fills("secret-box")
    page = words(signed_in(customer).get("/checkout/"))
    assert "Exempt from tax." in page
    assert "The rate of your country applies." not in page and "Tax comes on top." not in page
