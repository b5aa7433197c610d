"""The words of the shop: terms, prices and texts of brand.toml."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language, gettext, ngettext

from hostkeep.faces.ui.amounts import money_text
from hostkeep.faces.ui.moments import named
from hostkeep.kernel.money import Money
from hostkeep.kernel.terms import Term

register = template.Library()


@register.filter
def term(length: Term) -> str:
    """Name a term: "1 month", "1 year", "18 months", "7 days", "1 hour"."""
    unit, count = named(length)
    if unit == "year":
        said = ngettext("%(count)s year", "%(count)s years", count)
    elif unit == "month":
        said = ngettext("%(count)s month", "%(count)s months", count)
    elif unit == "day":
        said = ngettext("%(count)s day", "%(count)s days", count)
    else:
        said = ngettext("%(count)s hour", "%(count)s hours", count)
    return said % {"count": count}


@register.filter
def of_months(months: int) -> str:
    """Name a term of so many months."""
    return term(Term("month", months))


@register.filter
def per_term(length: Term) -> str:
    """Say what a price is for: "a month", "a year", "a day", "an hour", "for 3 months"."""
    unit, count = named(length)
    if count > 1:
        return gettext("for %(term)s") % {"term": term(length)}
    if unit == "year":
        return gettext("a year")
    if unit == "month":
        return gettext("a month")
    return gettext("a day") if unit == "day" else gettext("an hour")


@register.filter
def added(amount: Money) -> str:
    """Write what a choice adds: "+ €4.00"."""
    return f"+ {money_text(amount, get_language() or 'en')}"


@register.filter
def free(amount: Money) -> bool:
    """Say whether an amount is nothing."""
    return amount.minor == 0
