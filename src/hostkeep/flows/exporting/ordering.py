"""What a person ordered and runs, as rows for their page and their copy, opened for them alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hostkeep.flows.exporting.trading import Kind, facts_of, told
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CategoryId
from hostkeep.provisioning.held import all_work_of, leases_of
from hostkeep.provisioning.queries import services_of
from hostkeep.shop.queries.carts import cart_of_account
from hostkeep.shop.queries.held import carts_of, receipts_of, redemptions_of
from hostkeep.shop.queries.orders import orders_of
from hostkeep.subscriptions.queries import held
from hostkeep.subscriptions.queries.subscriptions import subscriptions_of

CHOSEN, CART = CategoryId("chosen_service"), CategoryId("cart")
USE = CategoryId("use_time")
"""What a policy must let be used for bills before anything is counted (flows.metering)."""

Rows = Iterator[Mapping[str, Any]]


def orders(act: Act, account: AccountId, most: int) -> Rows:
    """Gather what was ordered, with each line as the catalogue stood then."""
    for order in told(act, orders_of(account, first=most)):
        yield {
            "number": order.number,
            **facts_of(order, without=frozenset({"lines", "told"})),
            "lines": [facts_of(line) for line in order.told],
        }


def cart(act: Act, account: AccountId, most: int) -> Rows:
    """Gather what lies in the cart."""
    lying = cart_of_account(act, account)
    for row in carts_of(account, first=most):
        yield {**facts_of(row), "lines": lying.lines if lying else ()}


def receipts(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather which orders a browser may look at."""
    yield from map(facts_of, receipts_of(account, first=most))


def promo_uses(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather which promo codes were used."""
    yield from map(facts_of, redemptions_of(account, first=most))


def services(act: Act, account: AccountId, most: int) -> Rows:
    """Gather what runs, and what ran."""
    yield from map(facts_of, told(act, services_of(account)[:most]))


def work(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather what was done on services."""
    yield from map(facts_of, all_work_of(account, first=most))


def addresses(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather the addresses that services hold and held."""
    yield from map(facts_of, leases_of(account, first=most))


def subscriptions(act: Act, account: AccountId, most: int) -> Rows:
    """Gather what recurs, and what did until it ended."""
    yield from map(facts_of, told(act, subscriptions_of(account)[:most]))


def parts(act: Act, account: AccountId, most: int) -> Rows:
    """Gather what subscriptions are made of."""
    yield from map(facts_of, told(act, held.parts_of(account, first=most)))


def periods(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather which periods were billed."""
    yield from map(facts_of, held.periods_held(account, first=most))


def changes(act: Act, account: AccountId, most: int) -> Rows:
    """Gather which changes were asked for."""
    yield from map(facts_of, told(act, held.changes_of(account, first=most)))


def meters(act: Act, account: AccountId, most: int) -> Rows:
    """Gather what is counted, and what it costs."""
    yield from map(facts_of, told(act, held.meters_held(account, first=most)))


def uses(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather what was used in periods that were billed."""
    yield from map(facts_of, held.uses_held(account, first=most))


def readings(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather what was counted."""
    yield from map(facts_of, held.readings_of(account, first=most))


def alerts(_act: Act, account: AccountId, most: int) -> Rows:
    """Gather which limits were reached."""
    yield from map(facts_of, held.alerts_of(account, first=most))


ORDERED: tuple[Kind, ...] = (
    Kind("orders", CHOSEN, ("shop_order", "shop_orderline"), orders),
    Kind("cart", CART, ("shop_cart", "shop_cartline"), cart),
    Kind("order_receipts", CHOSEN, ("shop_receipt",), receipts),
    Kind("promo_uses", CHOSEN, ("shop_redemption",), promo_uses),
    Kind("services", CHOSEN, ("provisioning_service",), services),
    Kind("service_work", CHOSEN, ("provisioning_action", "provisioning_task"), work),
    Kind("addresses", CHOSEN, ("provisioning_lease",), addresses),
    Kind("subscriptions", CHOSEN, ("subscriptions_subscription",), subscriptions),
    Kind("subscription_parts", CHOSEN, ("subscriptions_part",), parts),
    Kind("subscription_periods", CHOSEN, ("subscriptions_period", "subscriptions_periodturn"), periods),
    Kind("subscription_changes", CHOSEN, ("subscriptions_change",), changes),
    Kind("meters", CHOSEN, ("subscriptions_metered",), meters),
    Kind("meter_uses", USE, ("subscriptions_use",), uses),
    Kind("meter_readings", USE, ("subscriptions_reading",), readings),
    Kind("meter_alerts", USE, ("subscriptions_alert",), alerts),
)
"""What came of ordering, in the order of the page."""
