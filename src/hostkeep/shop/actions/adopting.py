"""A guest's cart becomes an account's."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Q

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CartId
from hostkeep.shop.actions.carting import CartChanged
from hostkeep.shop.errors import NoSuchCart
from hostkeep.shop.models import Cart, CartLine
from hostkeep.shop.rules.pricing import MOST


@recorded("shop.cart.adopted")
def adopt_cart(act: Act, *, cart: CartId, account: AccountId) -> CartChanged:
    """Give a guest's cart to the account that signed in; what lay in the account's own cart joins it.

    Equal lines are added up, to the largest quantity at most.  Once more changes nothing.
    Writes the cart, deletes the older one, and writes an audit entry, or nothing.
    Raises NoSuchCart, also for a cart of another account.
    """
    try:
        with transaction.atomic():
            return _adopt(act, cart, account)
    except IntegrityError:  # at this very moment the account got a first cart elsewhere; now it can be seen
        return _adopt(act, cart, account)


def _adopt(act: Act, cart: CartId, account: AccountId) -> CartChanged:
    """Merge both carts under lock, the smaller id first, as every adoption does."""
    concerned = Cart.objects.select_for_update().filter(brand=act.brand)
    carts = list(concerned.filter(Q(id=cart) | Q(account_id=account)).order_by("id"))
    held = next((each for each in carts if each.id == cart), None)
    if held is None or held.account_id not in {None, account}:
        raise NoSuchCart
    for older in carts:
        if older.id != held.id:
            _pour(older, held)
            older.delete()
    held.account_id = account
    held.touched_at = act.at
    held.save(update_fields=["account", "touched_at"])
    return CartChanged(cart)


def _pour(older: Cart, held: Cart) -> None:
    """Move the lines of one cart into another."""
    lying = list(held.lines.all())
    for line in older.lines.all():
        same = next((each for each in lying if each.chosen == line.chosen), None)
        if same is None:
            CartLine.objects.filter(id=line.id).update(cart=held)
        else:
            most = 1 if line.answers else MOST
            same.quantity = min(same.quantity + line.quantity, most)
            same.save(update_fields=["quantity"])
