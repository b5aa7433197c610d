"""Changes while one term runs out and another is billed ahead: each period is reckoned at its own term's prices."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from hostkeep.billing.actions.by_hand import Taken, record_by_hand
from hostkeep.billing.events import InvoicePaid
from hostkeep.billing.models import Invoice, InvoiceLine
from hostkeep.billing.queries.invoices import sheet
from hostkeep.flows import add_ons, changing, renewing
from hostkeep.kernel.ids import BrandId, InvoiceId
from hostkeep.kernel.period import Period, months_after
from hostkeep.kernel.terms import Term
from hostkeep.shop.actions.loading import load_catalogue
from hostkeep.subscriptions.actions.changing import align
from hostkeep.subscriptions.models import Change, Part
from hostkeep.subscriptions.models import Period as PeriodModel
from tests.conftest import NOON, make_act
from tests.flows.test_promoting import BRAND, Buyer, at, buys, makes

pytestmark = pytest.mark.django_db(databases="__all__")
ZONE = ZoneInfo("Europe/Amsterdam")

CATALOGUE = """schema: hostkeep-catalogue/1
groups:
- slug: passes
  name: Passes
  products:
  - slug: pass
    name: Pass
    driver: manual
    plans:
    - {slug: weekly, days: 7, prices: {EUR: 250, USD: 290}}
    - {slug: monthly, months: 1, prices: {EUR: 800, USD: 900}}
    add_ons: &add_ons
    - slug: spare
      name: Spare
      most: 5
      prices: {EUR: 60, USD: 70}
      terms: [{days: 7, prices: {EUR: 20, USD: 25}}]
  - slug: big
    name: Big pass
    driver: manual
    plans:
    - {slug: weekly, days: 7, prices: {EUR: 501, USD: 600}}
    - {slug: monthly, months: 1, prices: {EUR: 1700, USD: 1900}}
    add_ons:
    - slug: spare
      name: Spare
      most: 5
      prices: {EUR: 93, USD: 99}
      terms: [{days: 7, prices: {EUR: 31, USD: 35}}]
  - slug: grand
    name: Grand pass
    driver: manual
    plans:
    - {slug: monthly, months: 1, prices: {EUR: 3000, USD: 3300}}
"""
WEEK, MONTH_DAYS = 7, 31


@pytest.fixture
def pair(db: None) -> Buyer:
    """Who has a week that is not over, and a month after it that is billed and paid."""
    load_catalogue(make_act("owner", "site_administration", brand=BRAND), brand=BrandId(BRAND), text=CATALOGUE)
    return with_a_month_ahead()


def with_a_month_ahead(buyer: Buyer | None = None) -> Buyer:
    buyer = buyer or buys("pass", "weekly", code="")
    buyer.pays()
    buyer.runs()
    asks(buyer, 1, offered(buyer, 1, "pass", "term"))
    due = make_act(brand="", at=buyer.row.renew_at)
    changing.sweep_due(due)
    renewing.renew_due(due)
    assert (buyer.row.calendar.term, spans(buyer)) == (Term("month", 1), [week(), month()])
    pays_all(buyer, 4)
    return buyer


def week() -> Period:
    return Period(NOON, at(WEEK))


def month() -> Period:
    """Clocks change in it: it ends an hour sooner."""
    return Period(at(WEEK), months_after(at(WEEK).astimezone(ZONE), 1))


def spans(buyer: Buyer) -> list[Period]:
    return [Period(*each) for each in PeriodModel.objects.filter(subscription=buyer.row.id).order_by("starts_at").values_list("starts_at", "ends_at")]


def offered(buyer: Buyer, days: float, product: str, kind: str) -> changing.Offer:
    act = make_act("customer", "service", brand=BRAND, at=at(days))
    found = changing.offers(act, of=buyer.account, service=buyer.service, language="en")
    (offer,) = [each for each in found if (each.move.product, each.change.kind) == (product, kind)]
    return offer


def asks(buyer: Buyer, days: float, offer: changing.Offer) -> Any:
    act = make_act("customer", "service", brand=BRAND, at=at(days))
    wish = (offer.move.product, offer.move.plan, offer.move.choices)
    return changing.ask(
        act, of=buyer.account, service=buyer.service, wish=wish, expected=offer.expected, once=uuid4().hex
    )


def pays_all(buyer: Buyer, days: float) -> None:
    """Everything that is owed is paid, and what is paid for holds."""
    for row in Invoice.objects.filter(account=buyer.account, kind="invoice").order_by("issued_at"):
        owed = sheet(InvoiceId(row.id), of=buyer.account).owed
        if owed.minor > 0:
            given = Taken(owed, "cash", NOON.date(), uuid4().hex)
            record_by_hand(make_act("billing", "billing", brand=BRAND, at=at(days)), invoice=InvoiceId(row.id), taken=given)
            changing.on_invoice_paid(
                make_act(brand=BRAND, at=at(days)), InvoicePaid(InvoiceId(row.id), buyer.account)
            )


def left(price: int, days: int, of: int) -> int:
    """What the last days of a period cost, to the nearest cent: no tie comes up in these tests."""
    exact = Fraction(price * days, of)
    assert exact % 1 != Fraction(1, 2)
    return round(exact)


def shares(offer: changing.Offer) -> list[tuple[Period, int, int]]:
    return [(each.billed, each.turn.back.minor, each.turn.pay.minor) for each in offer.change.shares]


@pytest.mark.parametrize(("days", "rest"), [(4, 3), (4.5, 2), (6.9, 0)])
def test_the_rest_of_a_week_is_reckoned_by_the_week_and_the_month_after_it_by_the_month(
    pair: Buyer, days: float, rest: int
) -> None:
    offer = offered(pair, days, "big", "upgrade")
    assert shares(offer) == [(week(), left(250, rest, 7), left(501, rest, 7)), (month(), 800, 1700)]
    assert offer.change.due.minor == left(501, rest, 7) - left(250, rest, 7) + 900
    asks(pair, days, offer)
    invoice = Invoice.objects.get(id=Change.objects.get(state="waiting").invoice)
    lines = InvoiceLine.objects.filter(invoice=invoice).order_by("position")
    billed = [(row.starts_at, row.ends_at, row.unit_minor) for row in lines]
    first = [(at(days), at(7), left(501, rest, 7) - left(250, rest, 7))] if rest else []
    assert billed == [*first, (month().start, month().end, 900)]


def test_there_and_back_costs_nothing_and_a_day_later_the_day(pair: Buyer) -> None:
    up = offered(pair, 4, "big", "upgrade")
    asks(pair, 4, up)
    pays_all(pair, 4)
    assert offered(pair, 4, "pass", "downgrade").change.back == up.change.due
    down = offered(pair, 5, "pass", "downgrade")
    assert shares(down) == [(week(), left(501, 2, 7), left(250, 2, 7)), (month(), 1700, 800)]
    asks(pair, 5, down)
    notes = Invoice.objects.filter(account=pair.account, kind="credit_note")
    assert sum(row.net_minor for row in notes) == down.change.back.minor
    assert sum(row.gross_minor for row in notes) == down.given.minor
    again = offered(pair, 5, "big", "upgrade")
    assert again.change.due == down.change.back


def test_once_the_week_is_over_the_month_alone_counts_and_the_next_is_billed_at_its_price(pair: Buyer) -> None:
    asks(pair, 4, offered(pair, 4, "big", "upgrade"))
    pays_all(pair, 4)
    down = offered(pair, 8, "pass", "downgrade")
    assert shares(down) == [(month(), left(1700, 30, 31), left(800, 30, 31))]
    renewing.renew_due(make_act(brand="", at=pair.row.renew_at))
    assert pair.bills() == [800, 1700]


def test_paid_after_the_week_it_holds_for_the_month(pair: Buyer) -> None:
    asks(pair, 6, offered(pair, 6, "big", "upgrade"))
    pays_all(pair, 9)
    down = offered(pair, 9, "pass", "downgrade")
    assert shares(down) == [(month(), left(1700, 29, 31), left(800, 29, 31))]


def test_what_is_not_sold_by_the_week_costs_its_days(pair: Buyer) -> None:
    by_days = left(3000, 7, 31)
    offer = offered(pair, 4, "grand", "upgrade")
    assert shares(offer) == [(week(), left(250, 3, 7), left(by_days, 3, 7)), (month(), 800, 3000)]
    asks(pair, 4, offer)
    pays_all(pair, 4)
    assert offered(pair, 4, "pass", "downgrade").change.back == offer.change.due


def beside(buyer: Buyer, days: float, what: str, pieces: int) -> int:
    """Add pieces of the add-on, or take some off; return what it came to."""
    act = make_act("customer", "service", brand=BRAND, at=at(days))
    own = {"of": buyer.account, "service": buyer.service, "wish": ("spare", pieces)}
    if what == "more":
        due = add_ons.quote_more(act, **own, language="en").due.minor
        add_ons.add(act, **own, expected=due, once=uuid4().hex)
        pays_all(buyer, days)
    else:
        due = add_ons.quote_less(act, **own).due.minor
        add_ons.take_off(act, **own, expected=due, once=uuid4().hex)
    return due


def test_an_add_on_costs_its_days_of_the_week_and_the_month(pair: Buyer) -> None:
    assert beside(pair, 4, "more", 2) == left(40, 3, 7) + 120
    assert beside(pair, 4, "less", 2) == -(left(40, 3, 7) + 120)
    assert beside(pair, 4, "more", 1) == left(20, 3, 7) + 60
    assert beside(pair, 5, "less", 1) == -(left(20, 2, 7) + 60)
    assert beside(pair, 8, "more", 1) == left(60, 30, 31)


def test_one_that_was_had_before_is_given_back_as_it_was_billed(db: None) -> None:
    load_catalogue(make_act("owner", "site_administration", brand=BRAND), brand=BrandId(BRAND), text=CATALOGUE)
    buyer = buys("pass", "weekly", code="")
    buyer.pays()
    buyer.runs()
    assert beside(buyer, 0, "more", 3) == 60
    asks(buyer, 1, offered(buyer, 1, "pass", "term"))
    due = make_act(brand="", at=buyer.row.renew_at)
    changing.sweep_due(due)
    renewing.renew_due(due)
    assert buyer.bills() == [980]
    pays_all(buyer, 4)
    offer = offered(buyer, 4, "big", "upgrade")
    assert shares(offer) == [
        (week(), left(250, 3, 7) + left(60, 3, 7), left(501, 3, 7) + left(93, 3, 7)), (month(), 980, 1979),
    ]  # fmt: skip
    asks(buyer, 4, offer)
    pays_all(buyer, 4)
    assert beside(buyer, 5, "less", 3) == -(left(93, 2, 7) + 279)


def test_no_part_of_it_is_lost_or_had_twice(pair: Buyer) -> None:
    """At each moment one plan holds, whatever was changed into what."""
    asks(pair, 4, offered(pair, 4, "big", "upgrade"))
    pays_all(pair, 4)
    asks(pair, 5, offered(pair, 5, "grand", "upgrade"))
    pays_all(pair, 5)
    asks(pair, 6, offered(pair, 6, "pass", "downgrade"))
    held = {}
    for days in (0.5, 4.5, 5.5, 6.5, 7.5, 20):
        holding = [
            part.unit_minor for part in Part.objects.filter(subscription=pair.row.id, kind="plan")
            if part.started_at <= at(days) and (part.ended_at is None or part.ended_at > at(days))
        ]  # fmt: skip
        held[days] = holding
    assert held == {0.5: [250], 4.5: [501], 5.5: [left(3000, 7, 31)], 6.5: [250], 7.5: [800], 20: [800]}
    assert pair.row.price.minor == 800


def test_who_has_a_day_of_the_month_and_takes_weeks_has_weeks(db: None) -> None:
    load_catalogue(make_act("owner", "site_administration", brand=BRAND), brand=BrandId(BRAND), text=CATALOGUE)
    buyer = buys("pass", "monthly", code="")
    buyer.pays()
    buyer.runs()
    system: datetime = NOON
    align(make_act("customer", "service", brand=BRAND, at=system), subscription=buyer.row.id, of=buyer.account, day=15)
    asks(buyer, 1, offered(buyer, 1, "pass", "term"))
    due = make_act(brand="", at=buyer.row.renew_at)
    changing.sweep_due(due)
    renewing.renew_due(due)
    last = spans(buyer)[-1]
    assert (last.end.astimezone(ZONE).date() - last.start.astimezone(ZONE).date()).days == 7
    assert buyer.row.next_period.start == last.end


def test_what_a_code_takes_off_both_periods_is_the_same_before_and_after(db: None) -> None:
    """Off something dearer it takes no more than it did off what each was billed for."""
    load_catalogue(make_act("owner", "site_administration", brand=BRAND), brand=BrandId(BRAND), text=CATALOGUE)
    makes(kind="percent", value=500_000, periods=None)
    buyer = with_a_month_ahead(buys("pass", "weekly"))
    assert buyer.bills() == [400]
    up = offered(buyer, 4, "big", "upgrade")
    assert up.change.shares[1].turn.due.minor == 900
    asks(buyer, 4, up)
    pays_all(buyer, 4)
    assert offered(buyer, 4, "pass", "downgrade").change.back == up.change.due
