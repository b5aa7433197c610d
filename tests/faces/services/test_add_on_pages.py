"""Add-ons on a service's pages: seen, priced, added and taken off, by its owner alone; and by staff."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from hostkeep.audit.reading import entries_about
from hostkeep.billing import agenda
from hostkeep.billing.models import Invoice
from hostkeep.kernel.ids import BrandId, InvoiceId, ServiceId
from hostkeep.kernel.money import EUR, Money
from hostkeep.runtime import clock
from hostkeep.shop.actions.loading import load_catalogue
from hostkeep.subscriptions.actions.opening import begin_subscription, open_subscription
from hostkeep.subscriptions.models import Change, Part, Subscription
from hostkeep.subscriptions.rules.agreeing import AddOn, Agreed, Discount, Taken
from hostkeep.subscriptions.rules.terms import Term
from tests.conftest import make_act
from tests.faces.services.conftest import Customer, Staff, a_customer
from tests.faces.shop.conftest import hidden, text
from tests.ground.shop.test_catalogue_reading import BRANDS

pytestmark = pytest.mark.django_db(databases="__all__")

ADD_ONS = """\
    add_ons:
    - {slug: address, name: Fixed address, prices: {EUR: 200, USD: 230}, most: 4, work: yes}
    - {slug: visit, name: We set it up for you, once: {EUR: 2500, USD: 2900}}
"""
AFTER = "    - {slug: one-year, months: 12, prices: {EUR: 2880, USD: 3360}}\n"
WEEK = "    - {slug: one-week, days: 7, prices: {EUR: 120, USD: 140}}\n"
"""Sold no more where there are add-ons: beside a term of days each needs a price of its own."""


@dataclass
class Beside:
    """A customer's tunnel that recurs, and what may stand beside it."""

    customer: Customer
    service: ServiceId

    @property
    def path(self) -> str:
        return f"/account/services/{self.service}/add-ons/"

    def looks(self, path: str = "", **query: str):
        return self.customer.browser.get(f"{self.path}{path}", **query)

    def confirms(self, path: str, **over: str):
        """Look at a price and say yes to it."""
        pieces = over.pop("pieces", "1")
        page = self.looks(path, pieces=pieces)
        return self.customer.browser.sends(page, f"{self.path}{path}", **over)


@pytest.fixture
def beside(customer: Customer) -> Beside:
    shipped = (BRANDS / "vpn" / "catalogue.yaml").read_text()
    assert AFTER + WEEK in shipped
    owner = make_act("owner", "site_administration", brand="vpn", at=clock.now())
    load_catalogue(owner, brand=BrandId("vpn"), text=shipped.replace(AFTER + WEEK, AFTER + ADD_ONS))
    return Beside(customer, bought(customer))


def bought(customer: Customer, *add_ons: Taken, discount: Discount | None = None, trial: int = 0) -> ServiceId:
    service = ServiceId(customer.room.builds("wireguard"))
    agreed = Agreed(
        "solo", "one-month", "Solo", {}, Term("month", 1), Money(300, EUR), discount=discount, add_ons=add_ons,
        trial_days=trial,
    )  # fmt: skip
    act = make_act(brand="vpn", at=clock.now())
    open_subscription(
        act, account=customer.room.account, subject=customer.room.subject, service=service, agreed=agreed,
        once=f"service:{service}",
    )  # fmt: skip
    begin_subscription(act, service=service, invoice=None)
    return service


def address(pieces: int) -> Taken:
    what = AddOn("address", "Fixed address", Money(200, EUR), Money(0, EUR), recurs=True, work=True)
    return Taken(what, pieces)


def test_the_services_page_leads_there_where_something_can_be_had(beside: Beside) -> None:
    assert beside.path in text(beside.customer.page(beside.service))
    listed = text(beside.looks())
    assert "Nothing beside the plan." in listed
    assert "Fixed address" in listed and "€2.00" in listed and "We set it up for you" in listed


def test_where_nothing_can_be_had_nothing_is_said(customer: Customer) -> None:
    service = bought(customer)
    assert "add-ons/" not in text(customer.page(service))
    assert "Nothing beside the plan." in text(customer.browser.get(f"/account/services/{service}/add-ons/"))


def test_it_is_shown_before_it_is_asked_for_and_leads_to_its_invoice(beside: Beside) -> None:
    page = text(beside.looks("address/more/", pieces="2"))
    assert " to pay<" in page and "€4.00" in page and "as soon as it is paid" in page
    assert not Change.objects.exists()
    answer = beside.confirms("address/more/", pieces="2")
    change = Change.objects.get()
    assert answer["Location"] == f"/account/invoices/{change.invoice}/"
    assert "An add-on waits for your payment." in text(beside.customer.page(beside.service))
    assert "A change is waiting already." in text(beside.looks())
    assert "2 × Fixed address" in text(beside.customer.browser.get(f"/account/invoices/{change.invoice}/"))


def test_what_is_had_is_shown_and_taken_off(customer: Customer, beside: Beside) -> None:
    mine = Beside(customer, bought(customer, address(2)))
    page = text(customer.page(mine.service))
    assert "Fixed address × 2" in page and "€4.00" in page and "€7.00" in page
    shown = text(mine.looks("address/less/", pieces="1"))
    assert "Take it off" in shown and "Left of its price" in shown
    answer = mine.confirms("address/less/", pieces="1")
    assert answer["Location"] == mine.path
    assert [part.quantity for part in Part.objects.filter(kind="add_on", ended_at=None)] == [1]
    after = text(mine.looks())
    assert "What is left of its price is your credit." in after
    assert "no longer there" not in after, "one piece is still there"
    mine.confirms("address/less/", pieces="1")
    assert "no longer there" in text(mine.looks())


def test_in_a_trial_nothing_is_left_and_no_credit_is_spoken_of(customer: Customer, staff: Staff) -> None:
    mine, staffs = (Beside(customer, bought(customer, address(1), trial=14)) for _ in range(2))
    mine.confirms("address/less/", pieces="1")
    after = text(mine.looks())
    assert "It is taken off." in after and "your credit" not in after
    staff.signs_in("billing")
    path = f"/staff/services/{staffs.service}/add-ons/"
    looked = staff.get(path, what="less", add_on="address", pieces="1")
    staff.posts(looked, path, **asked_by(looked))
    after = text(staff.get(path))
    assert "It is taken off." in after and "credit." not in after


@pytest.mark.parametrize("pieces", ["0", "-1", "5", "1000000000", "two", "1.5", "١"])
def test_a_number_that_cannot_be_is_refused_in_words_and_changes_nothing(beside: Beside, pieces: str) -> None:
    words = {"address/more/": "can have 4 at most, in whole numbers.", "address/less/": "does not have so many of this add-on"}
    for path, said in words.items():
        seen = beside.looks(path, pieces=pieces)
        assert (seen.status_code, said in text(seen)) == (422, True)
        sent = beside.customer.browser.post(f"{beside.path}{path}", pieces=pieces, expected="1", **token(beside))
        assert sent.status_code in {422, 302}
    assert not Change.objects.exists()


@pytest.mark.parametrize("expected", ["", "x", "1e9", "9" * 40, "١٢", "-", "--1", "1"])
def test_an_amount_that_was_tampered_with_changes_nothing(beside: Beside, expected: str) -> None:
    answer = beside.confirms("address/more/", expected=expected)
    assert answer.status_code == 302
    assert not Change.objects.exists()


def test_an_unknown_name_and_another_form_are_refused(beside: Beside) -> None:
    assert beside.looks("nothing/more/").status_code == 422
    assert beside.looks("nothing/less/").status_code == 422
    assert beside.confirms("address/more/", price="1").status_code == 422
    assert not Change.objects.exists()


def token(beside: Beside) -> dict[str, str]:
    """What a form of this session carries besides."""
    page = beside.looks("address/more/", pieces="1")
    return {k: v for k, v in hidden(page, f"{beside.path}address/more/").items() if k not in {"pieces", "expected", "once"}}


def test_nobody_else_sees_or_touches_it(beside: Beside) -> None:
    stranger = a_customer(beside.customer.room)
    for path in ("", "address/more/", "address/less/"):
        assert stranger.browser.get(f"{beside.path}{path}").status_code == 404
        assert stranger.browser.post(f"{beside.path}{path}", pieces="1", expected="1").status_code in {403, 404, 405}
    assert not Change.objects.exists()


def test_a_service_that_ends_is_left_alone(beside: Beside) -> None:
    Subscription.objects.update(state="ending", ends_at=Subscription.objects.get().billed_to)
    assert "This service ends, and its add-ons with it." in text(beside.looks())
    assert beside.looks("address/more/").status_code in {409, 422}


def asked_by(page) -> dict[str, str]:
    """What the form hands back that asks whether a price is wanted."""
    form = next(each for each in re.findall(r"<form\b.*?</form>", text(page), re.S) if 'name="expected"' in each)
    return {k: v for k, v in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form) if k != "form_token"}


def test_staff_of_the_bills_add_and_take_off_and_that_stands_in_the_book(customer: Customer, beside: Beside, staff: Staff) -> None:
    mine = bought(customer, address(1))
    staff.signs_in("billing")
    path = f"/staff/services/{mine}/add-ons/"
    assert path in text(staff.get(f"/staff/accounts/{customer.room.account}/outlook/"))
    page = staff.get(path)
    assert "Fixed address" in text(page) and "We set it up for you" in text(page)
    looked = staff.get(path, what="more", add_on="address", pieces="2")
    assert " to pay<" in text(looked)
    fields = asked_by(looked)
    done = staff.posts(looked, path, **fields)
    assert done.status_code == 302
    change = Change.objects.get()
    assert (change.kind, change.state, change.invoice is not None) == ("add_on", "waiting", True)
    asked = entries_about(change.id, first=5)
    assert "subscriptions.add_on.asked" in {each.verb for each in asked}
    assert {each.role for each in asked if each.verb == "subscriptions.add_on.asked"} == {"billing"}
    again = staff.posts(looked, path, **{**fields, "once": "other"})
    assert again.status_code == 409 and "This was not done" in text(again)
    staff.posts(looked, path, what="back")
    assert Change.objects.get().state == "dropped"
    looked = staff.get(path, what="less", add_on="address", pieces="1")
    assert staff.posts(looked, path, **asked_by(looked)).status_code == 302
    assert not Part.objects.filter(subscription__service=mine, kind="add_on", ended_at=None).exists()


@pytest.mark.parametrize("sent", [
    {"what": "more", "add_on": "address", "pieces": "0", "expected": "0"},
    {"what": "more", "add_on": "address", "pieces": "-1", "expected": "0"},
    {"what": "more", "add_on": "address", "pieces": "1000000000", "expected": "0"},
    {"what": "more", "add_on": "nothing", "pieces": "1", "expected": "0"},
    {"what": "more", "add_on": "address", "pieces": "1", "expected": "x"},
    {"what": "less", "add_on": "address", "pieces": "2", "expected": "0"},
    {"what": "back"},
    {},
])  # fmt: skip
def test_what_staff_cannot_mean_is_said_on_the_page(customer: Customer, beside: Beside, staff: Staff, sent: dict) -> None:
    mine = bought(customer, address(1))
    staff.signs_in("owner")
    path = f"/staff/services/{mine}/add-ons/"
    answer = staff.posts(staff.get(path, what="more", add_on="address"), path, **sent)
    assert answer.status_code in {404, 409, 422}
    assert "This was not done" in text(answer)
    assert not Change.objects.exists()


def test_the_next_invoice_is_told_without_what_a_discount_takes_off(customer: Customer) -> None:
    off = Discount("Half", Money(150, EUR), rate=500_000, periods=3)
    page = text(customer.page(bought(customer, address(2), discount=off)))
    assert "€7.00 each month" in page
    assert re.search(r"Next invoice</dt><dd>[^<]*(?:<[^>]*>[^<]*)*?, €5\.50</dd>", page)


def test_a_change_is_told_by_what_the_plan_alone_costs_on_both_sides(customer: Customer) -> None:
    service = bought(customer, address(2))
    page = text(customer.browser.get(f"/account/services/{service}/change/0/"))
    assert re.search(r"You have</dt><dd>[^<]*, €3\.00 <span[^>]*>each month\s*</span></dd>", page)


def test_staff_see_until_when_what_is_gone_was_had(customer: Customer, beside: Beside, staff: Staff) -> None:
    mine = bought(customer, address(1))
    staff.signs_in("billing")
    path = f"/staff/services/{mine}/add-ons/"
    assert "Until" not in text(staff.get(path))
    looked = staff.get(path, what="less", add_on="address", pieces="1")
    staff.posts(looked, path, **asked_by(looked))
    gone = text(staff.get(path)).split("no longer there")[1]
    assert gone.count("<time") == 2 and 'data-l="Until"' in gone


def test_staff_see_that_an_unpaid_add_on_is_taken_back_and_no_more_of_it_once_they_did_so(
    customer: Customer, beside: Beside, staff: Staff
) -> None:
    """On the page of the whole account, together with what else comes."""
    mine, dropped = bought(customer, address(1)), "What was asked for is taken back; nothing is owed"
    staff.signs_in("billing")
    path, account = f"/staff/services/{mine}/add-ons/", f"/staff/accounts/{customer.room.account}/outlook/"
    assert dropped not in text(staff.get(account))
    looked = staff.get(path, what="more", add_on="address", pieces="1")
    staff.posts(looked, path, **asked_by(looked))
    invoice = Invoice.objects.get(id=Change.objects.get().invoice)
    agenda.enlist(InvoiceId(invoice.id), at=clock.now())  # as the news of the invoice does
    number, page = invoice.number, text(staff.get(account))
    assert dropped in page and number in page
    staff.posts(staff.get(path), path, what="back")
    page = text(staff.get(account))
    assert dropped not in page and number not in page
    assert path in page, "the service itself stays"
