"""What the shop keeps for a while, as stores for the sweeper: carts and receipts.

Orders stay, as the books need them: what they say of a choice is sealed under the person's key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet

from hostkeep.brands.errors import NoSuchBrand
from hostkeep.brands.queries import all_brands, policy_in_force
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, SubjectId
from hostkeep.people.sessions import idle_of
from hostkeep.runtime.stores import Person, Store
from hostkeep.shop.models import Cart, CartLine, Receipt
from hostkeep.vault.column_door import forget_guest

T = TypeVar("T", bound=Model)

CART, RECEIPTS = "__Host-cart", "__Host-receipts"


def life_of(brand: BrandId, cookie: str, at: datetime) -> timedelta:
    """Return how long a cart or a receipt lies unused: its cookie's life, else that of a session."""
    declared = policy_in_force(brand, at).cookies.get(cookie)
    return declared.life if declared is not None and declared.life is not None else idle_of(brand, at)


def _idle_carts(at: datetime, of: BrandId | None = None) -> Iterator[QuerySet[Cart]]:
    """Yield the carts of each brand, or of one, that nobody touched for the life of their cookie."""
    for brand, since in _since(at, CART, of):
        yield Cart.objects.filter(brand=brand, touched_at__lte=since)


def _old_receipts(at: datetime, of: BrandId | None = None) -> Iterator[QuerySet[Receipt]]:
    """Yield the receipts of each brand, or of one, whose cookie is over."""
    for brand, since in _since(at, RECEIPTS, of):
        yield Receipt.objects.filter(order__brand=brand, kept_at__lte=since)


def _since(at: datetime, cookie: str, of: BrandId | None) -> Iterator[tuple[BrandId, datetime]]:
    """Yield each brand, or one, with the time before which a cookie's thing is idle."""
    for row in all_brands():
        if of not in {None, row.id}:
            continue
        try:
            yield row.id, at - life_of(row.id, cookie, at)
        except NoSuchBrand:  # no version in force yet
            continue


def _drop_carts(found: QuerySet[Cart], most: int | None) -> int:
    """Delete carts with their lines and guests' keys; one that somebody else holds is left to them."""
    with transaction.atomic():
        rows = found.select_for_update(skip_locked=True).order_by("id").values_list("id", flat=True)
        ids = list(rows if most is None else rows[:most])
        if not ids:  # nearly each time that the sweeper comes
            return 0
        CartLine.objects.filter(cart__in=ids).delete()
        Cart.objects.filter(id__in=ids).delete()
        forget_guest(*map(SubjectId, ids))
    return len(ids)


def _erase_carts(act: Act, most: int) -> int:
    """Delete idle carts."""
    return _through(_idle_carts(act.at), _drop_carts, most)


def _drop_receipts(found: QuerySet[Receipt], most: int | None) -> int:
    """Delete receipts."""
    with transaction.atomic():
        rows = found.select_for_update(skip_locked=True, of=("self",)).order_by("id")
        ids = [row.id for row in (rows if most is None else rows[:most])]
        return Receipt.objects.filter(id__in=ids).delete()[0]


def _erase_receipts(act: Act, most: int) -> int:
    """Delete receipts whose cookie is over."""
    return _through(_old_receipts(act.at), _drop_receipts, most)


def _through(
    each: Iterator[QuerySet[T]], drop: Callable[[QuerySet[T], int | None], int], most: int
) -> int:
    """Drop what is found brand by brand, at most so much in all."""
    done = 0
    for found in each:
        if done < most:
            done += drop(found, most - done)
    return done


def _carts_of(person: Person) -> QuerySet[Cart]:
    """Return a person's carts."""
    return Cart.objects.filter(account__in=person.accounts)


def _receipts_of(person: Person) -> QuerySet[Receipt]:
    """Return the receipts of a person's orders."""
    return Receipt.objects.filter(order__account__in=person.accounts)


STORES: tuple[Store, ...] = (
    Store(
        name="shop.carts",
        keep_class="session",
        what="Carts, their lines sealed; one that lies untouched for the life of its cookie is emptied away.",
        places=("shop_cart", "shop_cartline"),
        list_due=lambda at: sum(found.count() for found in _idle_carts(at)),
        erase=_erase_carts,
        forget=lambda _act, person: _drop_carts(_carts_of(person), None),
        prove_absent=lambda person: _carts_of(person).count(),
        list_due_of=lambda at, brand: sum(found.count() for found in _idle_carts(at, brand)),
    ),
    Store(
        name="shop.receipts",
        keep_class="session",
        what="Which browser may look at which order, as hashes; each ends with the life of its cookie.",
        places=("shop_receipt",),
        list_due=lambda at: sum(found.count() for found in _old_receipts(at)),
        erase=_erase_receipts,
        forget=lambda _act, person: _drop_receipts(_receipts_of(person), None),
        prove_absent=lambda person: _receipts_of(person).count(),
        list_due_of=lambda at, brand: sum(found.count() for found in _old_receipts(at, brand)),
    ),
)
