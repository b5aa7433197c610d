"""Promo codes: made and switched off by staff, put into carts by customers."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CartId, Ref
from hostkeep.kernel.money import CURRENCIES
from hostkeep.shop.actions.carting import CartChanged
from hostkeep.shop.boxing import as_system
from hostkeep.shop.errors import NoSuchPromo, NoSuchPromoCode, PromoTaken
from hostkeep.shop.models import Cart, Group, Plan, Product, PromoCode
from hostkeep.shop.queries.holding import held_cart
from hostkeep.shop.queries.pricing_lines import lines_of, price_lines
from hostkeep.shop.queries.promos import applied, refusal_of
from hostkeep.shop.queries.trials import trials_given
from hostkeep.shop.rules.pricing import sum_of
from hostkeep.shop.rules.promo import normal
from hostkeep.shop.rules.promo_making import Making, Offered, checked


@dataclass(frozen=True, slots=True)
class PromoChanged:
    """A code that was made, switched off or on again."""

    promo: UUID

    @property
    def ref(self) -> Ref:
        """The code."""
        return Ref("shop.promo_code", self.promo)


@recorded("shop.promo.made")
def make_promo(act: Act, *, making: Making) -> PromoChanged:
    """Make a code of act.brand.  It never changes afterwards: it is switched off, and another one made.

    Writes a PromoCode and an audit entry, or nothing.  Raises BadPromo, PromoTaken.
    """
    good = checked(making, _offered(act), at=act.at)
    code = normal(good.code)
    row = PromoCode(
        brand=act.brand, code=code, title=dict(good.title), kind=good.kind, value=good.value,
        currency=good.currency, groups=list(good.groups), products=list(good.products),
        plans=list(good.plans), cycles=list(good.months), periods=good.periods, least=dict(good.least or {}),
        most_uses=good.most_uses, most_each=good.most_each, new_customers_only=good.new_customers_only,
        starts_at=good.starts_at, ends_at=good.ends_at, created_at=act.at,
    )  # fmt: skip
    PromoCode.objects.bulk_create([row], ignore_conflicts=True)
    if not PromoCode.objects.filter(id=row.id).exists():
        raise PromoTaken(promo=code)
    return PromoChanged(row.id)


@recorded("shop.promo.switched_off")
def switch_off_promo(act: Act, *, promo: UUID) -> PromoChanged:
    """Take a code out of use; orders that used it, and their discounts, stay.  Again: changes nothing.

    Raises NoSuchPromoCode.
    """
    row = _held(act, promo)
    row.retired_at = row.retired_at or act.at
    row.save(update_fields=["retired_at"])
    return PromoChanged(row.id)


@recorded("shop.promo.switched_on")
def switch_on_promo(act: Act, *, promo: UUID) -> PromoChanged:
    """Bring a code back into use, within its days and limits.  Raises NoSuchPromoCode."""
    row = _held(act, promo)
    row.retired_at = None
    row.save(update_fields=["retired_at"])
    return PromoChanged(row.id)


@recorded("shop.cart.promo_put_in")
def put_in_promo(act: Act, *, cart: CartId, typed: str, account: AccountId | None) -> CartChanged:
    """Put a code into a cart, in place of the one that lay there.  Nothing is reserved before the order.

    typed    what somebody typed; letters count as capitals
    account  who would order, or None where nobody knows yet

    Whoever calls keeps the pace of trying.  Writes the cart and an audit entry, or nothing.
    Raises NoSuchCart, NoSuchPromo (whatever holds for nobody now), PromoOtherCurrency, PromoNotForThese,
    PromoUnderLeast, PromoNewOnly, PromoUsedBefore.
    """
    held = held_cart(act, cart)
    code = normal(typed)
    promo = PromoCode.objects.filter(brand=act.brand, code=code).first() if code else None
    if promo is None:
        raise NoSuchPromo
    currency = CURRENCIES[held.currency]
    listed = price_lines(lines_of(as_system(act, act.brand), held), currency)
    orderer = account or _owner(held)
    priced = trials_given(act, listed, orderer)
    due = sum_of([line.whole for line in priced], currency).first
    found = applied(promo, priced, due=due, at=act.at, account=orderer)
    if found.why:
        raise refusal_of(found.why, promo, held.currency)
    return _holding(act, held, promo)


@recorded("shop.cart.promo_taken_out")
def take_out_promo(act: Act, *, cart: CartId) -> CartChanged:
    """Take the code out of a cart; one without stays as it is.

    Writes the cart and an audit entry, or nothing.  Raises NoSuchCart.
    """
    return _holding(act, held_cart(act, cart), None)


def _holding(act: Act, held: Cart, promo: PromoCode | None) -> CartChanged:
    """Let a cart hold a code, or none."""
    held.promo = promo
    held.touched_at = act.at
    held.save(update_fields=["promo", "touched_at"])
    return CartChanged(CartId(held.id))


def _owner(cart: Cart) -> AccountId | None:
    """Return whose a cart is."""
    return AccountId(cart.account_id) if cart.account_id else None


def _held(act: Act, promo: UUID) -> PromoCode:
    """Return a code of act.brand under lock.  Raises NoSuchPromoCode."""
    row = PromoCode.objects.select_for_update().filter(id=promo, brand=act.brand).first()
    if row is None:
        raise NoSuchPromoCode
    return row


def _offered(act: Act) -> Offered:
    """Return what a code of act.brand may name: what is on the shelves today."""
    products = Product.objects.filter(brand=act.brand, retired_at=None)
    groups = Group.objects.filter(brand=act.brand, retired_at=None)
    plans = Plan.objects.filter(product__in=products, retired_at=None)
    return Offered(
        brand(act.brand).currencies,
        frozenset(groups.values_list("slug", flat=True)),
        frozenset(products.values_list("slug", flat=True)),
        frozenset(plans.values_list("slug", flat=True)),
    )
