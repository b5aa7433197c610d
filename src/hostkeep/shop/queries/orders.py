"""What was ordered.  Rows come closed: the door opens them (vault.column_door), for a stated purpose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from hostkeep.kernel.ids import AccountId, BrandId, OrderId, SubjectId
from hostkeep.kernel.money import Currency, Money, money
from hostkeep.runtime.together import Question, ask
from hostkeep.runtime.written import objects
from hostkeep.shop.boxing import boxes_of
from hostkeep.shop.errors import NoSuchOrder
from hostkeep.shop.models import Order, OrderLine, Receipt
from hostkeep.shop.queries.order_rows import OrderLineRow, OrderRow
from hostkeep.shop.rules.term_columns import term_of
from hostkeep.shop.rules.tokens import hash_of


def orders_of(account: AccountId, *, first: int = 50) -> tuple[OrderRow, ...]:
    """Return an account's newest orders, newest first.  Two queries."""
    return frozen_orders(Order.objects.filter(account_id=account), first)


def orders_from(
    account: AccountId, *, after: tuple[datetime, UUID] | None, first: int
) -> tuple[OrderRow, ...]:
    """Return an account's orders that come after a place in its list, newest first.  Two queries.

    after  time and id of the last one that was shown, or None to begin
    """
    found = Order.objects.filter(account_id=account)
    if after is not None:
        at, last = after
        found = found.filter(Q(placed_at__lt=at) | Q(placed_at=at, id__lt=last))
    return frozen_orders(found, first)


def orders_of_brand(brand: BrandId, *, first: int = 50) -> tuple[OrderRow, ...]:
    """Return a brand's newest orders, newest first, for its staff.  Two queries."""
    return frozen_orders(Order.objects.filter(brand=brand), first)


def order_of(account: AccountId, order: OrderId) -> OrderRow:
    """Return one order of an account.  Two queries.

    Raises NoSuchOrder, also for an order of somebody else.
    """
    for row in frozen_orders(Order.objects.filter(account_id=account, id=order), 1):
        return row
    raise NoSuchOrder


def order(order_id: OrderId) -> OrderRow:
    """Return one order, for flows and staff.  Raises NoSuchOrder.  Two queries."""
    for row in frozen_orders(Order.objects.filter(id=order_id), 1):
        return row
    raise NoSuchOrder


def order_with(line: UUID) -> OrderRow:
    """Return the order that a line is of, for flows.  Raises NoSuchOrder.  Two queries."""
    for row in frozen_orders(Order.objects.filter(lines=line), 1):
        return row
    raise NoSuchOrder


def order_by_once(brand: BrandId, once: str) -> OrderRow | None:
    """Return the order that stands under an idempotency key, or None.  Three queries, one where it is new."""
    return order_of_once(ask(once_asked(brand, once))[0])


def once_asked(brand: BrandId, once: str) -> Question[Order]:
    """Return the question of order_by_once, to be asked with others; order_of_once reads its answer."""
    return objects(by_once, hash_of(once), brand)


def order_of_once(found: Iterable[Order]) -> OrderRow | None:
    """Return the order that once_asked found, or None.  Two queries, none where there is none."""
    for row in found:
        return order(OrderId(row.id))
    return None


def by_once(key: str, brand: str) -> QuerySet[Order]:
    """Return the query of the order under a key, for `objects_of`.  key: rules.tokens.hash_of it."""
    return Order.objects.filter(brand=brand, once_hash=key)


def receipt_by_token(brand: BrandId, token_hash: str) -> tuple[OrderRow, ...]:
    """Return the orders whose receipts a browser's token stands for, newest first.  Two queries.

    token_hash  rules.tokens.hash_of(token)
    """
    kept = Receipt.objects.filter(token_hash=token_hash).values("order_id")
    return frozen_orders(Order.objects.filter(brand=brand, id__in=kept), 50)


def frozen_orders(found: QuerySet[Order], first: int) -> tuple[OrderRow, ...]:
    """Freeze orders with their lines."""
    newest = found.order_by("-placed_at", "-id").select_related("account").prefetch_related("lines")[:first]
    return tuple(frozen_order(row, row.lines.all(), SubjectId(row.account.subject)) for row in newest)


def frozen_order(row: Order, lines: Iterable[OrderLine], subject: SubjectId) -> OrderRow:
    """Freeze one order.  subject: the person whose account it is of."""
    return OrderRow(
        id=OrderId(row.id),
        brand=BrandId(row.brand),
        account=AccountId(row.account_id),
        subject=subject,
        total=money(row.total_minor, row.currency),
        discount=money(row.discount_minor, row.currency),
        placed_at=row.placed_at,
        lines=_lines(lines, money(0, row.currency).currency),
    )


def _lines(lines: Iterable[OrderLine], currency: Currency) -> tuple[OrderLineRow, ...]:
    """Freeze the lines of an order, in their order."""
    return tuple(
        OrderLineRow(
            id=line.id,
            position=line.position,
            term=term_of(line),
            quantity=line.quantity,
            recurring=Money(line.recurring_minor, currency),
            setup=Money(line.setup_minor, currency),
            discount=Money(line.discount_minor, currency),
            trial_days=line.trial_days,
            beside=Money(line.add_on_minor, currency),
            beside_once=Money(line.add_on_once_minor, currency),
            boxes=boxes_of(line),
        )
        for line in sorted(lines, key=lambda line: line.position)
    )
