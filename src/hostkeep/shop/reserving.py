"""A promo code at the moment of ordering: looked at under lock, and reserved with the order.

Only `shop.actions.ordering` calls this, inside its transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.money import Money, total
from hostkeep.shop.models import Cart, Order, PromoCode, Redemption
from hostkeep.shop.queries.pricing_lines import PricedLine
from hostkeep.shop.queries.promos import applied, problem_of
from hostkeep.shop.rules.promo import Why
from hostkeep.shop.rules.rows import PromoRow


@dataclass(frozen=True, slots=True)
class Reduced:
    """What lines come to with the cart's code.

    promo      the code under lock, or None where the cart has none
    why        why the code does not apply, or empty
    discounts  by line, all pieces; due: what is to be paid for the first terms, in list prices
    """

    promo: PromoCode | None
    why: Why
    discounts: tuple[Money, ...]
    due: Money

    @property
    def discount(self) -> Money:
        """What is taken off in all."""
        return total(self.discounts, self.due.currency)

    @property
    def is_used(self) -> bool:
        """Whether the order uses a code."""
        return self.promo is not None and not self.why

    @property
    def row(self) -> PromoRow | None:
        """The code as it lies in the cart."""
        promo = self.promo
        if promo is None:
            return None
        problem = problem_of(self.why, promo, self.due.currency.code) if self.why else None
        return PromoRow(promo.code, problem, self.discount, promo.periods)

    def demand_held(self) -> None:
        """Tell whoever saw another amount that their code no longer holds, if it is so.

        Raises PromoGone and what else a code may be refused by.
        """
        if self.promo is not None and self.why:
            raise problem_of(self.why, self.promo, self.due.currency.code)


def reduce(act: Act, held: Cart, priced: Sequence[PricedLine], listed: Money, account: AccountId) -> Reduced:
    """Return what priced lines of a locked cart come to with its code, the code's row locked.

    The lock is what makes a use countable: whoever orders with the same code waits here until this order
    stands or fails, and then sees its use.
    """
    nothing = tuple(line.cost.recurring.times(0) for line in priced)
    if held.promo_id is None:
        return Reduced(None, "", nothing, listed)
    promo = PromoCode.objects.select_for_update().get(id=held.promo_id)
    found = applied(promo, priced, due=listed, at=act.at, account=account)
    return Reduced(promo, found.why, found.discounts, listed - total(found.discounts, listed.currency))


def reserve(act: Act, order: Order, reduced: Reduced) -> None:
    """Write the use of a code that applies, and count it; nothing where none does."""
    if reduced.promo is None or reduced.why:
        return
    Redemption.objects.create(
        promo=reduced.promo, order=order, account=order.account_id,
        discount_minor=reduced.discount.minor, reserved_at=act.at,
    )  # fmt: skip
    PromoCode.objects.filter(id=reduced.promo.id).update(uses=F("uses") + 1)
