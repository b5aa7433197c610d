"""A cart becomes an order."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CartId, OrderId, Ref, SubjectId
from hostkeep.kernel.money import CURRENCIES, Money, money
from hostkeep.people.queries import subject_of
from hostkeep.runtime.deeds import Statement, leave
from hostkeep.runtime.inserting import insert
from hostkeep.runtime.outbox import publish
from hostkeep.shop.boxing import as_system, seal_ordered
from hostkeep.shop.errors import (
    CartEmpty,
    NoSuchCart,
    NoSuchOrder,
    NotForSale,
    OnceReused,
    PriceChanged,
    SoldOut,
)
from hostkeep.shop.events import OrderPlaced
from hostkeep.shop.models import Cart, Order, OrderLine, Product, Receipt
from hostkeep.shop.queries.carts import frozen_cart
from hostkeep.shop.queries.holding import Lying, lying
from hostkeep.shop.queries.order_rows import OrderTold
from hostkeep.shop.queries.orders import frozen_order
from hostkeep.shop.queries.pricing_lines import PricedAddOn, PricedLine, locked_and_priced
from hostkeep.shop.queries.trials import trials_given
from hostkeep.shop.reserving import Reduced, reduce, reserve
from hostkeep.shop.rules.add_ons import work_key
from hostkeep.shop.rules.catalogue import in_language
from hostkeep.shop.rules.pricing import sum_of
from hostkeep.shop.rules.rows import CartRow
from hostkeep.shop.rules.term_columns import columns_of, term_of
from hostkeep.shop.rules.tokens import hash_of


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that stands.

    total     due for the first terms in list prices, a code's discount taken off
    told      what was ordered, as this call wrote it; None where the order stood before
    has_code  whether this call reserved the use of a promo code with it
    """

    order: OrderId
    total: Money
    told: OrderTold | None = field(default=None, repr=False, compare=False)
    has_code: bool = field(default=False, compare=False)

    @property
    def ref(self) -> Ref:
        """The order."""
        return Ref("shop.order", self.order)


@dataclass(frozen=True, slots=True)
class Kept:
    """A receipt that a browser may look at."""

    receipt: UUID

    @property
    def ref(self) -> Ref:
        """The receipt."""
        return Ref("shop.receipt", self.receipt)


ComesTo = Callable[[CartRow], Money]
"""Says what a cart comes to as it was shown.  It asks the database nothing: the cart is locked."""


@recorded("shop.order.placed")
def place_order(
    act: Act, *, cart: CartId, account: AccountId, currency: str, expected: Money, once: str,
    comes_to: ComesTo | None = None,
) -> Placed:  # fmt: skip
    """Turn all that lies in a cart into an order, at the prices the customer saw or not at all.

    currency  the cart's, as shown
    expected  what the cart comes to, as shown
    once      idempotency key, made for each page that was shown; the same again, also at the same moment,
              is the same order
    comes_to  by what the customer was shown; None: in list prices, the code's discount taken off

    Reads prices, stock and the code again under lock.  Writes an Order with copies of what was bought,
    reserves a use of the code, takes the pieces out of stock, empties the cart, publishes OrderPlaced and
    writes an audit entry, or nothing.
    Raises NoSuchCart, CartEmpty, NotForSale, SoldOut, PriceChanged, OnceReused; PromoGone and what else a
    code may be refused by, where the price that was seen had a discount in it that is no longer given.
    """
    key, content = hash_of(once), _content(cart, account, expected)
    found = lying(act, cart, key=key)
    held = found.cart
    if held.account_id not in {None, account}:
        raise NoSuchCart
    if found.known is not None:
        return _again(found.known, content)
    priced = _locked_lines(act, found, account)
    reduced = reduce(act, held, priced, _listed(priced, held), account)
    shown = frozen_cart(held, priced, reduced.discounts, promo=reduced.row, language="en")
    _demand_price(priced, reduced, (currency, expected), comes_to(shown) if comes_to else shown.due)
    _take_from_stock(priced)
    order = Order(
        brand=act.brand,
        account_id=account,
        cart=held.id,
        currency=reduced.due.currency.code,
        total_minor=reduced.due.minor,
        discount_minor=reduced.discount.minor,
        once_hash=key,
        content=content,
        placed_at=act.at,
    )
    subject = SubjectId(held.account.subject) if held.account else subject_of(account)
    told = _write(act, order, subject, priced, reduced.discounts)
    reserve(act, order, reduced)
    leave(_emptied, (held.id, act.at))
    publish(act, OrderPlaced(told.id, account))
    return Placed(told.id, reduced.due, told, reduced.is_used)


EMPTIED = """
DELETE FROM shop_cartline WHERE cart_id = %s;
UPDATE shop_cart SET promo_id = NULL, touched_at = %s WHERE id = %s
"""
ONCE = "shop_order_once"
"""The database's name for the rule that a key makes one order."""


def _emptied(carts: Sequence[tuple[UUID, datetime]]) -> Statement:
    """Say how carts are emptied, each at its time."""
    return "; ".join([EMPTIED] * len(carts)), [value for cart, at in carts for value in (cart, at, cart)]


@recorded("shop.receipt.kept")
def keep_receipt(act: Act, *, order: OrderId, account: AccountId, token_hash: str) -> Kept:
    """Let the browser that holds a token look at an order without signing in; once more changes nothing.

    token_hash  rules.tokens.hash_of(token)
    Writes a Receipt and an audit entry, or nothing.  Raises NoSuchOrder.
    """
    if not Order.objects.filter(id=order, brand=act.brand, account_id=account).exists():
        raise NoSuchOrder
    receipt, _ = Receipt.objects.get_or_create(
        order_id=order, token_hash=token_hash, defaults={"kept_at": act.at}
    )
    return Kept(receipt.id)


def _content(cart: CartId, account: AccountId, expected: Money) -> str:
    """Return a digest of what an idempotency key stands for."""
    told = f"{cart} {account} {expected.minor} {expected.currency.code}"
    return hashlib.sha256(told.encode()).hexdigest()


def _again(order: Order, content: str) -> Placed:
    """Answer for a key that stands for an order.  Raises OnceReused if it is another one."""
    if order.content != content:
        raise OnceReused
    return Placed(OrderId(order.id), money(order.total_minor, order.currency))


def _locked_lines(act: Act, found: Lying, account: AccountId) -> tuple[PricedLine, ...]:
    """Return the lines as they cost an account now, their products locked in the order of their ids.

    Loading a catalogue locks the products too, so neither price nor stock can change until the order stands,
    and of two orders of one account the second sees that the first took the trial.
    """
    held = found.cart
    priced = locked_and_priced(as_system(act, act.brand), held, found.lines, CURRENCIES[held.currency])
    return trials_given(act, priced, account)


def _listed(priced: Sequence[PricedLine], held: Cart) -> Money:
    """Return what the lines cost in list prices, if all can be had."""
    if not priced:
        raise CartEmpty
    for line in priced:
        title = in_language(line.product.title, "en")
        if line.state == "retired":
            raise NotForSale(what=title)
        if line.state == "short":
            raise SoldOut(what=title, left=line.product.stock or 0)
    return sum_of([line.whole for line in priced], CURRENCIES[held.currency]).first


def _demand_price(
    priced: Sequence[PricedLine], reduced: Reduced, seen: tuple[str, Money], now: Money
) -> None:
    """Refuse where the lines do not come to what the customer saw.  seen: currency and amount."""
    currency, expected = seen
    if (now, now.currency.code) == (expected, currency):
        return
    reduced.demand_held()
    raise PriceChanged(
        what=", ".join(_dearer(priced)), shown=expected.minor, now=now.minor, currency=now.currency.code
    )


def _dearer(priced: Sequence[PricedLine]) -> list[str]:
    """Return the titles of the lines that do not cost what they did when they were put in."""
    return [
        in_language(line.product.title, "en")
        for line in priced
        if (line.line.row.seen_minor, line.line.row.seen_currency)
        != (line.each_whole.first.minor, line.each_whole.first.currency.code)
    ]


def _take_from_stock(priced: Sequence[PricedLine]) -> None:
    """Take the pieces out of stock; the products are locked."""
    wanted = Counter[UUID]()
    for line in priced:
        wanted[line.product.id] += line.line.row.quantity
    for product in {line.product.id: line.product for line in priced}.values():
        if product.stock is not None:
            Product.objects.filter(id=product.id).update(stock=product.stock - wanted[product.id])


def _write(
    act: Act, order: Order, subject: SubjectId, priced: Sequence[PricedLine], discounts: Sequence[Money]
) -> OrderTold:
    """Write an order with its lines; return it as it stands.

    Raises OnceReused if another cart used its key at this moment; then the deed is given up.
    """
    lines = _copied(order, priced, discounts)
    rows = {copy.id: _contents(line) for copy, line in zip(lines, priced, strict=True)}
    for copy, boxes in zip(lines, seal_ordered(act, subject, rows).values(), strict=True):
        for name, box in boxes.items():
            setattr(copy, name, box)
    try:
        insert([order], lines)
    except IntegrityError as error:
        if ONCE not in str(error):
            raise
        raise OnceReused from None
    closed = frozen_order(order, lines, subject)
    return closed.wish.make({str(line): columns for line, columns in rows.items()})


def _copied(order: Order, priced: Sequence[PricedLine], discounts: Sequence[Money]) -> list[OrderLine]:
    """Copy lines from the catalogue, so that nothing that happens there later reaches the order."""
    return [
        OrderLine(
            order=order,
            position=place,
            **columns_of(term_of(line.plan)),
            quantity=line.line.row.quantity,
            recurring_minor=line.cost.recurring.minor,
            setup_minor=line.cost.setup.minor,
            discount_minor=discount.minor,
            trial_days=line.trial_days,
            add_on_minor=sum(each.cost.recurring.minor for each in line.add_ons),
            add_on_once_minor=sum(each.cost.setup.minor for each in line.add_ons),
        )
        for place, (line, discount) in enumerate(zip(priced, discounts, strict=True), start=1)
    ]


def _contents(line: PricedLine) -> dict[str, object]:
    """Return what is copied of a line and sealed."""
    spec = dict(line.product.spec)
    for choice in line.choices:
        spec |= choice.spec
    spec |= {work_key(each.entry.slug): str(each.pieces) for each in line.add_ons if each.entry.work}
    answers = dict(line.line.chosen.answers)
    beside = {"add_ons": [_add_on(each) for each in line.add_ons]} if line.add_ons else {}
    return {
        **beside,
        "product": line.product.slug,
        "plan": line.plan.slug,
        "title": line.product.title,
        "options": [
            {
                "option": choice.option.slug,
                "choice": choice.slug,
                "label": choice.option.title,
                "choice_label": choice.title,
            }
            for choice in line.choices
        ],
        "driver": line.product.driver,
        "spec": spec | answers,
        "answers": answers,
        "requires": line.product.requires,
        "recipient": line.product.recipient,
    }


def _add_on(priced: PricedAddOn) -> dict[str, object]:
    """Return what is copied of an add-on; lines of invoices are about it by its id."""
    entry, price = priced.entry, priced.price
    return {
        "id": str(uuid4()), "slug": entry.slug, "name": entry.name, "pieces": priced.pieces,
        "price": price.term.minor, "once": price.once.minor, "recurs": entry.recurs, "work": entry.work,
    }  # fmt: skip
