"""Add-ons of products, as the catalogue sells them now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import CURRENCIES, Currency, Money
from hostkeep.kernel.terms import Term, same_term
from hostkeep.shop.models import Plan, Product
from hostkeep.shop.rules.add_ons import price_of
from hostkeep.shop.rules.catalogue import AddOnEntry, TermPrice, in_language
from hostkeep.shop.rules.rows import AddOnRow
from hostkeep.shop.rules.term_columns import columns_of, read_term_of, term_of


def entries_of(product: Product) -> tuple[AddOnEntry, ...]:
    """Read the add-ons of a product back as they were loaded."""
    return tuple(_entry(said) for said in product.add_ons)


def add_ons_of_products(
    brand: BrandId, products: Iterable[str], *, currency: str
) -> Mapping[str, tuple[AddOnEntry, ...]]:
    """Return the add-ons of a brand's products by their slugs; none of those that are off the shelf.

    In a currency that the house does not know, nothing is offered.  One query.
    """
    if currency not in CURRENCIES:
        return {}
    found = Product.objects.filter(
        brand=brand, slug__in=set(products), retired_at=None, group__retired_at=None
    )
    return {row.slug: entries_of(row) for row in found}


@dataclass(frozen=True, slots=True)
class AddOnOnFile:
    """An add-on that is billed each term, beside a plan on sale.

    plan    slug of a plan, and `term` its length
    name    the product's; title: the add-on's
    prices  of one piece for that term, by currency
    """

    product: str
    plan: str
    add_on: str
    name: str
    title: str
    term: Term
    prices: Mapping[str, Money]


def add_ons_on_file(brand: BrandId, *, language: str) -> tuple[AddOnOnFile, ...]:
    """Return the add-ons that a brand bills each term, beside each plan that it sells.  One query."""
    found = Plan.objects.filter(
        product__brand=brand, retired_at=None, product__retired_at=None, product__group__retired_at=None,
    ).select_related("product__group")  # fmt: skip
    return tuple(
        AddOnOnFile(
            row.product.slug, row.slug, each.slug, in_language(row.product.title, language),
            in_language(each.name, language), term_of(row),
            _prices(each, term_of(row)),
        )
        for row in found.order_by("product__group__position", "product__position", "position", "id")
        for each in entries_of(row.product) if each.recurs
    )  # fmt: skip


def _prices(entry: AddOnEntry, term: Term) -> Mapping[str, Money]:
    """Return what one piece of an add-on costs for a term, in each currency that it has a price in."""
    own = next((each.prices for each in entry.terms if same_term(each.term, term)), {})
    codes = [code for code in CURRENCIES if code in own or code in entry.monthly]
    return {code: price_of(entry, term=term, currency=CURRENCIES[code]).term for code in codes}


def recurs_beside(brand: BrandId, *, product: str, add_on: str) -> bool:
    """Say whether a brand's product has an add-on that is billed each term.  One query."""
    row = Product.objects.filter(brand=brand, slug=product).first()
    return row is not None and any(each.slug == add_on and each.recurs for each in entries_of(row))


def add_ons_for(
    brand: BrandId, product: str, *, term: Term, currency: str, language: str
) -> tuple[AddOnRow, ...]:
    """Return what can be had beside a product for a term, in the catalogue's order.

    Nothing where no plan of it has that term, or it is no longer sold.  Two queries.
    """
    entries = add_ons_of_products(brand, [product], currency=currency).get(product, ())
    plans = Plan.objects.filter(product__brand=brand, product__slug=product, **columns_of(term))
    if not entries or not plans.exists():
        return ()
    money = CURRENCIES[currency]
    return tuple(row_of(each, term=term, currency=money, language=language) for each in entries)


def row_of(entry: AddOnEntry, *, term: Term, currency: Currency, language: str) -> AddOnRow:
    """Return an add-on as it is shown beside a plan of a term."""
    price = price_of(entry, term=term, currency=currency)
    return AddOnRow(
        slug=entry.slug, name=in_language(entry.name, language), blurb=in_language(entry.blurb, language),
        price=price.term, once=price.once, recurs=entry.recurs, most=entry.most, work=entry.work,
        terms={each.term: Money(each.prices[currency.code], currency) for each in entry.terms},
        monthly=Money(entry.monthly.get(currency.code, 0), currency),
    )  # fmt: skip


def _entry(said: Mapping[str, Any]) -> AddOnEntry:
    """Read one."""
    terms = tuple(TermPrice(read_term_of(each), each["prices"]) for each in said["terms"])
    return AddOnEntry(**{**said, "terms": terms})
