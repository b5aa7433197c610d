"""The front page: what the brand offers, and what it asks, keeps and promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hostkeep.brands.queries import BrandRow
from hostkeep.faces.storefront.differences import news_at_home
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.still import still
from hostkeep.shop.queries.shelves import groups_of


@require_safe
@still
def home(request: HttpRequest) -> HttpResponse:
    """Show the shop's front.  A visitor costs one query."""
    brand: BrandRow = request.brand  # type: ignore[attr-defined]
    language = language_of(request)
    currency = currency_of(request, brand)
    context = {
        "words": words_of(brand, language),
        "news": news_at_home(brand.id, language, request.at),  # type: ignore[attr-defined]
        "groups": groups_of(brand.id, currency=currency, language=language),
        "currency": currency,
        "query": "" if currency == brand.currencies[0] else f"?currency={currency}",
    }
    return show(request, "storefront/home.html", context)


def currency_of(request: HttpRequest, brand: BrandRow) -> str:
    """Return the currency of the page's address, the brand's first where it names none or a strange one."""
    asked = request.GET.get("currency", "")
    return asked if asked in brand.currencies else brand.currencies[0]


def words_of(brand: BrandRow, language: str) -> Mapping[str, Any]:
    """Return the front page's words of brand.toml in a language, in English or any where it lacks one."""
    home: Mapping[str, Mapping[str, Any]] = brand.words.get("home", {})
    return home.get(language) or home.get("en") or next(iter(home.values()), {})
