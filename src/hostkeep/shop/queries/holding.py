"""Carts under lock, for this room's own actions."""

from __future__ import annotations

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CartId
from hostkeep.shop.errors import NoSuchCart
from hostkeep.shop.models import Cart


def held_cart(act: Act, cart: CartId) -> Cart:
    """Return a cart of the act's brand and keep others from it until the deed is done.  Raises NoSuchCart."""
    found = Cart.objects.select_for_update(of=("self",)).select_related("account")
    held = found.filter(id=cart, brand=act.brand).first()
    if held is None:
        raise NoSuchCart
    return held
