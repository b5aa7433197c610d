"""What a person ordered, was billed and runs, as rows for their own copy: opened by the door, for them alone.

A row whose key is gone stands without what was chosen: its dates and sums are all that is left of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from hostkeep.billing.queries.invoices import sheets_of
from hostkeep.billing.queries.methods import methods_of
from hostkeep.flows.exporting.plain import row_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId
from hostkeep.provisioning.queries import services_of
from hostkeep.shop.queries.orders import orders_of
from hostkeep.vault.column_door import Closed, open_columns

T = TypeVar("T")

MOST = 100_000
LEFT_OUT = frozenset({"subject", "account", "brand", "boxes"})
"""Handles that repeat on each row, and the sealed form of what the row tells."""


def orders(act: Act, account: AccountId) -> Iterator[Mapping[str, Any]]:
    """Gather what was ordered, with each line as the catalogue stood then."""
    for order in _told(act, orders_of(account, first=MOST)):
        yield {
            "number": order.number,
            **row_of(order, without=LEFT_OUT | {"lines", "told"}),
            "lines": [row_of(line, without=LEFT_OUT) for line in order.told],
        }


def invoices(act: Act, account: AccountId) -> Iterator[Mapping[str, Any]]:
    """Gather every invoice with its lines, its taxes and what was paid on it."""
    for invoice in _told(act, sheets_of(account, first=MOST)):
        yield row_of(invoice, without=LEFT_OUT)


def services(act: Act, account: AccountId) -> Iterator[Mapping[str, Any]]:
    """Gather what runs, and what ran."""
    for service in _told(act, services_of(account)):
        yield row_of(service, without=LEFT_OUT)


def cards(act: Act, account: AccountId) -> Iterator[Mapping[str, Any]]:
    """Gather the cards that gateways keep for them."""
    for method in _told(act, methods_of(account, brand=act.brand)):
        yield row_of(method, without=LEFT_OUT)


def _told(act: Act, rows: Sequence[Closed[T]]) -> Iterator[T]:
    """Open rows in one batch, in their order.  Raises the vault's Refused."""
    opened = open_columns(act, wishes=[row.wish for row in rows]) if rows else []
    for row, sealed in zip(rows, opened, strict=True):
        yield row.without("") if sealed is None else sealed.open()


Gather = Callable[[Act, AccountId], Iterator[Mapping[str, Any]]]
TRADE: Mapping[str, Gather] = {
    "orders": orders,
    "invoices": invoices,
    "services": services,
    "payment_methods": cards,
}
"""Part -> who gathers it."""
