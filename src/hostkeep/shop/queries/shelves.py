"""What is on sale.  Shelves are kept in the process's memory until the catalogue changes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import CURRENCIES, Currency, Money, money
from hostkeep.kernel.terms import Term
from hostkeep.shop.errors import NoSuchProduct
from hostkeep.shop.models import Catalogue, ChoicePrice, Price, Product
from hostkeep.shop.queries.add_ons import entries_of, row_of
from hostkeep.shop.rules.catalogue import Words, in_language
from hostkeep.shop.rules.rows import (
    AddOnRow,
    CardRow,
    ChoiceRow,
    FactRow,
    GroupRow,
    OptionRow,
    PlanRow,
    ProductRow,
    QuestionRow,
)
from hostkeep.shop.rules.term_columns import term_of

REMEMBERED = 256
"""How many shelves and products a process remembers; a language and a currency count as one each."""


def groups_of(brand: BrandId, *, currency: str, language: str) -> tuple[GroupRow, ...]:
    """Return what a brand offers, in the catalogue's order, hidden products left out.

    currency  ISO 4217, one of the brand's; in another one nothing is offered
    One query, and one more after each change of the catalogue.
    """
    sold_out = Product.objects.filter(brand=OuterRef("brand"), stock=0, retired_at=None).order_by("slug")
    found = (
        Catalogue.objects.filter(brand=brand)
        .values_list("revision", ArraySubquery(sold_out.values("slug")))
        .first()
    )
    if found is None:
        return ()
    revision, gone = found
    return _groups(brand, currency, language, revision, tuple(gone))


def product_by_slug(brand: BrandId, slug: str, *, currency: str, language: str) -> ProductRow:
    """Return a product on sale with its plans, options and add-ons, hidden ones too.

    Raises NoSuchProduct.  Three queries.
    """
    product = _on_sale(Product.objects.filter(brand=brand, slug=slug)).select_related("group").first()
    if product is None or currency not in CURRENCIES:
        raise NoSuchProduct
    plans = Price.objects.filter(
        plan__product=product, plan__retired_at=None, currency=currency, until=None
    ).select_related("plan").order_by("plan__position")
    options = ChoicePrice.objects.filter(
        choice__option__product=product,
        choice__option__retired_at=None,
        choice__retired_at=None,
        currency=currency,
        until=None,
    ).select_related("choice__option")
    return ProductRow(
        slug=product.slug,
        name=in_language(product.title, language),
        tagline=in_language(product.text, language),
        group=product.group.slug,
        group_name=in_language(product.group.title, language),
        facts=_facts(product.facts, language),
        plans=tuple(_plan(price) for price in plans),
        options=_options(options.order_by("choice__option__position", "choice__position"), language),
        questions=tuple(
            QuestionRow(asked["slug"], in_language(asked["label"], language), asked["ending"])
            for asked in product.questions
        ),
        requires=tuple(product.requires),
        recipient=product.recipient,
        resold=product.resold,
        left=product.stock,
        add_ons=_add_ons(product, plans, CURRENCIES[currency], language),
    )


def _add_ons(
    product: Product, plans: QuerySet[Price], currency: Currency, language: str
) -> tuple[AddOnRow, ...]:
    """Freeze what can be had beside a product, priced for the first of its plans."""
    term = next((term_of(price.plan) for price in plans), Term("month", 1))
    return tuple(
        row_of(each, term=term, currency=currency, language=language) for each in entries_of(product)
    )


def catalogue_digest(brand: BrandId) -> str:
    """Return the SHA-256 of the catalogue a brand sells from, or an empty text before the first."""
    return Catalogue.objects.filter(brand=brand).values_list("digest", flat=True).first() or ""


@lru_cache(maxsize=REMEMBERED)
def _groups(
    brand: BrandId,
    currency: str,
    language: str,
    _revision: UUID,
    gone: tuple[str, ...],
) -> tuple[GroupRow, ...]:
    """Read the shelves as of a revision; it is part of the key alone, and no revision comes twice."""
    prices = Price.objects.filter(
        until=None, currency=currency, plan__retired_at=None, plan__product__brand=brand,
        plan__product__hidden=False, plan__product__retired_at=None, plan__product__group__retired_at=None,
    )  # fmt: skip
    rows = prices.select_related("plan__product__group").order_by(
        "plan__product__group__position", "plan__product__position", "plan__position"
    )
    return tuple(
        _group(
            [next(each) for _, each in groupby(shelf, key=lambda price: price.plan.product_id)],
            language,
            gone,
        )
        for _, shelf in groupby(rows, key=lambda price: price.plan.product.group_id)
    )


def _group(firsts: list[Price], language: str, gone: tuple[str, ...]) -> GroupRow:
    """Freeze a shelf from the first price of each of its products."""
    group = firsts[0].plan.product.group
    cards = tuple(_card(price, language, gone) for price in firsts)
    return GroupRow(
        slug=group.slug,
        name=in_language(group.title, language),
        intro=in_language(group.text, language),
        labels=tuple(fact.label for fact in cards[0].facts),
        cards=cards,
    )


def _card(price: Price, language: str, gone: tuple[str, ...]) -> CardRow:
    """Freeze a product of a price list."""
    product = price.plan.product
    return CardRow(
        slug=product.slug,
        name=in_language(product.title, language),
        tagline=in_language(product.text, language),
        facts=_facts(product.facts, language),
        plan=_plan(price),
        sold_out=product.slug in gone,
    )


def _on_sale(products: QuerySet[Product]) -> QuerySet[Product]:
    """Leave out what was taken off the shelf."""
    return products.filter(retired_at=None, group__retired_at=None)


def _plan(price: Price) -> PlanRow:
    """Freeze a plan."""
    return PlanRow(
        price.plan.slug,
        term_of(price.plan),
        money(price.minor, price.currency),
        money(price.setup_minor, price.currency),
        price.plan.trial_days,
    )


def _options(prices: Iterable[ChoicePrice], language: str) -> tuple[OptionRow, ...]:
    """Freeze options from the prices of their choices, which come in order."""
    rows = []
    for option, found in groupby(prices, key=lambda price: price.choice.option):
        choices = tuple(_choice(price, language) for price in found)
        rows.append(OptionRow(option.slug, in_language(option.title, language), choices))
    return tuple(rows)


def _choice(price: ChoicePrice, language: str) -> ChoiceRow:
    """Freeze a choice."""
    choice, currency = price.choice, CURRENCIES[price.currency]
    return ChoiceRow(
        choice.slug,
        in_language(choice.title, language),
        in_language(choice.note, language),
        Money(price.monthly_minor, currency),
        Money(price.once_minor, currency),
    )


def _facts(facts: list[dict[str, Words]], language: str) -> tuple[FactRow, ...]:
    """Freeze the cells of a price list."""
    return tuple(
        FactRow(in_language(fact["label"], language), in_language(fact["value"], language)) for fact in facts
    )
