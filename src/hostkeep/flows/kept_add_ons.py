"""What becomes of add-ons where another plan, product or term is taken: said before it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hostkeep.kernel.act import Act
from hostkeep.kernel.money import CURRENCIES, Money
from hostkeep.kernel.terms import same_term
from hostkeep.shop.queries.add_ons import add_ons_of_products
from hostkeep.shop.queries.moves import MoveRow
from hostkeep.shop.rules.add_ons import price_of
from hostkeep.shop.rules.catalogue import AddOnEntry
from hostkeep.subscriptions.queries.add_ons import had_of
from hostkeep.subscriptions.queries.subscriptions import SubscriptionTold
from hostkeep.subscriptions.rules.add_ons import Had
from hostkeep.subscriptions.rules.prorating import at_own_price
from hostkeep.subscriptions.rules.terms import Calendar


@dataclass(frozen=True, slots=True)
class Stays:
    """An add-on that stays.  price: of all its pieces for a whole term then; was: for a whole term now."""

    title: str
    pieces: int
    price: Money
    was: Money


@dataclass(frozen=True, slots=True)
class Beside:
    """What becomes of add-ons by a change.

    keeps  the price of one piece of each that stays, by slug; None: all stay as they are
    stays, goes  for people: what stays, and what is dropped, by title
    """

    keeps: Mapping[str, Money] | None = None
    stays: tuple[Stays, ...] = ()
    goes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """The add-ons that a subscription has, and what others products offer of them.

    offered  by the product's slug
    """

    told: SubscriptionTold
    had: Sequence[Had]
    offered: Mapping[str, Sequence[AddOnEntry]]

    def beside(self, move: MoveRow) -> Beside:
        """Return what becomes of add-ons by a change.

        Another choice of the same product for the same term leaves them alone; else those stay that the
        product has, at the price that they have beside it.  One that the own product has no more is not lost
        by another term of it: it stays at the price that it has.
        """
        term = self.told.calendar.term
        if not self.had:
            return Beside()
        if move.product == self.told.told.product and same_term(move.term, term):
            return Beside(stays=tuple(Stays(h.title, h.quantity, h.whole, h.whole) for h in self.had))
        currency = CURRENCIES[self.told.price.currency.code]
        prices = self._own_prices(move) if move.product == self.told.told.product else {}
        prices |= {
            each.slug: price_of(each, term=move.term, currency=currency).term
            for each in self.offered.get(move.product, ()) if each.recurs
        }  # fmt: skip
        keeps = {each.slug: prices[each.slug] for each in self.had if each.slug in prices}
        stays = tuple(
            Stays(each.title, each.quantity, keeps[each.slug].times(each.quantity), each.whole)
            for each in self.had if each.slug in keeps
        )  # fmt: skip
        return Beside(keeps, stays, tuple(each.title for each in self.had if each.slug not in keeps))


    def _own_prices(self, move: MoveRow) -> dict[str, Money]:
        """Return what one piece of each comes to for the term of a move at the price that it has.

        Of pieces that were taken at several prices it is the lowest: nobody pays more than was agreed on.
        """
        plan, found = Calendar(self.told.billed_to, self.told.calendar.zone, move.term), dict[str, Money]()
        for each in self.had:
            price = at_own_price(each.unit, self.told.calendar.term, plan)
            found[each.slug] = min(found.get(each.slug, price), price, key=lambda amount: amount.minor)
        return found


def kept_of(act: Act, told: SubscriptionTold, moves: Sequence[MoveRow]) -> Kept:
    """Return a subscription's add-ons, and what the products that it could be changed into offer.

    One query, and two more where it has add-ons.
    """
    had = had_of(act, told.id, of=told.account)
    products = {move.product for move in moves}
    offered = add_ons_of_products(told.brand, products, currency=told.price.currency.code) if had else {}
    return Kept(told, had, offered)
