"""Carts under lock, for this room's own actions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CartId
from hostkeep.runtime.together import ask
from hostkeep.runtime.written import objects
from hostkeep.shop.errors import NoSuchCart
from hostkeep.shop.models import Cart, CartLine, Order
from hostkeep.shop.queries.orders import by_once
from hostkeep.shop.queries.pricing_lines import lines_in


def held_cart(act: Act, cart: CartId) -> Cart:
    """Return a cart of the act's brand and keep others from it until the deed is done.  Raises NoSuchCart."""
    return _held(act, *ask(objects(_cart, cart), objects(_owner, cart)))


@dataclass(frozen=True, slots=True)
class Lying:
    """A cart under lock, with what is known under it.

    lines  oldest first
    known  the order that stands under a key, or None
    """

    cart: Cart
    lines: list[CartLine]
    known: Order | None


def lying(act: Act, cart: CartId, *, key: str) -> Lying:
    """Return a cart as held_cart, what lies in it, and what a key stands for: one way to the server.

    key  rules.tokens.hash_of an idempotency key
    """
    found, owners, known, lines = ask(
        objects(_cart, cart), objects(_owner, cart), objects(by_once, key, act.brand), objects(lines_in, cart)
    )
    return Lying(_held(act, found, owners), lines, next(iter(known), None))


def _held(act: Act, found: list[Cart], owners: list[Any]) -> Cart:
    """Return the cart that was found, with whose account it is of.  Raises NoSuchCart."""
    held = next((each for each in found if each.brand == act.brand), None)
    if held is None:
        raise NoSuchCart
    if held.account_id is not None:
        held.account = next(each for each in owners if each.id == held.account_id)
    return held


def _cart(cart: UUID) -> QuerySet[Cart]:
    """Return the query of a cart, locked."""
    return Cart.objects.select_for_update().filter(id=cart)


def _owner(cart: UUID) -> QuerySet[Any]:
    """Return the query of the account that a cart is of."""
    of: Any = Cart.account.field.related_model
    found: QuerySet[Any] = of.objects.filter(id__in=Cart.objects.filter(id=cart).values("account_id"))
    return found
