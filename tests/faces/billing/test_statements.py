"""A statement of account: for its customer and for staff, as a page, CSV and PDF, between two days; nobody else's."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from hostkeep.billing.actions.correcting import credit_whole
from hostkeep.billing.actions.crediting import give_credit, use_credit
from hostkeep.billing.actions.receiving import match_payment, record_transfer
from hostkeep.billing.actions.releasing import release_payment
from hostkeep.billing.queries import account_statement
from hostkeep.billing.transfers import Transfer
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.runtime import clock
from tests.faces.billing.conftest import Customer, a_customer
from tests.faces.billing.test_staff_payments import staff
from tests.rooms.billing.making import billing_act, line

PAGE = "/account/statement/"
ZONE = ZoneInfo("Europe/Amsterdam")


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def day(ago: int) -> str:
    return (clock.now() - timedelta(days=ago)).astimezone(ZONE).date().isoformat()


def act(ago: int):
    return billing_act(role="billing", at=clock.now() - timedelta(days=ago))


def gives(who: Customer, minor: int, *, ago: int, currency=EUR) -> None:
    give_credit(act(ago), account=who.buyer.account, amount=Money(minor, currency), kind="gift", once=uuid4().hex, reason="goodwill")


def pays(issued, minor: int, *, ago: int) -> None:
    day = (clock.now() - timedelta(days=ago)).date()
    came = record_transfer(act(ago), transfer=Transfer("bank_transfer", uuid4().hex, Money(minor, EUR), day, frozenset()))
    match_payment(act(ago), payment=came.booked.payment, invoice=issued.id)
    return came.booked.payment


def rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def lived(who: Customer) -> dict:
    """Forty days of an account: what it was charged, paid, given and used, in two currencies."""
    first = who.owes(days_ago=40)
    pays(first, 3000, ago=38)
    second = who.owes(line(5000), days_ago=20)
    use_credit(act(15), account=who.buyer.account, invoice=second.id, once=uuid4().hex)
    note = credit_whole(act(10), invoice=second.id, reason="cancelled", once=uuid4().hex)
    gives(who, 700, ago=5, currency=USD)
    return {"first": first, "second": second, "note": note}


def of(who: Customer, since: int, until: int, tail: str = ""):
    return who.browser.get(f"{PAGE}{tail}?since={day(since)}&until={day(until)}")


def test_all_that_moved_stands_in_it_and_adds_up(ann: Customer) -> None:
    had = lived(ann)
    found = rows(of(ann, 60, 0, "csv/"))
    euros = [(row["kind"], row["charged"], row["settled"], row["credit_used"], row["balance"]) for row in found if row["currency"] == "EUR"]
    assert euros == [
        ("opening", "", "", "", "0.00"), ("invoice", "24.08", "", "", "24.08"), ("payment", "", "30.00", "", "-5.92"),
        ("invoice", "60.50", "", "", "54.58"), ("used", "", "", "5.92", "54.58"), ("credit_note", "", "60.50", "", "-5.92"),
        ("closing", "84.58", "90.50", "", "-5.92"),
    ]  # fmt: skip
    dollars = [(row["kind"], row["settled"], row["balance"]) for row in found if row["currency"] == "USD"]
    assert dollars == [("opening", "", "0.00"), ("gift", "7.00", "-7.00"), ("closing", "7.00", "-7.00")]
    assert [row["documents"] for row in found if row["kind"] == "payment"] == [had["first"].number]
    page = text_of(of(ann, 60, 0))
    for said in (had["first"].number, had["second"].number, "€5.92 held as credit.", "Payment (Bank transfer)", "Given by us (Goodwill)"):
        assert said in page, said


def test_days_cut_it_and_what_was_before_is_brought_forward(ann: Customer) -> None:
    lived(ann)
    found = [row for row in rows(of(ann, 30, 12, "csv/")) if row["currency"] == "EUR"]
    assert [(row["kind"], row["balance"]) for row in found] == [
        ("opening", "-5.92"), ("invoice", "54.58"), ("used", "54.58"), ("closing", "54.58"),
    ]  # fmt: skip
    assert (found[0]["day"], found[-1]["day"]) == (day(30), day(12))
    assert "€54.58 to pay." in text_of(of(ann, 30, 12))
    assert "Nothing moved in these days" in text_of(of(ann, 400, 390))


def test_a_day_is_the_brands_own(ann: Customer) -> None:
    """What was booked a minute before midnight in Amsterdam belongs to that day, whatever day it is in UTC."""
    today = clock.now().astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    before = int((clock.now() - (today - timedelta(minutes=1))).total_seconds())
    give_credit(
        billing_act(role="billing", at=clock.now() - timedelta(seconds=before)), account=ann.buyer.account, amount=Money(100, EUR),
        kind="gift", once=uuid4().hex, reason="goodwill",
    )  # fmt: skip
    yesterday = (today - timedelta(hours=3)).date().isoformat()
    told = rows(ann.browser.get(f"{PAGE}csv/?since={yesterday}&until={yesterday}"))
    assert [row["day"] for row in told if row["kind"] == "gift"] == [yesterday]
    assert [row["kind"] for row in rows(ann.browser.get(f"{PAGE}csv/?since={today.date()}&until={today.date()}"))] == ["opening", "closing"]


def test_a_payment_that_was_taken_off_again_is_told_both_ways(ann: Customer) -> None:
    payment = pays(ann.owes(days_ago=9), 2408, ago=8)
    release_payment(act(7), payment=payment)
    found = [(row["kind"], row["balance"]) for row in rows(of(ann, 20, 0, "csv/"))]
    assert found == [("opening", "0.00"), ("invoice", "24.08"), ("payment", "0.00"), ("released", "24.08"), ("closing", "24.08")]


@pytest.mark.parametrize("asked", ["since=2026-02-30", "since=soon", "since=2026-05-02&until=2026-05-01", "until=9999-12-31"])
def test_days_that_there_are_not_are_said_so(ann: Customer, asked: str) -> None:
    lived(ann)
    answer = ann.browser.get(f"{PAGE}?{asked}")
    assert answer.status_code == 422
    assert "One thing to put right" in text_of(answer)
    for tail in ("csv/", "pdf/"):  # a file of other days would be taken for theirs
        answer = ann.browser.get(f"{PAGE}{tail}?{asked}")
        assert (answer.status_code, "Choose days that there are" in text_of(answer)) == (422, True)


def test_more_than_a_page_holds_is_asked_for_in_parts(ann: Customer, monkeypatch) -> None:
    lived(ann)
    monkeypatch.setattr(account_statement, "MOST_ROWS", 2)
    answer = of(ann, 60, 0)
    assert (answer.status_code, "Choose fewer days" in text_of(answer)) == (422, True)
    assert of(ann, 60, 0, "csv/").status_code == 422


def test_it_is_printed(ann: Customer) -> None:
    lived(ann)
    answer = of(ann, 60, 0, "pdf/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert f"-{day(60)}-{day(0)}.pdf" in answer["Content-Disposition"]
    assert of(ann, 400, 390, "pdf/").content.startswith(b"%PDF-")


def test_everybody_has_their_own_and_staff_who_look_after_money_see_it(ann: Customer) -> None:
    had = lived(ann)
    ben = a_customer("vps6")
    assert had["first"].number not in text_of(of(ben, 60, 0))
    assert a_visitor_is_sent_to_sign_in()
    address = f"/staff/accounts/{ann.buyer.account}/statement/"
    member = staff()
    answer = member.get(address, since=day(60), until=day(0))
    assert had["first"].number in text_of(answer)
    assert rows(member.get(f"{address}csv/", since=day(60), until=day(0))) == rows(of(ann, 60, 0, "csv/"))
    assert member.get(f"{address}pdf/", since=day(60), until=day(0)).content.startswith(b"%PDF-")
    assert member.get(f"/staff/accounts/{uuid4()}/statement/").status_code == 404
    refused = staff("support").get(address)
    assert refused.status_code in (403, 404) and had["first"].number not in text_of(refused)


def a_visitor_is_sent_to_sign_in() -> bool:
    from tests.faces.shop.conftest import Browser

    return all(Browser("vps6").get(f"{PAGE}{tail}").status_code in (302, 403, 404) for tail in ("", "csv/", "pdf/"))


def test_nothing_of_a_person_and_nothing_that_was_bought_is_in_it(ann: Customer) -> None:
    lived(ann)
    for answer in (of(ann, 60, 0), of(ann, 60, 0, "csv/")):
        assert "Server V-4" not in text_of(answer) and "Åberg" not in text_of(answer)
