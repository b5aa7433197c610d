"""An add-on that the catalogue has no more stays with who has it: at its own price, also for another term."""

from __future__ import annotations

import pytest

from hostkeep.flows import changing, renewing
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.terms import Term
from hostkeep.shop.actions.loading import load_catalogue
from hostkeep.subscriptions.models import Part
from tests.conftest import make_act
from tests.flows.test_earlier_terms import MONTH_DAYS, WEEK, asks, beside, left, offered, pays_all
from tests.flows.test_promoting import BRAND, Buyer, at, buys

pytestmark = pytest.mark.django_db(databases="__all__")

PLANS = """schema: hostkeep-catalogue/1
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
    - {slug: yearly, months: 12, prices: {EUR: 9000, USD: 9900}}
"""
SPARE = """    add_ons:
    - slug: spare
      name: Spare
      most: 9
      prices: {EUR: 61, USD: 70}
      terms: [{days: 7, prices: {EUR: 20, USD: 25}}]
"""
OTHER = """  - slug: big
    name: Big pass
    driver: manual
    plans:
    - {slug: weekly, days: 7, prices: {EUR: 501, USD: 600}}
"""


def loads(text: str) -> None:
    load_catalogue(make_act("owner", "site_administration", brand=BRAND), brand=BrandId(BRAND), text=text)


def has_three(plan: str) -> Buyer:
    """Who has three pieces of an add-on that is not sold any more."""
    loads(PLANS + SPARE + OTHER)
    buyer = buys("pass", plan, code="")
    buyer.pays()
    buyer.runs()
    beside(buyer, 0, "more", 3)
    loads(PLANS + OTHER)
    return buyer


def turns(buyer: Buyer, to: Term) -> changing.Offer:
    act = make_act("customer", "service", brand=BRAND, at=at(1))
    found = changing.offers(act, of=buyer.account, service=buyer.service, language="en")
    offer = next(each for each in found if each.move.term == to)
    asks(buyer, 1, offer)
    due = make_act(brand="", at=buyer.row.renew_at)
    changing.sweep_due(due)
    renewing.renew_due(due)
    return offer


def said(offer: changing.Offer) -> tuple:
    stays = [(each.title, each.pieces, each.price.minor, each.was.minor) for each in offer.beside.stays]
    return stays, offer.beside.goes


@pytest.mark.parametrize(("plan", "to", "unit", "was", "plain"), [
    ("weekly", Term("month", 1), left(20, MONTH_DAYS, WEEK), 20, 800),
    ("monthly", Term("month", 12), 12 * 61, 61, 9000),
    ("monthly", Term("day", 7), left(61, WEEK, 30), 61, 250),
], ids=["weeks for a month", "a month for a year", "a month for weeks"])  # fmt: skip
def test_it_stays_by_another_term_at_what_its_own_price_comes_to(
    db, plan: str, to: Term, unit: int, was: int, plain: int
) -> None:
    buyer = has_three(plan)
    offer = turns(buyer, to)
    assert said(offer) == ([("Spare", 3, 3 * unit, 3 * was)], ())
    assert buyer.bills() == [plain + 3 * unit]
    assert buyer.row.price.minor == plain + 3 * unit


def test_until_the_other_term_begins_it_is_given_back_as_it_was_billed(db) -> None:
    buyer = has_three("weekly")
    turns(buyer, Term("month", 1))
    pays_all(buyer, 4)
    assert beside(buyer, 4, "less", 3) == -(left(60, 3, 7) + 3 * left(20, MONTH_DAYS, WEEK))


def test_pieces_at_two_prices_stay_at_the_lower_one(db) -> None:
    buyer = has_three("monthly")
    Part.objects.filter(kind="add_on").update(quantity=2, unit_minor=55)
    loads(PLANS + SPARE + OTHER)
    beside(buyer, 0, "more", 1)
    loads(PLANS + OTHER)
    stays, _ = said(turns(buyer, Term("month", 12)))
    assert sorted(stays) == [("Spare", 1, 12 * 55, 61), ("Spare", 2, 2 * 12 * 55, 2 * 55)]
    assert buyer.bills() == [9000 + 3 * 12 * 55]


def test_what_is_still_sold_has_the_price_of_today(db) -> None:
    buyer = has_three("weekly")
    loads(PLANS + SPARE + OTHER)
    assert said(turns(buyer, Term("month", 1))) == ([("Spare", 3, 3 * 61, 60)], ())
    assert buyer.bills() == [800 + 3 * 61]


def test_another_product_has_it_not_and_says_so_and_gives_it_back(db) -> None:
    buyer = has_three("weekly")
    offer = offered(buyer, 1, "big", "upgrade")
    assert said(offer) == ([], ("Spare",))
    assert offer.change.due.minor == left(501, 6, 7) - left(250, 6, 7) - left(60, 6, 7)
