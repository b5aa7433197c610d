"""The demo's front page: the brands side by side, as their policies make them, and what to try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hostkeep.brands.queries import BrandRow, all_brands, policy_in_force
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.policy.render.facts import Row, compare, facts_panel
from hostkeep.runtime import addresses, clock


@dataclass(frozen=True, slots=True)
class Column:
    """One brand in the comparison.

    home     the address of its shop
    slogan   the front page's title
    row      what the rules say
    facts    how many personal facts its sign-up form demands; boxes and what may be left out do not count
    keeps, shares, sets, changes  the same as its label puts it
    clauses  how many promises it makes
    """

    brand: BrandRow
    home: str
    slogan: str
    row: Row
    facts: int
    keeps: str
    shares: str
    sets: str
    changes: str
    clauses: int


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the brands side by side.  Raises Http404 outside the demo."""
    if not settings.HOSTKEEP.demo:
        raise Http404
    now, language = clock.now(), language_of(request)
    columns = [_column(brand, now, language) for brand in all_brands()]
    homes = {str(column.brand.id): column.home for column in columns}
    return show(request, "demo/index.html", {"columns": columns, "homes": homes})


def _column(brand: BrandRow, now: datetime, language: str) -> Column:
    """Say of one brand what sets it apart."""
    policy = policy_in_force(brand.id, now)
    label = {fact.key: fact.text for fact in facts_panel(policy, language)}
    home = brand.words.get("home", {})
    return Column(
        brand=brand,
        home=addresses.brand_url(brand.host, ""),
        slogan=(home.get(language) or home.get("en") or {}).get("title", ""),
        row=compare(policy, language),
        facts=sum(f.required and f.category != "password" for f in policy.forms["signup"].fields),
        keeps=label["keep"],
        shares=label["share"],
        sets=label["cookies"],
        changes=label["changes"],
        clauses=len(policy.clauses),
    )
