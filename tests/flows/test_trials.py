"""A trial from the catalogue to the books: an order over nothing, free days, and the first term when they are over."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostkeep.billing.models import Invoice
from hostkeep.flows import cancelling, checkout, renewing
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, CartId
from hostkeep.kernel.money import EUR, Money
from hostkeep.people.queries import account as account_row
from hostkeep.shop.actions.carting import Wish, add_line, open_cart
from hostkeep.shop.actions.loading import load_catalogue
from hostkeep.shop.errors import PriceChanged, PromoNotForThese
from hostkeep.shop.models import Order, OrderLine
from hostkeep.subscriptions.models import Period, Subscription
from tests.conftest import NOON, make_act
from tests.flows.test_promoting import BRAND, Buyer, at, buys, fills, makes, seen

SHIPPED = (Path(__file__).parents[2] / "brands" / BRAND / "catalogue.yaml").read_text()
MONTHLY = "{slug: monthly, months: 1,"


def loads(days: int | None) -> None:
    """The brand's catalogue, its monthly plans with so many days of trial, or as it is shipped."""
    assert MONTHLY in SHIPPED
    text = SHIPPED if days is None else SHIPPED.replace(MONTHLY, f"{MONTHLY} trial: {{days: {days}}},")
    load_catalogue(make_act("owner", "site_administration", brand=BRAND), brand=BrandId(BRAND), text=text)


@pytest.fixture
def tried(db: None) -> None:
    loads(14)


def again(account: AccountId, product: str = "hexa-m") -> tuple[Act, CartId]:
    act = make_act("customer", "order", brand=BRAND, own=account_row(account).subject)
    cart = open_cart(act, currency="EUR", account=None).cart
    add_line(act, cart=cart, wish=Wish(product, "monthly", {}, {}, 1))
    return act, cart


def runs_to(days: float) -> None:
    for day in range(int(days) + 1):
        renewing.renew_due(make_act(brand="", at=at(day)))


def billed(buyer: Buyer) -> list[tuple[datetime, datetime]]:
    return list(Period.objects.filter(subscription=buyer.row.id).order_by("starts_at").values_list("starts_at", "ends_at"))


def test_the_order_is_over_nothing_and_is_built_at_once(tried: None) -> None:
    buyer = buys(code="")
    assert (buyer.sheet.gross, buyer.sheet.is_paid) == (Money(0, EUR), True)
    assert Order.objects.get(id=buyer.order).total_minor == 0
    line = OrderLine.objects.get(order_id=buyer.order)
    assert (line.trial_days, line.recurring_minor > 0) == (14, True)
    assert Subscription.objects.get(account=buyer.account).trial_to is not None


def test_the_first_term_is_billed_for_the_time_after_the_trial_with_the_brands_lead(tried: None) -> None:
    buyer = buys(code="")
    buyer.runs()
    assert (str(buyer.row.state.value), buyer.row.trial_to) == ("trial", at(14))
    price = OrderLine.objects.get(order_id=buyer.order).recurring_minor
    runs_to(13)
    assert buyer.bills() == [price]
    renewal = Invoice.objects.get(account=buyer.account, once__startswith="renewal:")
    assert renewal.due_at == at(14)
    assert billed(buyer)[0][0] == at(14)
    runs_to(40)
    assert buyer.bills() == [price, price]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.integers(1, 60), months=st.integers(0, 3))
def test_no_period_is_billed_in_a_trial(db: None, days: int, months: int) -> None:
    loads(days)
    buyer = buys(code="")
    buyer.runs()
    runs_to(days + 31 * months)
    assert buyer.row.trial_to == at(days)
    periods = billed(buyer)
    assert all(start >= at(days) for start, _ in periods)
    assert all(before[1] == after[0] for before, after in zip(periods, periods[1:], strict=False))
    assert sum(buyer.bills()) == len(periods) * OrderLine.objects.get(order_id=buyer.order).recurring_minor


def test_who_ends_it_in_the_trial_owes_nothing(tried: None) -> None:
    buyer = buys(code="")
    buyer.runs()
    runs_to(6)
    assert buyer.bills() == []
    runs_to(7)
    assert len(buyer.bills()) == 1  # billed ahead, by half of the trial: less than the brand's lead
    act = make_act("customer", "service", brand=BRAND, at=at(8), own=account_row(buyer.account).subject)
    cancelling.cancel_at_end(act, of=buyer.account, service=buyer.service)
    assert buyer.row.ends_at == at(14)
    runs_to(60)
    net = sum(row.net_minor * (-1 if row.kind == "credit_note" else 1) for row in Invoice.objects.filter(account=buyer.account))
    assert net == 0


def test_a_product_is_tried_once_by_a_customer(tried: None) -> None:
    buyer = buys(code="")
    act, cart = again(buyer.account)
    assert seen(act, cart, buyer.account).minor > 0
    act, cart = again(buyer.account, "hexa-s")
    assert seen(act, cart, buyer.account).minor == 0
    other = buys(code="")
    assert other.sheet.gross.minor == 0


def test_who_saw_a_trial_that_is_taken_by_now_is_refused_and_nothing_is_written(tried: None) -> None:
    """A guest's cart shows a trial; that its owner had one is known once they sign in and order."""
    buyer = buys(code="")
    act, cart = again(buyer.account)
    with pytest.raises(PriceChanged):
        checkout.place_order(
            act, cart=cart, account=buyer.account, expected=Money(0, EUR), once=uuid4().hex, answers={}
        )
    assert Order.objects.filter(account_id=buyer.account).count() == 1


def test_it_is_for_one_piece(tried: None) -> None:
    act, cart, account = fills(quantity=2, code="")
    assert seen(act, cart, account).minor > 0


def test_of_two_lines_of_a_product_one_is_free(tried: None) -> None:
    act, cart, account = fills(code="")
    one = seen(act, cart, account).minor
    add_line(act, cart=cart, wish=Wish("hexa-m", "monthly", {"city": "frankfurt"}, {}, 1))
    both = seen(act, cart, account)
    assert (one, both.minor > 0) == (0, True)
    ordered = checkout.place_order(act, cart=cart, account=account, expected=both, once=uuid4().hex, answers={})
    lines = OrderLine.objects.filter(order_id=ordered.order).order_by("position")
    assert [line.trial_days for line in lines] == [14, 0]
    assert Order.objects.get(id=ordered.order).total_minor == lines[1].recurring_minor


def test_a_code_takes_nothing_off_what_is_free(tried: None) -> None:
    makes(kind="percent", value=100_000)
    with pytest.raises(PromoNotForThese):
        buys()


def test_a_trial_that_left_the_catalogue_stays_for_who_has_it(tried: None) -> None:
    buyer = buys(code="")
    loads(None)
    buyer.runs()
    assert buyer.row.trial_to == at(14)
    assert buys(code="").sheet.gross.minor > 0
