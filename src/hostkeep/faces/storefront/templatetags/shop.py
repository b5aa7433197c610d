"""The words of the shop: terms, prices and texts of brand.toml."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language, gettext, ngettext

from hostkeep.faces.ui.amounts import money_text
from hostkeep.kernel.money import Money

register = template.Library()

YEAR = 12


@register.filter
def term(months: int) -> str:
    """Name a term: "1 month", "1 year", "18 months"."""
    if months % YEAR == 0:
        years = months // YEAR
        return ngettext("%(count)s year", "%(count)s years", years) % {"count": years}
    return ngettext("%(count)s month", "%(count)s months", months) % {"count": months}


@register.filter
def per_term(months: int) -> str:
    """Say what a price is for: "a month", "a year", "for 3 months"."""
    if months == 1:
        return gettext("a month")
    if months == YEAR:
        return gettext("a year")
    return gettext("for %(term)s") % {"term": term(months)}


@register.filter
def added(amount: Money) -> str:
    """Write what a choice adds: "+ €4.00"."""
    return f"+ {money_text(amount, get_language() or 'en')}"


@register.filter
def free(amount: Money) -> bool:
    """Say whether an amount is nothing."""
    return amount.minor == 0
