"""Filling a cart.

A cart is found by its id; whoever calls says by the cart's token or account that it may.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CartId, Ref
from hostkeep.kernel.money import CURRENCIES, Currency
from hostkeep.shop.boxing import Chosen, as_system, seal_lines, use_lines
from hostkeep.shop.errors import (
    BadQuantity,
    CartFull,
    NoSuchChoice,
    NoSuchCurrency,
    NoSuchLine,
    NoSuchOption,
    NoSuchPlan,
    NoSuchProduct,
)
from hostkeep.shop.models import Cart, CartLine, Choice, Option, Plan, Product
from hostkeep.shop.queries.add_ons import entries_of
from hostkeep.shop.queries.holding import held_cart
from hostkeep.shop.queries.pricing_lines import OpenLine, lines_of, price_lines
from hostkeep.shop.rules.add_ons import checked_add_ons
from hostkeep.shop.rules.answers import read_answers
from hostkeep.shop.rules.catalogue import Question
from hostkeep.shop.rules.pricing import MOST_LINES, checked_quantity
from hostkeep.shop.rules.tokens import hash_of

TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class Opened:
    """A new cart.  token: what its browser keeps; it is stored nowhere here."""

    cart: CartId
    token: str = field(repr=False)

    @property
    def ref(self) -> Ref:
        """The cart."""
        return Ref("shop.cart", self.cart)


@dataclass(frozen=True, slots=True)
class CartChanged:
    """A cart that is not what it was."""

    cart: CartId

    @property
    def ref(self) -> Ref:
        """The cart."""
        return Ref("shop.cart", self.cart)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to put into a cart, as a form says it.

    product, plan  slugs
    choices        choice by option, slugs; an option left out takes its standard choice
    answers        by the question's slug, as typed
    quantity       1..20; 1 where the product has questions
    add_ons        how many of each beside one piece, by slug
    """

    product: str
    plan: str
    choices: Mapping[str, str]
    answers: Mapping[str, str]
    quantity: int
    add_ons: Mapping[str, int] = field(default_factory=dict)


@recorded("shop.cart.opened")
def open_cart(act: Act, *, currency: str, account: AccountId | None) -> Opened:
    """Begin an empty cart under a fresh token.

    account  whose it is, or None for a guest's; an account has one cart
    Writes a Cart and an audit entry.  Raises NoSuchCurrency.
    """
    _sold_in(act, currency)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    cart = Cart.objects.create(
        brand=act.brand,
        token_hash=hash_of(token),
        account_id=account,
        currency=currency,
        opened_at=act.at,
        touched_at=act.at,
    )
    return Opened(CartId(cart.id), token)


@recorded("shop.cart.line_added")
def add_line(act: Act, *, cart: CartId, wish: Wish) -> CartChanged:
    """Put something into a cart; the same again only makes it more.

    Writes a CartLine and an audit entry, or nothing.
    Raises NoSuchCart, NoSuchProduct, NoSuchPlan, NoSuchOption, NoSuchChoice, NoSuchAddOn, BadAddOnQuantity,
    BadAnswer, BadQuantity, CartFull.
    """
    held = held_cart(act, cart)
    plan = _plan(act, wish)
    choices = _choices(plan.product, wish.choices)
    questions = [Question(**asked) for asked in plan.product.questions]
    answers = read_answers(questions, wish.answers)
    add_ons = checked_add_ons(entries_of(plan.product), wish.add_ons)
    chosen = Chosen(plan.id, tuple(choices), answers, add_ons)
    lines = list(held.lines.all())
    same = use_lines(as_system(act, act.brand), held, lines, lambda found: _same(found, chosen))
    already = same.quantity if same else 0
    quantity = _fitting(already + checked_quantity(wish.quantity), questions)
    if same is None and len(lines) >= MOST_LINES:
        raise CartFull(most=MOST_LINES)
    line = same or CartLine(cart=held, added_at=act.at)
    line.quantity = quantity
    line.seen_currency = held.currency
    (priced,) = price_lines([OpenLine(line, chosen, plan)], CURRENCIES[held.currency])
    if priced.state == "retired":
        raise NoSuchPlan
    line.seen_minor = priced.each_whole.first.minor
    if same is None:
        line.chosen = seal_lines(act, held, {line.id: chosen})[line.id]
    line.save()
    return _touched(act, held)


@recorded("shop.cart.quantity_set")
def set_quantity(act: Act, *, cart: CartId, line: UUID, quantity: int) -> CartChanged:
    """Say how many of a line are wanted.

    quantity  1..20; 1 where the product has questions
    Writes the line and an audit entry, or nothing.  Raises NoSuchCart, NoSuchLine, BadQuantity.
    """
    held = held_cart(act, cart)
    found = held.lines.filter(id=line).first()
    if found is None:
        raise NoSuchLine
    wanted = checked_quantity(quantity)
    asked = use_lines(as_system(act, act.brand), held, [found], _questions)
    found.quantity = _fitting(wanted, asked)
    found.save(update_fields=["quantity"])
    return _touched(act, held)


@recorded("shop.cart.line_removed")
def remove_line(act: Act, *, cart: CartId, line: UUID) -> CartChanged:
    """Take a line out of a cart.

    Deletes the line and writes an audit entry, or nothing.  Raises NoSuchCart, NoSuchLine.
    """
    held = held_cart(act, cart)
    deleted, _ = held.lines.filter(id=line).delete()
    if not deleted:
        raise NoSuchLine
    return _touched(act, held)


@recorded("shop.cart.add_on_removed")
def remove_add_on(act: Act, *, cart: CartId, line: UUID, add_on: str) -> CartChanged:
    """Take an add-on out of a line of a cart, all its pieces.

    Writes the line and an audit entry, or nothing.  Raises NoSuchCart, NoSuchLine (also without such an
    add-on).
    """
    held = held_cart(act, cart)
    found = held.lines.filter(id=line).first()
    chosen = _chosen(act, held, found) if found is not None else None
    if found is None or chosen is None or add_on not in chosen.add_ons:
        raise NoSuchLine
    rest = {slug: pieces for slug, pieces in chosen.add_ons.items() if slug != add_on}
    left = replace(chosen, add_ons=rest)
    found.chosen = seal_lines(act, held, {found.id: left})[found.id]
    plan = Plan.objects.select_related("product__group").get(id=left.plan)
    (priced,) = price_lines([OpenLine(found, left, plan)], CURRENCIES[held.currency])
    found.seen_minor, found.seen_currency = priced.each_whole.first.minor, held.currency
    found.save(update_fields=["chosen", "seen_minor", "seen_currency"])
    return _touched(act, held)


@recorded("shop.cart.currency_switched")
def switch_currency(act: Act, *, cart: CartId, currency: str) -> CartChanged:
    """Price a cart in another of the brand's currencies.

    Writes the cart, its lines and an audit entry, or nothing.  Raises NoSuchCart, NoSuchCurrency.
    """
    held = held_cart(act, cart)
    held.currency = _sold_in(act, currency).code
    held.save(update_fields=["currency"])
    lines = lines_of(as_system(act, act.brand), held)
    for priced in price_lines(lines, CURRENCIES[currency]):
        priced.line.row.seen_minor = priced.each_whole.first.minor
        priced.line.row.seen_currency = currency
    CartLine.objects.bulk_update([line.row for line in lines], ["seen_minor", "seen_currency"])
    return _touched(act, held)


def _same(found: Sequence[tuple[CartLine, Chosen]], wanted: Chosen) -> CartLine | None:
    """Return the line that asks for the same, or None."""
    return next((line for line, chosen in found if chosen == wanted), None)


def _chosen(act: Act, held: Cart, line: CartLine) -> Chosen | None:
    """Return what a line asks for; None where its key is gone."""
    return use_lines(
        as_system(act, act.brand), held, [line], lambda found: found[0][1] if found else None
    )


def _questions(found: Sequence[tuple[CartLine, Chosen]]) -> list[Question]:
    """Return the questions of the product a line asks for."""
    plans = Plan.objects.select_related("product").in_bulk({chosen.plan for _, chosen in found})
    return [Question(**asked) for plan in plans.values() for asked in plan.product.questions]


def _touched(act: Act, held: Cart) -> CartChanged:
    """Note when a cart was last changed."""
    held.touched_at = act.at
    held.save(update_fields=["touched_at"])
    return CartChanged(CartId(held.id))


def _sold_in(act: Act, currency: str) -> Currency:
    """Return one of the brand's currencies.  Raises NoSuchCurrency."""
    if currency not in brand(act.brand).currencies or currency not in CURRENCIES:
        raise NoSuchCurrency
    return CURRENCIES[currency]


def _plan(act: Act, wish: Wish) -> Plan:
    """Return the plan that is wished for, its product and group with it."""
    on_sale = Product.objects.filter(
        brand=act.brand, slug=wish.product, retired_at=None, group__retired_at=None
    )
    if not on_sale.exists():
        raise NoSuchProduct
    plans = Plan.objects.filter(product__in=on_sale, slug=wish.plan, retired_at=None)
    found = plans.select_related("product__group").first()
    if found is None:
        raise NoSuchPlan
    return found


def _choices(product: Product, wished: Mapping[str, str]) -> list[str]:
    """Return the ids of one choice for each option of the product, in the options' order."""
    options = list(Option.objects.filter(product=product, retired_at=None).order_by("position"))
    for slug in wished:
        if slug not in {option.slug for option in options}:
            raise NoSuchOption(option=slug[:60])
    return [str(_choice(option, wished.get(option.slug)).id) for option in options]


def _choice(option: Option, wished: str | None) -> Choice:
    """Return the choice wished for, or the standard one where none was."""
    choices = option.choices.filter(retired_at=None)
    if wished is not None:
        choices = choices.filter(slug=wished)
    found = choices.order_by("position").first()
    if found is None:
        raise NoSuchChoice(option=option.slug)
    return found


def _fitting(quantity: int, questions: list[Question]) -> int:
    """Return a quantity in bounds; what answers a question, such as a domain name, exists once."""
    if questions and quantity != 1:
        raise BadQuantity(least=1, most=1)
    return checked_quantity(quantity)
