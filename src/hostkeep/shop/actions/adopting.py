"""A guest's cart becomes an account's."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Q

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CartId, SubjectId
from hostkeep.shop.actions.carting import CartChanged
from hostkeep.shop.boxing import Chosen, as_system, seal_lines, use_lines
from hostkeep.shop.errors import NoSuchCart
from hostkeep.shop.models import Cart, CartLine
from hostkeep.shop.rules.pricing import MOST
from hostkeep.vault.column_door import forget_guest


@recorded("shop.cart.adopted")
def adopt_cart(act: Act, *, cart: CartId, account: AccountId) -> CartChanged:
    """Give a guest's cart to the account that signed in; what lay in the account's own cart joins it.

    So does its promo code, where the guest's cart has none.  Equal lines are added up, to the largest
    quantity at most.  Once more changes nothing.
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
    concerned = Cart.objects.select_for_update(of=("self",)).select_related("account").filter(brand=act.brand)
    carts = list(concerned.filter(Q(id=cart) | Q(account_id=account)).order_by("id"))
    held = next((each for each in carts if each.id == cart), None)
    if held is None or held.account_id not in {None, account}:
        raise NoSuchCart
    under = as_system(act, act.brand)
    lying = {each.id: use_lines(under, each, list(each.lines.all()), _open) for each in carts}
    was_guest = held.account_id is None
    merged = lying[held.id]
    for older in carts:
        if older.id != held.id:
            merged = _poured(lying[older.id], merged)
        held.promo_id = held.promo_id or older.promo_id
    held.account_id = account
    held.touched_at = act.at
    _keep(act, held, merged)
    for older in carts:
        if older.id != held.id:
            older.delete()
    held.save(update_fields=["account", "promo", "touched_at"])
    if was_guest:
        forget_guest(SubjectId(held.id))
    return CartChanged(cart)


Lines = list[tuple[CartLine, Chosen]]


def _open(found: Lines) -> Lines:
    """Return lines with what they ask for, for the deed that moves them."""
    return found


def _poured(older: Lines, into: Lines) -> Lines:
    """Return the lines of two carts together, equal ones added up."""
    merged = list(into)
    for line, chosen in older:
        same = next((each for each, wanted in into if wanted == chosen), None)
        if same is None:
            merged.append((line, chosen))
        else:
            same.quantity = min(same.quantity + line.quantity, 1 if chosen.answers else MOST)
    return merged


def _keep(act: Act, cart: Cart, lines: Lines) -> None:
    """Keep lines in a cart, sealed anew under whose it is now."""
    boxes = seal_lines(act, cart, {line.id: chosen for line, chosen in lines})
    for line, _ in lines:
        line.cart, line.chosen = cart, boxes[line.id]
    CartLine.objects.bulk_update([line for line, _ in lines], ["cart", "chosen", "quantity"])
