"""Orders: what was ordered, and ordering what lies in the cart."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema
from ninja.responses import Status

from hostkeep.billing.errors.documents import AlreadyPaid
from hostkeep.billing.queries.qualifying import CheckRow, check_of_order
from hostkeep.faces.api.account import as_posted, misfits_of, policy_of
from hostkeep.faces.api.cart import cart_of
from hostkeep.faces.api.cursors import Page, PageQuery, Position, heads, page_of, position_of
from hostkeep.faces.api.door import once_of
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key, key_of
from hostkeep.faces.api.paying import Payment, shown_payment
from hostkeep.faces.api.refusals import OnceMissing
from hostkeep.faces.api.shapes import (
    AddOnTaken,
    Amount,
    AmountTold,
    Slug,
    Term,
    Told,
    add_on_taken,
    amount,
    money_of,
    term,
)
from hostkeep.faces.ui import telling
from hostkeep.faces.ui.order_forms import order_form
from hostkeep.faces.ui.pages import language_of, reader_of
from hostkeep.faces.ui.paying_links import links
from hostkeep.faces.ui.reading import read_form
from hostkeep.flows import checkout as flow
from hostkeep.flows import paying
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CartId, InvoiceId, OrderId
from hostkeep.people.rules.tokens import hash_of
from hostkeep.provisioning.queries import services_of
from hostkeep.shop.queries.order_rows import OrderLineTold
from hostkeep.shop.queries.order_rows import OrderTold as OpenOrder
from hostkeep.shop.queries.orders import order_by_once, order_of, orders_from

router = Router()

ORDER = "order"
LIST = "orders"


class OrderLine(Schema):
    """A line as the catalogue stood.

    recurring   all pieces, each term
    setup       all pieces, once
    trial_days  free before the first term; 0: none
    """

    product: str
    plan: str
    title: str
    term: Term
    quantity: int
    recurring: Amount
    setup: Amount
    trial_days: int
    add_ons: list[AddOnTaken]


class Order(Schema):
    """An order.

    total     due for the first terms in list prices, the discount taken off
    discount  what a promo code took off
    """

    id: UUID
    number: str
    placed_at: datetime
    total: Amount
    discount: Amount
    lines: list[OrderLine]


class OrderWhole(Order):
    """An order with what came of it.

    review  of a payment that was checked: "passed", "waits" (a person looks at the order before it is built),
            "let_through" or "refused" (by a person); null where nothing was checked
    """

    services: list[UUID]
    review: Literal["passed", "waits", "let_through", "refused"] | None


class OrderTold(Told):
    """An order of all that lies in the cart.

    expected  the gross that the cart showed: at this amount or not at all
    answers   what the policy's order form asks, input by input
    gateway   how it is paid, or nothing: then the invoice waits
    """

    expected: AmountTold
    answers: dict[str, Annotated[str, Field(max_length=2000)]] = Field(default_factory=dict)
    gateway: Slug | None = None


class Ordered(Schema):
    """What came of an order.  payment: null where none was asked for, or nothing is owed."""

    order: UUID
    invoice: UUID
    payment: Payment | None


@router.get("", response=Page[Order], auth=Needs("orders:read"), operation_id="list_orders")
def list_orders(request: HttpRequest, wanted: PageQuery) -> Page[Order]:
    """List the account's orders, newest first."""
    after = position_of(request, wanted, LIST)
    rows = orders_from(
        account_of_key(request).id, after=(after.at, after.id) if after else None, first=wanted.limit + 1
    )
    shown, cursor = page_of(request, wanted, LIST, rows, lambda row: Position(row.placed_at, row.id))
    opened = telling.told(act_of_key(request, ORDER), shown)
    return Page[Order](items=[_order(row, language_of(request)) for row in opened], next=cursor)


@router.get("/{uuid:order}", response=OrderWhole, auth=Needs("orders:read"), operation_id="get_order")
def get_order(request: HttpRequest, order: UUID) -> OrderWhole:
    """Show one order.  Another account's does not exist."""
    account = account_of_key(request)
    row = telling.told_one(act_of_key(request, ORDER), order_of(account.id, OrderId(order)))
    lines = {line.id for line in row.told}
    services = [UUID(str(each.id)) for each in services_of(account.id) if each.order_line in lines]
    review = _review(check_of_order(account.id, row.id))
    return OrderWhole(**_order(row, language_of(request)).dict(), services=services, review=review)


@router.post("", response={201: Ordered}, auth=Needs("orders:write"), operation_id="place_order")
def post_order(request: HttpRequest, told: OrderTold) -> Status[Ordered] | HttpResponse:
    """Order all that lies in the cart, at the amount it showed or not at all.

    Needs an Idempotency-Key: with the same one it stays one order, whatever happens in between.
    """
    said = once_of(request)
    if not said:
        raise OnceMissing
    account, act = account_of_key(request), act_of_key(request, ORDER)
    if told.gateway:
        paying.demand_offered(act, told.gateway)
    once = hash_of(f"api:{key_of(request).id}:{said}")
    held = cart_of(request)
    known = order_by_once(act.brand, once)
    asked = telling.told_one(act, known).told if known and known.account == account.id else ()
    requires = tuple(need for line in asked for need in line.requires)
    form = order_form(policy_of(request), requires or (held.requires if held else ()))
    drawn = read_form(policy_of(request), form, as_posted(told.answers), reader=reader_of(request))
    if drawn.answers is None:
        return misfits_of(request, drawn)
    placed = flow.place_order(
        act,
        cart=held.id if held else CartId(UUID(int=0)),
        account=account.id,
        expected=money_of(told.expected),
        once=once,
        answers=drawn.answers.values,
    )
    payment = _pay(request, act, account.id, placed.invoice, told.gateway) if told.gateway else None
    heads(request)["Location"] = f"/api/v1/orders/{placed.order}"
    return Status(201, Ordered(order=placed.order, invoice=placed.invoice, payment=payment))


def _pay(
    request: HttpRequest, act: Act, account: AccountId, invoice: InvoiceId, gateway: str
) -> Payment | None:
    """Ask the gateway for a fresh order's money."""
    under = act.for_purpose(flow.BILLING)
    try:
        asked = paying.pay_invoice(under, of=account, invoice=invoice, gateway=gateway, links=links(request))
    except AlreadyPaid:
        return None
    return shown_payment(asked)


def _review(check: CheckRow | None) -> Literal["passed", "waits", "let_through", "refused"] | None:
    """Say what came of the check of an order's payment."""
    if check is None or check.outcome == "not_needed":
        return None
    if check.outcome == "refused":
        return check.decision or "waits"
    return "passed"


def _order(row: OpenOrder, language: str) -> Order:
    """Show an order."""
    return Order(
        id=row.id, number=row.number, placed_at=row.placed_at, total=amount(row.total),
        discount=amount(row.discount), lines=[_line(line, language) for line in row.told],
    )  # fmt: skip


def _line(row: OrderLineTold, language: str) -> OrderLine:
    """Show a line of an order."""
    return OrderLine(
        product=row.product, plan=row.plan, title=row.described(language), term=term(row.term),
        quantity=row.quantity, recurring=amount(row.recurring), setup=amount(row.setup),
        trial_days=row.trial_days, add_ons=[add_on_taken(each) for each in row.taken(language)],
    )  # fmt: skip
