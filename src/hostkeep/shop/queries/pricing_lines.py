"""Cart lines with today's prices, for this room's own queries and actions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import QuerySet

from hostkeep.kernel.act import Act
from hostkeep.kernel.money import Currency, Money
from hostkeep.runtime.written import objects_of
from hostkeep.shop.boxing import Chosen, use_lines
from hostkeep.shop.models import Cart, CartLine, Choice, ChoicePrice, Plan, Price, Product
from hostkeep.shop.queries.add_ons import entries_of
from hostkeep.shop.rules.add_ons import AddOnPrice, price_of, sum_of_add_ons
from hostkeep.shop.rules.catalogue import AddOnEntry
from hostkeep.shop.rules.pricing import Cost, Extra, Term, cost_of


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A cart line with what it asks for.  plan: with its product and group."""

    row: CartLine
    chosen: Chosen
    plan: Plan


@dataclass(frozen=True, slots=True)
class PricedAddOn:
    """An add-on of a cart line and what it costs today.

    pieces  how many each piece of the line has of it
    price   of one; each: of what one piece of the line has; cost: of all
    """

    entry: AddOnEntry
    pieces: int
    price: AddOnPrice
    each: Cost
    cost: Cost


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A cart line and what it costs today.

    each and cost are the plan's with its choices; add-ons stand beside it.

    each   one piece; nothing where it is no longer sold
    cost   all pieces; nothing where it is no longer sold
    state  "good", "retired" or "short"
    trial_days  free before the first term; cost has it, each has not
    """

    line: OpenLine
    plan: Plan
    product: Product
    choices: tuple[Choice, ...]
    each: Cost
    cost: Cost
    state: str
    trial_days: int = 0
    add_ons: tuple[PricedAddOn, ...] = ()

    @property
    def whole(self) -> Cost:
        """What all pieces cost with their add-ons; those wait for the end of a trial as the plan does."""
        return _with(self.cost, [each.cost for each in self.add_ons])

    @property
    def each_whole(self) -> Cost:
        """What one piece costs with its add-ons."""
        return _with(self.each, [each.each for each in self.add_ons])


def with_trials(priced: Sequence[PricedLine], *, tried: frozenset[str]) -> tuple[PricedLine, ...]:
    """Return lines with the trials that their customer can have: one piece of a product, once.

    tried  slugs of the products that the customer has tried before
    """
    taken, lines = set(tried), list[PricedLine]()
    for line in priced:
        if line.state == "good" and is_for_trial(line) and line.product.slug not in taken:
            taken.add(line.product.slug)
            cost = replace(line.cost, later=line.cost.recurring)
            lines.append(replace(line, cost=cost, trial_days=line.plan.trial_days))
        else:
            lines.append(line)
    return tuple(lines)


def is_for_trial(line: PricedLine) -> bool:
    """Say whether a line is of the kind that can be tried: one piece of a plan that has a trial."""
    return line.plan.trial_days > 0 and line.line.row.quantity == 1


def price_lines(lines: Sequence[OpenLine], currency: Currency) -> tuple[PricedLine, ...]:
    """Price lines, trials left out.  Two queries, however many lines."""
    terms = _terms({line.plan.id: line.plan.months for line in lines}, currency)
    extras = _extras({UUID(choice) for line in lines for choice in line.chosen.choices}, currency)
    wanted = Counter[UUID]()
    for line in lines:
        wanted[line.plan.product_id] += line.row.quantity
    return tuple(_priced(line, terms, extras, wanted, currency) for line in lines)


def lines_of(act: Act, cart: Cart) -> list[OpenLine]:
    """Return the lines of a cart with plan, product and group, oldest first.

    act  whoever looks, for a purpose of theirs
    Two queries, and one look through the wall.  Raises the vault's Refused.
    """
    return use_lines(act, cart, _lying_in(cart), _with_plans)


def locked_lines_of(act: Act, cart: Cart) -> list[OpenLine]:
    """Return the lines of a cart as lines_of, their products locked first, in the order of their ids.

    The plans are read under the lock: a catalogue that was loaded meanwhile may have taken one off the shelf.
    """

    def locked(found: Sequence[tuple[CartLine, Chosen]]) -> list[OpenLine]:
        of_plans = Plan.objects.filter(id__in={chosen.plan for _, chosen in found}).values("product")
        list(Product.objects.select_for_update().filter(id__in=of_plans).order_by("id").values("id"))
        return _with_plans(found)

    return use_lines(act, cart, _lying_in(cart), locked)


def _lying_in(cart: Cart) -> list[CartLine]:
    """Return the lines of a cart, oldest first."""
    return objects_of(_lines, cart.id)


def _lines(cart: UUID) -> QuerySet[CartLine]:
    """Return the query of a cart's lines."""
    return CartLine.objects.filter(cart_id=cart).order_by("added_at", "id")


def _with_plans(found: Sequence[tuple[CartLine, Chosen]]) -> list[OpenLine]:
    """Read the plans that lines ask for."""
    plans = Plan.objects.select_related("product__group").in_bulk({chosen.plan for _, chosen in found})
    return [OpenLine(line, chosen, plans[chosen.plan]) for line, chosen in found]


def _terms(plans: Mapping[UUID, int], currency: Currency) -> dict[UUID, Term]:
    """Return today's prices of plans.  plans: their months, by id."""
    found = Price.objects.filter(plan_id__in=plans, currency=currency.code, until=None)
    return {
        price.plan_id: Term(
            Money(price.minor, currency), Money(price.setup_minor, currency), plans[price.plan_id]
        )
        for price in found
    }


def _extras(choices: set[UUID], currency: Currency) -> dict[UUID, tuple[Choice, Extra]]:
    """Return choices with what they add today."""
    found = ChoicePrice.objects.filter(choice_id__in=choices, currency=currency.code, until=None)
    return {
        price.choice_id: (
            price.choice,
            Extra(Money(price.monthly_minor, currency), Money(price.once_minor, currency)),
        )
        for price in found.select_related("choice__option")
    }


def _priced(
    line: OpenLine,
    terms: dict[UUID, Term],
    extras: dict[UUID, tuple[Choice, Extra]],
    wanted: Counter[UUID],
    currency: Currency,
) -> PricedLine:
    """Price one line."""
    plan, product = line.plan, line.plan.product
    picked = [extras[UUID(choice)] for choice in line.chosen.choices if UUID(choice) in extras]
    choices = tuple(sorted((choice for choice, _ in picked), key=lambda c: (c.option.position, c.position)))
    term = terms.get(plan.id)
    add_ons = _add_ons(line, plan, currency)
    is_gone = len(picked) < len(line.chosen.choices) or _retired(plan, choices)
    if term is None or add_ons is None or is_gone:
        nothing = Cost(Money(0, currency), Money(0, currency))
        return PricedLine(line, plan, product, choices, nothing, nothing, "retired")
    added = [extra for _, extra in picked]
    short = product.stock is not None and product.stock < wanted[product.id]
    return PricedLine(
        line=line,
        plan=plan,
        product=product,
        choices=choices,
        each=cost_of(term, added, 1),
        cost=cost_of(term, added, line.row.quantity),
        state="short" if short else "good",
        add_ons=add_ons,
    )


def _add_ons(line: OpenLine, plan: Plan, currency: Currency) -> tuple[PricedAddOn, ...] | None:
    """Price the add-ons of a line; None where one of them is no longer sold, or not so many of it."""
    offered = {each.slug: each for each in entries_of(plan.product)}
    priced = []
    for slug, pieces in line.chosen.add_ons.items():
        entry = offered.get(slug)
        if entry is None or pieces > entry.most:
            return None
        price = price_of(entry, months=plan.months, currency=currency)
        cost = price.times(pieces * line.row.quantity)
        priced.append(PricedAddOn(entry, pieces, price, price.times(pieces), cost))
    return tuple(priced)


def _with(plan: Cost, add_ons: Sequence[Cost]) -> Cost:
    """Add what add-ons cost to what a plan does."""
    extra = sum_of_add_ons(add_ons, plan.recurring.currency)
    later = None if plan.later is None else plan.later + extra.recurring
    return Cost(plan.recurring + extra.recurring, plan.setup + extra.setup, later)


def _retired(plan: Plan, choices: tuple[Choice, ...]) -> bool:
    """Say whether anything of a line was taken off the shelf."""
    ends = [plan.retired_at, plan.product.retired_at, plan.product.group.retired_at]
    for choice in choices:
        ends += [choice.retired_at, choice.option.retired_at]
    return any(end is not None for end in ends)
