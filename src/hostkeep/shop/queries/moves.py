"""What can be had in place of a product: another term, another choice, another product of its shelf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import CURRENCIES, Currency, Money
from hostkeep.kernel.terms import Term, same_term
from hostkeep.shop.models import Choice, ChoicePrice, Option, Price, Product
from hostkeep.shop.rules.catalogue import in_language
from hostkeep.shop.rules.pricing import Extra, PlanPrice, cost_of
from hostkeep.shop.rules.term_columns import term_of


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A product with a plan and choices, as it is on sale today.

    group    its shelf
    name     what people read of it
    title    as an invoice says it; empty where it stays as it is
    price    for the whole term, its choices in it
    choices  by option
    spec     what the driver builds of it; empty where that stays as it is
    """

    product: str
    plan: str
    term: Term
    group: str
    name: str
    title: str
    price: Money
    choices: Mapping[str, str]
    spec: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What is read at once.  prices: by plan; extras: by choice."""

    options: Mapping[object, Sequence[Option]]
    choices: Mapping[object, Sequence[Choice]]
    extras: Mapping[object, Extra]
    language: str


def moves_from(
    brand: BrandId, product: str, choices: Mapping[str, str], *, plan: str, currency: str, language: str
) -> tuple[MoveRow, ...]:
    """Return what a product can be exchanged for, in the catalogue's order.

    choices  those that are had, by option; kept where the other product has them too
    plan     the one that is had
    Other products are those of the same shelf and driver for the same term, as far as nothing is asked about
    them.  Nothing where the product is no longer known.  Six queries.
    """
    had = Product.objects.filter(brand=brand, slug=product).select_related("group").first()
    if had is None or currency not in CURRENCIES:
        return ()
    found = Product.objects.filter(group=had.group, driver=had.driver, retired_at=None, stock=None)
    others = [each for each in found.filter(hidden=False, questions=[]).order_by("position") if each != had]
    prices = _prices([had, *others], currency)
    shelf = _shelf([had, *others], CURRENCIES[currency], language)
    of_had = (price.plan for price in prices if price.plan.product_id == had.id and price.plan.slug == plan)
    term = next(map(term_of, of_had), None)
    moves: list[MoveRow] = []
    for price in prices:
        one = price.plan.product
        if one == had and term_of(price.plan) == term:
            moves += _other_choices(price, choices, shelf) if not had.questions else ()
        elif one == had:
            moves.append(_move(price, _kept(one, choices, shelf), shelf, stays=True))
        elif term_of(price.plan) == term:
            moves.append(_move(price, _kept(one, choices, shelf), shelf))
    return tuple(moves)


def in_term(
    brand: BrandId, moves: Sequence[MoveRow], term: Term, *, currency: str, language: str
) -> tuple[MoveRow | None, ...]:
    """Return moves as they are on sale today for another term, in their order; None where one is not.

    Five queries.
    """
    found = Product.objects.filter(brand=brand, slug__in={move.product for move in moves}, retired_at=None)
    products = {each.slug: each for each in found}
    prices = {
        price.plan.product_id: price for price in _prices(list(products.values()), currency)
        if same_term(term_of(price.plan), term)
    }  # fmt: skip
    shelf = _shelf(list(products.values()), CURRENCIES[currency], language)

    def sold(move: MoveRow) -> MoveRow | None:
        product = products.get(move.product)
        price = prices.get(product.id) if product is not None else None
        if product is None or price is None:
            return None
        same = _move(price, _kept(product, move.choices, shelf), shelf)
        return same if same.choices == dict(move.choices) else None

    return tuple(sold(move) for move in moves)


def _prices(products: Sequence[Product], currency: str) -> list[Price]:
    """Return today's prices of products' plans, in the catalogue's order."""
    found = Price.objects.filter(
        plan__product__in=products, plan__retired_at=None, currency=currency, until=None
    )
    rows = found.select_related("plan__product__group")
    return list(rows.order_by("plan__product__position", "plan__position"))


def _shelf(products: Sequence[Product], currency: Currency, language: str) -> _Shelf:
    """Return the options of products, with their choices and what these cost today."""
    options: dict[object, list[Option]] = {}
    choices: dict[object, list[Choice]] = {}
    for option in Option.objects.filter(product__in=products, retired_at=None).order_by("position"):
        options.setdefault(option.product_id, []).append(option)
    known = Choice.objects.filter(option__product__in=products, option__retired_at=None, retired_at=None)
    for choice in known.select_related("option").order_by("position"):
        choices.setdefault(choice.option_id, []).append(choice)
    prices = ChoicePrice.objects.filter(choice__in=known, currency=currency.code, until=None)
    extras: dict[object, Extra] = {
        price.choice_id: Extra(Money(price.monthly_minor, currency), Money(price.once_minor, currency))
        for price in prices
    }
    return _Shelf(options, choices, extras, language)


def _kept(product: Product, choices: Mapping[str, str], shelf: _Shelf) -> list[Choice]:
    """Return what is chosen of each option: what was, or else its standard."""
    kept: list[Choice] = []
    for option in shelf.options.get(product.id, ()):
        offered = shelf.choices.get(option.id, ())
        same = [one for one in offered if one.slug == choices.get(option.slug)]
        kept += same or list(offered[:1])
    return kept


def _other_choices(price: Price, choices: Mapping[str, str], shelf: _Shelf) -> Iterator[MoveRow]:
    """Yield the same plan with one other choice, of options whose choices cost different amounts."""
    kept = _kept(price.plan.product, choices, shelf)
    for option in shelf.options.get(price.plan.product_id, ()):
        offered = shelf.choices.get(option.id, ())
        if len({shelf.extras[one.id].monthly for one in offered if one.id in shelf.extras}) < 2:  # noqa: PLR2004
            continue
        for one in offered:
            if one not in kept:
                rest = [each for each in kept if each.option_id != option.id]
                label = ": ".join(in_language(text, shelf.language) for text in (option.title, one.title))
                yield _move(price, sorted([*rest, one], key=lambda c: c.option.position), shelf, name=label)


def _move(
    price: Price, chosen: Sequence[Choice], shelf: _Shelf, *, stays: bool = False, name: str = ""
) -> MoveRow:
    """Return a plan with choices, priced."""
    plan, product, currency = price.plan, price.plan.product, CURRENCIES[price.currency]
    priced = PlanPrice(Money(price.minor, currency), Money(price.setup_minor, currency), term_of(plan))
    cost = cost_of(priced, [shelf.extras[one.id] for one in chosen if one.id in shelf.extras], 1)
    called = in_language(product.title, shelf.language)
    spec = dict(product.spec)
    for one in chosen:
        spec |= one.spec
    details = ", ".join(in_language(one.title, shelf.language) for one in chosen)
    return MoveRow(
        product=product.slug,
        plan=plan.slug,
        term=priced.term,
        group=product.group.slug,
        name=name or called,
        title="" if stays else (f"{called}: {details}" if details else called),
        price=cost.recurring,
        choices={one.option.slug: one.slug for one in chosen},
        spec={} if stays else spec,
    )
