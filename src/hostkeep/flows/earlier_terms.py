"""What is wanted comes to for a term that runs out: a period of it is billed, and the next is of another.

Between the two a change is reckoned for both, so each must have its price: as the catalogue has it today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hostkeep.flows.kept_add_ons import Beside, Kept
from hostkeep.kernel.act import Act
from hostkeep.kernel.money import Money
from hostkeep.kernel.terms import Term
from hostkeep.shop.queries.add_ons import add_ons_for
from hostkeep.shop.queries.moves import MoveRow, in_term
from hostkeep.subscriptions.queries.changes import earlier_terms
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, SubscriptionTold
from hostkeep.subscriptions.rules.changing import InTerm


@dataclass(frozen=True, slots=True)
class Earlier:
    """What moves are on sale for in the terms that run out.  by: term; of each as many as there are moves."""

    moves: Sequence[MoveRow]
    by: Mapping[Term, Sequence[MoveRow | None]]
    kept: Kept

    def of(self, move: MoveRow, beside: Beside) -> dict[Term, InTerm]:
        """Return what a move comes to for each of them, as far as it is sold for it.

        beside  what becomes of add-ons by it
        """
        at, found = self.moves.index(move), dict[Term, InTerm]()
        for term, sold in self.by.items():
            same = sold[at]
            if same is not None:
                found[term] = InTerm(same.price, self._keeps(same, beside))
        return found

    def _keeps(self, same: MoveRow, beside: Beside) -> Mapping[str, Money] | None:
        """Return the prices of the add-ons that are kept, for the term of a move."""
        if beside.keeps is None:
            return None
        prices = self.kept.beside(same).keeps or {}
        return {slug: prices[slug] for slug in beside.keeps if slug in prices}


def earlier_of(
    act: Act, told: SubscriptionTold, kept: Kept, moves: Sequence[MoveRow], language: str
) -> Earlier:
    """Gather what a subscription could be changed into for terms that run out.

    moves  what it can be changed into
    Two queries, and five more for each term that runs out: most have none.
    """
    code = told.price.currency.code
    by = {
        term: in_term(told.brand, moves, term, currency=code, language=language)
        for term, _ in earlier_terms(told.id, at=act.at)
    }
    return Earlier(moves, by, kept)


def add_on_prices(
    act: Act, row: SubscriptionRow, *, product: str, slug: str, language: str
) -> dict[Term, Money]:
    """Return what one piece of an add-on comes to for terms that run out, as far as it is sold for them."""
    found = dict[Term, Money]()
    for term, _ in earlier_terms(row.id, at=act.at):
        offered = add_ons_for(
            row.brand, product, term=term, currency=row.price.currency.code, language=language
        )
        price = next((each.price for each in offered if each.slug == slug), None)
        if price is not None:
            found[term] = price
    return found
