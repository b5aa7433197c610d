"""Cash, a cheque, another way: staff write down once what they were given, where the policy names that way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.http import HttpResponse

from hostkeep.adapters.gateways.manual.gateway import ByHand
from hostkeep.billing.actions.by_hand import Taken, record_by_hand
from hostkeep.billing.calls import gateways
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.errors.payments import BadByHand
from hostkeep.billing.models import Payment
from hostkeep.billing.queries.invoices import sheet
from hostkeep.kernel.money import EUR, Money
from hostkeep.ledger import book
from hostkeep.runtime import clock
from tests.cards import BRAND, load_card_brand
from tests.conftest import NOON
from tests.faces.billing.test_staff_payments import staff
from tests.faces.shop.conftest import hidden, text
from tests.rooms.billing.making import Buyer, billing_act

PAGE = "/staff/payments/by-hand/"


@pytest.fixture
def buyer(db, tmp_path: Path):
    load_card_brand(tmp_path)
    before = list(gateways._make)
    gateways.carry_with(lambda name, _: {"manual": ByHand()}.get(name))
    yield Buyer(BRAND)
    gateways._make[:] = before


def writes(member, number: str, *, page: HttpResponse | None = None, **over: str) -> HttpResponse:
    said = {"brand": BRAND, "number": number, "amount": "24.08", "how": "cash", "day": f"{clock.now():%Y-%m-%d}"}
    shown = page or member.get(PAGE)
    return member.posts(shown, PAGE, **{**hidden(shown, PAGE), **said, **over})


def test_cash_pays_an_invoice_once_however_often_it_is_sent(buyer: Buyer) -> None:
    member, issued = staff(), buyer.owes()
    page = member.get(PAGE)

    for _ in range(2):
        assert writes(member, issued.number, page=page).status_code == 302

    assert sheet(issued.id, of=buyer.account).is_paid
    [payment] = Payment.objects.all()
    assert (payment.gateway, payment.minor, payment.proof.partition("/")[0]) == ("manual", 2408, "cash")
    assert book.balance(f"gateway:{BRAND}:manual", EUR) == Money(2408, EUR)
    assert f"Written down for {issued.number}." in text(member.get("/staff/payments/"))


def test_a_number_with_a_sign_that_no_text_has_is_no_invoices(buyer: Buyer) -> None:
    answer = writes(staff(), "\0")
    assert (answer.status_code, "no such invoice" in text(answer)) == (422, True)


def test_a_form_that_is_filled_in_anew_is_not_taken_for_the_old_one(buyer: Buyer) -> None:
    member, issued, other = staff(), buyer.owes(), buyer.owes()
    page = member.get(PAGE)
    assert writes(member, issued.number, page=page).status_code == 302

    for over in ({"amount": "5.00"}, {"number": other.number}):
        number = over.pop("number", issued.number)
        assert writes(member, number, page=page, **over).status_code == 422

    assert [payment.minor for payment in Payment.objects.all()] == [2408]
    assert not sheet(other.id, of=buyer.account).is_paid


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"number": "EV-1999-000001"}, "no such invoice"), ({"amount": "1.001"}, "Write an amount"),
        ({"amount": "-5"}, "Write an amount"), ({"amount": "0"}, "Write an amount"), ({"amount": "9" * 13}, "Write an amount"),
        ({"day": "2099-12-31"}, "not one to come"), ({"day": "31.12."}, "Write the day"), ({"how": "gold"}, "how it was given"),
        ({"once": "x" * 65}, "Open the page anew"), ({"once": "Å"}, "Open the page anew"),
    ],
)  # fmt: skip
def test_what_cannot_have_been_given_is_not_written_down(buyer: Buyer, over: dict[str, str], said: str) -> None:
    issued = buyer.owes()
    answer = writes(staff(), over.get("number", issued.number), **{k: v for k, v in over.items() if k != "number"})
    assert answer.status_code == 422
    assert said in text(answer)
    assert not Payment.objects.exists()


def test_a_policy_that_does_not_name_this_way_refuses_it(buyer: Buyer) -> None:
    issued = Buyer("vpn").owes()
    answer = writes(staff(), issued.number, brand="vpn")
    assert answer.status_code == 422
    assert "VPN-5" in text(answer)
    assert not Payment.objects.exists()


def test_who_may_not_handle_money_does_not_see_the_page(buyer: Buyer) -> None:
    member = staff("support")
    assert member.get(PAGE).status_code in {403, 404}


def test_another_brands_invoice_and_a_day_to_come(buyer: Buyer) -> None:
    taken = Taken(Money(5, EUR), "cheque", NOON.date(), "k")
    with pytest.raises(NoSuchInvoice):
        record_by_hand(billing_act("vps6"), invoice=buyer.owes().id, taken=taken)
    late = Taken(Money(5, EUR), "cheque", NOON.date() + timedelta(days=1), "k")
    with pytest.raises(BadByHand):
        record_by_hand(billing_act(BRAND), invoice=buyer.owes().id, taken=late)


@pytest.mark.parametrize(("brand", "hour", "ahead", "taken"), [
    ("vietnam-server", 20, 1, True), ("vietnam-server", 20, 2, False), ("vpsfast", 2, -1, True), ("vpsfast", 2, 0, False),
])  # fmt: skip
def test_today_is_that_of_the_brands_zone(db, brand: str, hour: int, ahead: int, taken: bool) -> None:
    """At 20:00 UTC it is tomorrow in Ho Chi Minh City, at 2:00 UTC still yesterday in New York."""
    at = NOON.replace(hour=hour) + timedelta(days=1)
    buyer = Buyer(brand)
    issued = buyer.owes(at=at)
    given = Taken(Money(100, EUR), "cash", at.date() + timedelta(days=ahead), "one")
    act = billing_act(brand, at, "billing")
    if taken:
        record_by_hand(act, invoice=issued.id, taken=given)
        assert Payment.objects.get().booked_on == given.day
    else:
        with pytest.raises(BadByHand):
            record_by_hand(act, invoice=issued.id, taken=given)
