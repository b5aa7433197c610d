"""What the shop shows: frozen rows, in one language or with the texts of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import AccountId, CartId
from hostkeep.kernel.money import Currency, Money, halves_away, total
from hostkeep.kernel.sealed import Sealed
from hostkeep.kernel.terms import Term
from hostkeep.shop.rules.pricing import Cost


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan on sale.

    price       for the whole term
    setup       once
    trial_days  free before the first term, for one piece and once a customer
    """

    slug: str
    term: Term
    price: Money
    setup: Money
    trial_days: int = 0

    @property
    def monthly(self) -> Money | None:
        """The price of one month, rounded half away from zero; to compare, never to charge.

        None for a term of hours or days.
        """
        months = self.term.months
        return Money(halves_away(self.price.minor, months), self.price.currency) if months else None


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """A choice on sale.  monthly: for each month of the term.  once: with the first invoice."""

    slug: str
    label: str
    note: str
    monthly: Money
    once: Money


@dataclass(frozen=True, slots=True)
class OptionRow:
    """An option; the first of its choices is the standard one."""

    slug: str
    label: str
    choices: tuple[ChoiceRow, ...]


@dataclass(frozen=True, slots=True)
class AddOnRow:
    """An add-on on sale, beside a plan.

    price    of one piece for the plan's term; nothing for what is bought once
    once     with the first bill: its set-up, or all there is of it
    recurs   whether it is billed each term
    most     how many a service may have
    work     whether something is done to the service for it
    monthly, terms  what the price is made of: for each month, but for some terms their own
    """

    slug: str
    name: str
    blurb: str
    price: Money
    once: Money
    recurs: bool
    most: int
    work: bool
    monthly: Money
    terms: Mapping[Term, Money]

    def for_term(self, term: Term) -> Money:
        """Return what one piece costs for a term."""
        return self.terms.get(term, self.monthly.times(term.months))

    @property
    def choices(self) -> range:
        """How many a service may have of it, none among them."""
        return range(self.most + 1)


@dataclass(frozen=True, slots=True)
class AddOnTaken:
    """An add-on of a line of a cart or order.

    pieces  how many each service has of it
    cost    of all pieces of the line, in list prices
    """

    slug: str
    name: str
    pieces: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class FactRow:
    """A cell of the price list."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A plain question of the product page.  ending: what the answer must end with, or an empty text."""

    slug: str
    label: str
    ending: str


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product with all there is to choose.

    requires   policy categories its order asks beyond sign-up
    recipient  the policy's recipient of these, or an empty text
    left       pieces left, or None where it never runs out
    add_ons    extras that can be had beside it, priced for the first of its plans
    """

    slug: str
    name: str
    tagline: str
    group: str
    group_name: str
    facts: tuple[FactRow, ...]
    plans: tuple[PlanRow, ...]
    options: tuple[OptionRow, ...]
    questions: tuple[QuestionRow, ...]
    requires: tuple[str, ...]
    recipient: str
    resold: bool
    left: int | None
    add_ons: tuple[AddOnRow, ...] = ()


@dataclass(frozen=True, slots=True)
class CardRow:
    """A product in a price list.  plan: the first of its plans."""

    slug: str
    name: str
    tagline: str
    facts: tuple[FactRow, ...]
    plan: PlanRow
    sold_out: bool


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A shelf.  labels: the heads of its columns."""

    slug: str
    name: str
    intro: str
    labels: tuple[str, ...]
    cards: tuple[CardRow, ...]


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of a cart.

    choices   (option, choice) as people read them
    answers   by the question's slug
    each      the first term of one piece, its add-ons with it
    cost      of all pieces, in list prices, without add-ons
    add_ons   what is taken beside it
    discount  what the cart's code takes off the first term of all pieces
    was       None: it costs what it did when it was put in; else what one piece cost then
    state     "good", "retired" (no longer sold) or "short" (fewer are left than asked)
    left      pieces left, or None where it never runs out
    trial_days  free before the first term, which costs nothing with the order then
    """

    id: UUID
    product: str
    name: str
    plan: str
    term: Term
    choices: tuple[tuple[str, str], ...]
    answers: Mapping[str, str]
    quantity: int
    each: Money
    cost: Cost
    discount: Money
    was: Money | None
    state: str
    left: int | None
    requires: tuple[str, ...]
    recipient: str
    trial_days: int = 0
    add_ons: tuple[AddOnTaken, ...] = ()

    @property
    def renewal(self) -> Money:
        """What each term after the first comes to, all pieces with their add-ons."""
        beside = [each.cost.recurring for each in self.add_ons]
        return total([self.cost.recurring, *beside], self.cost.recurring.currency)

    @property
    def reduced(self) -> Money:
        """What each term after the first comes to for as long as the cart's code holds."""
        return self.renewal - self.discount


@dataclass(frozen=True, slots=True)
class PromoRow:
    """The promo code that lies in a cart.

    problem   why it does not apply, or None
    discount  what it takes off the first terms, in list prices; nothing where it does not apply
    periods   for how many periods it holds, the first among them; None: for good
    """

    code: str
    problem: Foreseen | None
    discount: Money
    periods: int | None

    @property
    def less(self) -> Money:
        """The discount as a sum shows it, less than nothing."""
        return -self.discount

    @property
    def lasts(self) -> bool:
        """Whether it takes off terms after the first too."""
        return self.problem is None and self.periods != 1


@dataclass(frozen=True, slots=True)
class CartRow:
    """A cart as it stands.

    account   whose it is, or None for a guest's
    lines     what lies in it
    cost      of all lines that can be had, in list prices (brand.toml says whether with tax)
    promo     the code that lies in it, or None
    requires  policy categories the order asks beyond sign-up, each once
    pieces    how many pieces lie in it
    ready     whether all of it can be ordered now
    """

    id: CartId
    account: AccountId | None
    currency: Currency
    lines: Sealed[tuple[LineRow, ...]]
    cost: Cost
    requires: tuple[str, ...]
    pieces: int
    ready: bool
    promo: PromoRow | None

    @property
    def discount(self) -> Money:
        """What its code takes off the first terms, in list prices."""
        return self.promo.discount if self.promo else Money(0, self.currency)

    @property
    def due(self) -> Money:
        """What the first terms come to in list prices, the code's discount taken off."""
        return self.cost.first - self.discount
