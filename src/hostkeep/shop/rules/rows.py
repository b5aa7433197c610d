"""What the shop shows: frozen rows, in one language or with the texts of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hostkeep.kernel.ids import AccountId, BrandId, CartId, OrderId
from hostkeep.kernel.money import Currency, Money, halves_away
from hostkeep.shop.rules.catalogue import Words, in_language
from hostkeep.shop.rules.pricing import Cost


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan on sale.  price: for the whole term.  setup: once."""

    slug: str
    months: int
    price: Money
    setup: Money

    @property
    def monthly(self) -> Money:
        """The price of one month, rounded half away from zero; to compare, never to charge."""
        return Money(halves_away(self.price.minor, self.months), self.price.currency)


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
    each      the first term of one piece
    cost      of all pieces
    was       None: it costs what it did when it was put in; else what one piece cost then
    state     "good", "retired" (no longer sold) or "short" (fewer are left than asked)
    left      pieces left, or None where it never runs out
    """

    id: UUID
    product: str
    name: str
    plan: str
    months: int
    choices: tuple[tuple[str, str], ...]
    answers: Mapping[str, str]
    quantity: int
    each: Money
    cost: Cost
    was: Money | None
    state: str
    left: int | None
    requires: tuple[str, ...]
    recipient: str


@dataclass(frozen=True, slots=True)
class CartRow:
    """A cart as it stands.

    account   whose it is, or None for a guest's
    cost      of all lines that can be had, in list prices (brand.toml says whether with tax)
    requires  policy categories the order asks beyond sign-up, each once
    """

    id: CartId
    account: AccountId | None
    currency: Currency
    lines: tuple[LineRow, ...]
    cost: Cost
    requires: tuple[str, ...]

    @property
    def pieces(self) -> int:
        """How many pieces lie in it."""
        return sum(line.quantity for line in self.lines)

    @property
    def ready(self) -> bool:
        """Whether all of it can be ordered now."""
        return bool(self.lines) and all(line.state == "good" for line in self.lines)


@dataclass(frozen=True, slots=True)
class PickedRow:
    """What was chosen of one option, with the texts of all languages."""

    option: str
    choice: str
    label: Words
    choice_label: Words


@dataclass(frozen=True, slots=True)
class OrderLineRow:
    """A line of an order, as the catalogue stood when it was placed.

    recurring  all pieces, each term, in list prices
    setup      all pieces, once, in list prices
    spec       what the driver is asked to build for one piece, the choices and answers in it
    """

    id: UUID
    position: int
    product: str
    plan: str
    title: Words
    months: int
    quantity: int
    options: tuple[PickedRow, ...]
    recurring: Money
    setup: Money
    driver: str
    spec: Mapping[str, str]
    answers: Mapping[str, str]
    requires: tuple[str, ...]
    recipient: str

    @property
    def first(self) -> Money:
        """What is due for the first term, all pieces."""
        return self.recurring + self.setup

    @property
    def each_recurring(self) -> Money:
        """One piece, each term: recurring is so many times this."""
        return Money(self.recurring.minor // self.quantity, self.recurring.currency)

    @property
    def each_setup(self) -> Money:
        """One piece, once: setup is so many times this."""
        return Money(self.setup.minor // self.quantity, self.setup.currency)

    def described(self, language: str) -> str:
        """Return what was bought in one language: "Hexa M: Debian 13, 240 GB; example.vn"."""
        chosen = ", ".join(in_language(picked.choice_label, language) for picked in self.options)
        asked = ", ".join(self.answers.values())
        details = "; ".join(part for part in (chosen, asked) if part)
        title = in_language(self.title, language)
        return f"{title}: {details}" if details else title


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order.  total: due for the first terms, in list prices."""

    id: OrderId
    brand: BrandId
    account: AccountId
    total: Money
    placed_at: datetime
    lines: tuple[OrderLineRow, ...]

    @property
    def number(self) -> str:
        """What people call it: the first eight digits of its handle."""
        return str(self.id)[:8].upper()
