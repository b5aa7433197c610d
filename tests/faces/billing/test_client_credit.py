"""The customer's credit: seen, used on an invoice, put in, and nobody else's."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from hostkeep.billing.actions.crediting import give_credit
from hostkeep.billing.models import CreditEntry, Payment, TopUp
from hostkeep.billing.queries.invoices import sheet
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.ledger import book
from hostkeep.runtime import clock
from tests.faces.billing.conftest import Customer, Payments, a_customer
from tests.faces.shop.conftest import hidden
from tests.rooms.billing.making import billing_act

PAGE = "/account/credit/"


def gift(who: Customer, minor: int, currency=EUR) -> None:
    act = billing_act(who.brand, at=clock.now(), role="billing")
    give_credit(
        act, account=who.buyer.account, amount=Money(minor, currency), kind="gift", once=uuid4().hex,
        reason="goodwill",
    )  # fmt: skip


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def puts_in(who: Customer, amount: str, *, currency: str = "EUR", gateway: str = "testpay", once: str = ""):
    return who.browser.sends(
        who.browser.get(PAGE), f"{PAGE}top-ups/", amount=amount, currency=currency, gateway=gateway,
        once=once or str(uuid4()),
    )  # fmt: skip


def credit(who: Customer, currency=EUR) -> int:
    return -book.balance(f"credit:{who.buyer.account}", currency).minor


def test_what_there_is_and_why(ann: Customer) -> None:
    assert "Nothing has moved yet" in text_of(ann.browser.get(PAGE))
    gift(ann, 1250)
    gift(ann, 300, USD)
    page = text_of(ann.browser.get(PAGE))
    assert "€12.50" in page and "$3.00" in page and "Given by us (Goodwill)" in page


def test_it_is_used_on_an_invoice_once(ann: Customer) -> None:
    issued = ann.owes()
    gift(ann, 1000)
    page = ann.browser.get(PAGE)
    assert "Use €10.00" in text_of(page)
    once = str(uuid4())
    for _ in range(2):
        answer = ann.browser.sends(page, f"{PAGE}invoices/{issued.id}/", once=once)
        assert answer["Location"] == f"/account/invoices/{issued.id}/"
    assert sheet(issued.id, of=ann.buyer.account).paid.minor == 1000
    assert credit(ann) == 0 and CreditEntry.objects.filter(kind="used").count() == 1
    assert "Used on an invoice" in text_of(ann.browser.get(PAGE))


def test_one_page_pays_two_invoices(ann: Customer) -> None:
    one, two = ann.owes(), ann.owes()
    gift(ann, 5000)
    page = ann.browser.get(PAGE)
    for issued in (one, two):
        assert ann.browser.sends(page, f"{PAGE}invoices/{issued.id}/").status_code == 302
    assert credit(ann) == 5000 - 2 * 2408


def test_nobody_pays_anothers_invoice_or_sees_their_top_up(ann: Customer, payments: Payments) -> None:
    other = a_customer("vps6")
    issued = other.owes()
    gift(ann, 9000)
    mine = hidden(ann.browser.get(PAGE), f"{PAGE}top-ups/")
    assert ann.browser.post(f"{PAGE}invoices/{issued.id}/", **mine).status_code == 404
    puts_in(other, "25")
    theirs = TopUp.objects.get()
    assert ann.browser.get(f"{PAGE}top-ups/{theirs.id}/").status_code == 404
    paid = ann.browser.post(f"{PAGE}top-ups/{theirs.id}/pay/", gateway="testpay", **mine)
    assert paid.status_code == 404 and credit(ann) == 9000 and credit(other) == 0


def test_money_is_put_in_and_has_a_receipt(ann: Customer, payments: Payments) -> None:
    visit = puts_in(ann, "25.50")["Location"]
    payments.decides(visit, "pay")
    assert credit(ann) == 2550
    row = TopUp.objects.get()
    receipt = text_of(ann.browser.get(f"{PAGE}top-ups/{row.id}/"))
    assert "Receipt" in receipt and "€25.50" in receipt and "No tax invoice" in receipt
    assert book.balance("gateway:vps6:testpay", EUR).minor == 2550
    assert book.balance("tax:vps6", EUR).minor == 0
    assert CreditEntry.objects.get().kind == "top_up"
    back = ann.browser.get(f"/account/payments/{row.attempts.get().id}/return/")
    assert back["Location"] == f"{PAGE}top-ups/{row.id}/"


def test_a_double_click_is_one_top_up_and_one_attempt(ann: Customer, payments: Payments) -> None:
    once = str(uuid4())
    visits = {puts_in(ann, "25", once=once)["Location"] for _ in range(2)}
    assert len(visits) == 1 and TopUp.objects.count() == 1
    payments.decides(visits.pop(), "pay")
    again = puts_in(ann, "25", once=once)
    assert again.status_code == 409 and credit(ann) == 2500


def test_declined_puts_nothing_in_and_it_can_be_paid_later(ann: Customer, payments: Payments) -> None:
    payments.decides(puts_in(ann, "25")["Location"], "decline")
    row = TopUp.objects.get()
    page = ann.browser.get(f"{PAGE}top-ups/{row.id}/")
    assert credit(ann) == 0 and "Pay €25.00" in text_of(page)
    visit = ann.browser.sends(page, f"{PAGE}top-ups/{row.id}/pay/", gateway="testpay")["Location"]
    payments.decides(visit, "pay")
    assert credit(ann) == 2500 and Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("4.99", "EUR", "At least €5.00"),
        ("500.01", "EUR", "At most €500.00"),
        ("12.505", "EUR", "Write an amount"),
        ("-25", "EUR", "Write an amount"),
        ("1e3", "EUR", "Write an amount"),
        ("25", "VND", "do not keep credit in this currency"),
        ("25", "XXX", "Write an amount"),
        ("", "EUR", "Write an amount"),
        ("99999999999999999999", "EUR", "Write an amount"),
    ],
)
def test_amounts_that_cannot_be_put_in(ann: Customer, amount: str, currency: str, said: str) -> None:
    answer = puts_in(ann, amount, currency=currency)
    assert answer.status_code == 422, answer.content
    assert not TopUp.objects.exists()
    assert said in text_of(answer) or currency == "VND"


def test_the_cap_counts_what_is_there_and_on_its_way(ann: Customer, payments: Payments) -> None:
    gift(ann, 40_000)
    puts_in(ann, "500")
    answer = puts_in(ann, "101")
    assert answer.status_code == 422 and "€1,000.00" in text_of(answer)
    assert puts_in(ann, "100").status_code == 302


def test_by_bank_its_reference_finds_it(ann: Customer, payments: Payments) -> None:
    from hostkeep.billing.actions.receiving import record_transfer
    from tests.rooms.billing.test_receiving import transfer

    answer = puts_in(ann, "25", gateway="bank_transfer")
    row = TopUp.objects.get()
    page = text_of(ann.browser.get(answer["Location"]))
    assert row.reference in page.replace(" ", "") and "NL67" in page
    act = billing_act(at=clock.now(), role="billing")
    record_transfer(act, transfer=transfer(row.reference, amount=Money(2600, EUR)))
    assert credit(ann) == 2600
    assert "€26.00" in text_of(ann.browser.get(f"{PAGE}top-ups/{row.id}/"))


def test_a_gateway_that_is_not_offered_opens_nothing(ann: Customer) -> None:
    assert puts_in(ann, "25", gateway="stripe").status_code == 422
    assert not TopUp.objects.exists()
