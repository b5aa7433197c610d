"""Cart lines with today's prices, for this room's own queries and actions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from hostkeep.kernel.act import Act
from hostkeep.kernel.money import Currency, Money
from hostkeep.runtime.together import Question, ask
from hostkeep.runtime.written import Key, objects, objects_of
from hostkeep.shop.boxing import Chosen, use_lines
from hostkeep.shop.models import Cart, CartLine, Choice, ChoicePrice, Group, Option, Plan, Price, Product
from hostkeep.shop.queries.add_ons import entries_of
from hostkeep.shop.queries.meters import note_meters
from hostkeep.shop.rules.add_ons import AddOnPrice, price_of, sum_of_add_ons
from hostkeep.shop.rules.catalogue import AddOnEntry
from hostkeep.shop.rules.pricing import Cost, Extra, PlanPrice, cost_of
from hostkeep.shop.rules.term_columns import term_of


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
    """Price lines, trials left out.  One way to the server at most, however many lines."""
    plans = tuple({line.plan.id for line in lines})
    choices = tuple({UUID(choice) for line in lines for choice in line.chosen.choices})
    return _all_priced(lines, _prices_of(*ask(*_prices(plans, choices, currency))), currency)


def locked_and_priced(
    act: Act, cart: Cart, lying: Sequence[CartLine], currency: Currency
) -> tuple[PricedLine, ...]:
    """Return the lines of a cart as they are priced now, their products locked in the order of their ids.

    lying  its lines, read under its lock
    Plans and prices are read under the products' lock: a catalogue that was loaded meanwhile may have taken
    one off the shelf.  Trials are left out.  Raises the vault's Refused.
    """

    def locked(found: Sequence[tuple[CartLine, Chosen]]) -> tuple[PricedLine, ...]:
        plans = tuple({chosen.plan for _, chosen in found})
        choices = tuple({UUID(choice) for _, chosen in found for choice in chosen.choices})
        if not plans:
            return ()
        products, *rest = ask(
            objects(_products_locked, plans), *_shelved(plans), *_prices(plans, choices, currency)
        )
        note_meters(products)
        read = _plans_of(products, *rest[:2])
        lines = [OpenLine(line, chosen, read[chosen.plan]) for line, chosen in found]
        return _all_priced(lines, _prices_of(*rest[2:]), currency)

    return use_lines(act, cart, lying, locked)


@dataclass(frozen=True, slots=True)
class _Prices:
    """What is asked for today.

    plans    by plan
    choices  with their options, by choice
    """

    plans: Mapping[UUID, Price]
    choices: Mapping[UUID, tuple[Choice, ChoicePrice]]


def _all_priced(lines: Sequence[OpenLine], prices: _Prices, currency: Currency) -> tuple[PricedLine, ...]:
    """Price lines, trials left out."""
    plans = {
        line.plan.id: PlanPrice(
            Money(price.minor, currency), Money(price.setup_minor, currency), term_of(line.plan)
        )
        for line in lines
        if (price := prices.plans.get(line.plan.id)) is not None
    }
    extras = {
        name: (choice, Extra(Money(price.monthly_minor, currency), Money(price.once_minor, currency)))
        for name, (choice, price) in prices.choices.items()
    }
    wanted = Counter[UUID]()
    for line in lines:
        wanted[line.plan.product_id] += line.row.quantity
    return tuple(_priced(line, plans, extras, wanted, currency) for line in lines)


def _prices(plans: Key, choices: Key, currency: Currency) -> list[Question[Any]]:
    """Return the questions for what plans and choices cost; those of choices where there are some."""
    asked: list[Question[Any]] = [objects(_plan_prices, plans, currency.code)] if plans else []
    if choices:
        asked += [
            objects(_choice_prices, choices, currency.code), objects(_choices, choices),
            objects(_options, choices),
        ]  # fmt: skip
    return asked


def _prices_of(
    prices: Sequence[Price] = (), choice_prices: Sequence[ChoicePrice] = (), choices: Sequence[Choice] = (),
    options: Sequence[Option] = (),
) -> _Prices:  # fmt: skip
    """Put together what the questions of _prices found."""
    by_id = {option.id: option for option in options}
    for choice in choices:
        choice.option = by_id[choice.option_id]
    named = {choice.id: choice for choice in choices}
    extras = {price.choice_id: (named[price.choice_id], price) for price in choice_prices}
    return _Prices({price.plan_id: price for price in prices}, extras)


def _shelved(plans: Key) -> list[Question[Any]]:
    """Return the questions for plans and for the groups of their products."""
    return [objects(_groups, plans), objects(_plans, plans)]


def _plans_of(
    products: Sequence[Product], groups: Sequence[Group], plans: Sequence[Plan]
) -> dict[UUID, Plan]:
    """Return plans by their ids, with their products and groups."""
    by_id, on = {group.id: group for group in groups}, {product.id: product for product in products}
    for product in products:
        product.group = by_id[product.group_id]
    for plan in plans:
        plan.product = on[plan.product_id]
    return {plan.id: plan for plan in plans}


def lines_of(act: Act, cart: Cart) -> list[OpenLine]:
    """Return the lines of a cart with plan, product and group, oldest first.

    act  whoever looks, for a purpose of theirs
    Two queries, and one look through the wall.  Raises the vault's Refused.
    """
    return use_lines(act, cart, _lying_in(cart), _with_plans)


def _lying_in(cart: Cart) -> list[CartLine]:
    """Return the lines of a cart, oldest first."""
    return objects_of(lines_in, cart.id)


def lines_in(cart: UUID) -> QuerySet[CartLine]:
    """Return the query of a cart's lines, oldest first."""
    return CartLine.objects.filter(cart_id=cart).order_by("added_at", "id")


def _with_plans(found: Sequence[tuple[CartLine, Chosen]]) -> list[OpenLine]:
    """Read the plans that lines ask for."""
    named = tuple({chosen.plan for _, chosen in found})
    plans = _plans_of(*ask(objects(_products, named), *_shelved(named))) if named else {}
    return [OpenLine(line, chosen, plans[chosen.plan]) for line, chosen in found]


def _plans(plans: Iterable[UUID]) -> QuerySet[Plan]:
    """Return the query of plans."""
    return Plan.objects.filter(id__in=plans)


def _products(plans: Iterable[UUID]) -> QuerySet[Product]:
    """Return the query of the products of plans."""
    return Product.objects.filter(id__in=Plan.objects.filter(id__in=plans).values("product"))


def _products_locked(plans: Iterable[UUID]) -> QuerySet[Product]:
    """Return the query of the products of plans, locked in the order of their ids."""
    return _products(plans).select_for_update().order_by("id")


def _groups(plans: Iterable[UUID]) -> QuerySet[Group]:
    """Return the query of the groups of the products of plans."""
    return Group.objects.filter(id__in=_products(plans).values("group"))


def _plan_prices(plans: Iterable[UUID], currency: str) -> QuerySet[Price]:
    """Return the query of today's prices of plans."""
    return Price.objects.filter(plan_id__in=plans, currency=currency, until=None)


def _choice_prices(choices: Iterable[UUID], currency: str) -> QuerySet[ChoicePrice]:
    """Return the query of what choices add today."""
    return ChoicePrice.objects.filter(choice_id__in=choices, currency=currency, until=None)


def _choices(choices: Iterable[UUID]) -> QuerySet[Choice]:
    """Return the query of choices."""
    return Choice.objects.filter(id__in=choices)


def _options(choices: Iterable[UUID]) -> QuerySet[Option]:
    """Return the query of the options of choices."""
    return Option.objects.filter(id__in=Choice.objects.filter(id__in=choices).values("option"))


def _priced(
    line: OpenLine,
    plans: dict[UUID, PlanPrice],
    extras: dict[UUID, tuple[Choice, Extra]],
    wanted: Counter[UUID],
    currency: Currency,
) -> PricedLine:
    """Price one line."""
    plan, product = line.plan, line.plan.product
    picked = [extras[UUID(choice)] for choice in line.chosen.choices if UUID(choice) in extras]
    choices = tuple(sorted((choice for choice, _ in picked), key=lambda c: (c.option.position, c.position)))
    price = plans.get(plan.id)
    add_ons = _add_ons(line, plan, currency)
    is_gone = len(picked) < len(line.chosen.choices) or _retired(plan, choices)
    if price is None or add_ons is None or is_gone:
        nothing = Cost(Money(0, currency), Money(0, currency))
        return PricedLine(line, plan, product, choices, nothing, nothing, "retired")
    added = [extra for _, extra in picked]
    short = product.stock is not None and product.stock < wanted[product.id]
    return PricedLine(
        line=line,
        plan=plan,
        product=product,
        choices=choices,
        each=cost_of(price, added, 1),
        cost=cost_of(price, added, line.row.quantity),
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
        price = price_of(entry, term=term_of(plan), currency=currency)
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
