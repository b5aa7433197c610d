"""Prices of metered use, as the shop shows them before anybody buys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.http import HttpRequest

from hostkeep.brands.queries import BrandRow
from hostkeep.faces.ui.meter_words import MeterSaid, meters_said
from hostkeep.faces.ui.pages import language_of
from hostkeep.flows.using import sold_with
from hostkeep.kernel.money import CURRENCIES
from hostkeep.policy.book import Policy
from hostkeep.shop.rules.rows import CartRow, LineRow


def use_of_product(request: HttpRequest, slug: str, currency: str) -> tuple[MeterSaid, ...]:
    """Say what is counted of a product's use; nothing where the policy does not let it be."""
    return _said(request, [slug], currency).get(slug, ())


def use_of_lines(
    request: HttpRequest, held: CartRow | None, lines: Iterable[LineRow]
) -> tuple[tuple[str, tuple[MeterSaid, ...]], ...]:
    """Say what is counted of what lies in a cart: each product's name, once, and its meters."""
    names = {line.product: line.name for line in lines}
    if held is None or not names:
        return ()
    found = _said(request, names, held.currency.code)
    return tuple((name, found[slug]) for slug, name in names.items() if slug in found)


def _said(request: HttpRequest, slugs: Iterable[str], currency: str) -> Mapping[str, tuple[MeterSaid, ...]]:
    brand: BrandRow = request.brand  # type: ignore[attr-defined]
    policy: Policy = request.policy  # type: ignore[attr-defined]
    language = language_of(request)
    found = sold_with(policy, brand=brand.id, products=slugs, currency=currency, language=language)
    money = CURRENCIES[currency]
    return {slug: meters_said(meters, money, language=language) for slug, meters in found.items()}
