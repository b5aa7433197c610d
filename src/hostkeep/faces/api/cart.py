"""The account's cart: the same one that its owner sees on the pages."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from hostkeep.brands.queries import BrandRow
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key
from hostkeep.faces.api.shapes import AddOnTaken, Amount, Code, Slug, Term, Told, add_on_taken, amount, term
from hostkeep.faces.signin.pace import keep_pace
from hostkeep.faces.ui.pages import language_of
from hostkeep.flows import checkout as flow
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CartId
from hostkeep.kernel.money import CURRENCIES, Money
from hostkeep.shop.actions.carting import (
    Wish,
    add_line,
    open_cart,
    remove_add_on,
    remove_line,
    set_quantity,
    switch_currency,
)
from hostkeep.shop.actions.promos import put_in_promo, take_out_promo
from hostkeep.shop.errors import NoSuchCart, NoSuchLine
from hostkeep.shop.queries import carts
from hostkeep.shop.rules.add_ons import MOST_OF_ONE
from hostkeep.shop.rules.promo import LONGEST
from hostkeep.shop.rules.rows import CartRow, LineRow

router = Router()

CART = "cart"
MOST_MEMBERS = 40


class CartLine(Schema):
    """A line.

    first       one piece's first term, its add-ons with it
    trial_days  free before it: the order owes nothing for it then; 0: none
    state       good, retired (no longer sold) or short (fewer are left)
    """

    id: UUID
    product: str
    name: str
    plan: str
    term: Term
    answers: dict[str, str]
    quantity: int
    first: Amount
    trial_days: int
    state: str
    add_ons: list[AddOnTaken]


class Promo(Schema):
    """The promo code that lies in the cart.

    discount  what it takes off the first terms, in list prices; nothing where it does not apply
    periods   for how many terms it holds, the first among them; null: for good
    problem   the code of the refusal that says why it does not apply, or null
    """

    code: str
    discount: Amount
    periods: int | None
    problem: str | None


class Cart(Schema):
    """A cart and what it comes to.  requires: categories that the order asks beyond sign-up."""

    currency: str
    lines: list[CartLine]
    ready: bool
    requires: list[str]
    promo: Promo | None
    net: Amount
    tax: Amount
    gross: Amount


class LineTold(Told):
    """Something to put into the cart.

    options, answers  by their slugs
    add_ons           how many of each beside one piece, by its slug
    """

    product: Slug
    plan: Slug
    options: dict[Slug, Slug] = Field(default_factory=dict, max_length=MOST_MEMBERS)
    answers: dict[Slug, str] = Field(default_factory=dict, max_length=MOST_MEMBERS)
    quantity: int = Field(1, ge=1, le=20)
    add_ons: dict[Slug, Annotated[int, Field(ge=0, le=MOST_OF_ONE)]] = Field(
        default_factory=dict, max_length=MOST_MEMBERS
    )


class QuantityTold(Told):
    """How many pieces."""

    quantity: int = Field(ge=1, le=20)


class PromoTold(Told):
    """A promo code, as somebody was told it; letters count as capitals."""

    code: str = Field(min_length=1, max_length=LONGEST)


class CurrencyTold(Told):
    """One of the brand's currencies."""

    currency: Code


@router.get("", response=Cart, auth=Needs("orders:read"), operation_id="get_cart")
def get_cart(request: HttpRequest) -> Cart:
    """Show the cart with its sums, tax included."""
    return _shown(request)


@router.post("/lines", response=Cart, auth=Needs("orders:write"), operation_id="add_line")
def post_line(request: HttpRequest, told: LineTold) -> Cart:
    """Put something into the cart; the same again only makes it more."""
    act = act_of_key(request, CART)
    cart = _cart_or_new(request, act, currency=_first_currency(request))
    wish = Wish(told.product, told.plan, told.options, told.answers, told.quantity, told.add_ons)
    add_line(act, cart=cart, wish=wish)
    return _shown(request)


@router.patch("/lines/{uuid:line}", response=Cart, auth=Needs("orders:write"), operation_id="set_quantity")
def patch_line(request: HttpRequest, line: UUID, told: QuantityTold) -> Cart:
    """Say how many of a line are wanted."""
    set_quantity(act_of_key(request, CART), cart=_held(request).id, line=line, quantity=told.quantity)
    return _shown(request)


@router.delete("/lines/{uuid:line}", response=Cart, auth=Needs("orders:write"), operation_id="remove_line")
def delete_line(request: HttpRequest, line: UUID) -> Cart:
    """Take a line out."""
    remove_line(act_of_key(request, CART), cart=_held(request).id, line=line)
    return _shown(request)


@router.delete(
    "/lines/{uuid:line}/add-ons/{add_on}",
    response=Cart,
    auth=Needs("orders:write"),
    operation_id="remove_add_on",
)
def delete_add_on(request: HttpRequest, line: UUID, add_on: Slug) -> Cart:
    """Take an add-on out of a line, all its pieces."""
    remove_add_on(act_of_key(request, CART), cart=_held(request).id, line=line, add_on=add_on)
    return _shown(request)


@router.put("/currency", response=Cart, auth=Needs("orders:write"), operation_id="switch_currency")
def put_currency(request: HttpRequest, told: CurrencyTold) -> Cart:
    """Price the cart in another currency."""
    act = act_of_key(request, CART)
    cart = _cart_or_new(request, act, currency=told.currency)
    switch_currency(act, cart=cart, currency=told.currency)
    return _shown(request)


@router.put("/promo", response=Cart, auth=Needs("orders:write"), operation_id="put_in_promo")
def put_promo(request: HttpRequest, told: PromoTold) -> Cart:
    """Put a promo code into the cart, in place of the one that lies there.  Trying is paced."""
    keep_pace(request, "promo")
    act, held = act_of_key(request, CART), _held_whole(request)
    put_in_promo(act, cart=held.id, typed=told.code, account=account_of_key(request).id)
    return _shown(request)


@router.delete("/promo", response=Cart, auth=Needs("orders:write"), operation_id="take_out_promo")
def delete_promo(request: HttpRequest) -> Cart:
    """Take the promo code out."""
    take_out_promo(act_of_key(request, CART), cart=_held_whole(request).id)
    return _shown(request)


def cart_of(request: HttpRequest) -> CartRow | None:
    """Return the cart of a key's account, or None."""
    act = act_of_key(request, CART)
    return carts.cart_of_account(act, account_of_key(request).id, language=language_of(request))


def _held(request: HttpRequest) -> CartRow:
    """Return the cart.  Raises NoSuchLine where there is none: then there is no line either."""
    held = cart_of(request)
    if held is None:
        raise NoSuchLine
    return held


def _held_whole(request: HttpRequest) -> CartRow:
    """Return the cart.  Raises NoSuchCart where there is none."""
    held = cart_of(request)
    if held is None:
        raise NoSuchCart
    return held


def _cart_or_new(request: HttpRequest, act: Act, *, currency: str) -> CartId:
    """Return the cart, opened if there is none."""
    held = cart_of(request)
    if held is not None:
        return held.id
    return open_cart(act, currency=currency, account=account_of_key(request).id).cart


def _first_currency(request: HttpRequest) -> str:
    """Return the brand's first currency."""
    brand: BrandRow = request.brand  # type: ignore[attr-defined]
    return brand.currencies[0]


def _shown(request: HttpRequest) -> Cart:
    """Show the cart as it stands now; one that was never opened is empty."""
    held = cart_of(request)
    if held is None:
        code = _first_currency(request)
        zero = amount(Money(0, CURRENCIES[code]))
        return Cart(
            currency=code, lines=[], ready=False, requires=[], promo=None, net=zero, tax=zero, gross=zero
        )
    sums = flow.quote(act_of_key(request, CART), cart=held, account=held.account)
    return Cart(
        currency=held.currency.code,
        lines=[_line(line) for line in held.lines.open()],
        ready=held.ready,
        requires=list(held.requires),
        promo=_promo(held),
        net=amount(sums.net),
        tax=amount(sums.tax),
        gross=amount(sums.gross),
    )


def _promo(held: CartRow) -> Promo | None:
    """Show the code."""
    row = held.promo
    if row is None:
        return None
    problem = row.problem.code if row.problem else None
    return Promo(code=row.code, discount=amount(row.discount), periods=row.periods, problem=problem)


def _line(row: LineRow) -> CartLine:
    """Show a line."""
    return CartLine(
        id=row.id, product=row.product, name=row.name, plan=row.plan, term=term(row.term),
        answers=dict(row.answers), quantity=row.quantity, first=amount(row.each),
        trial_days=row.trial_days, state=row.state, add_ons=[add_on_taken(each) for each in row.add_ons],
    )  # fmt: skip
