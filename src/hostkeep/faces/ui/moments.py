"""Dates and times as people read them: in the brand's zone, with the zone's name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, get_timezone_location
from django.utils.translation import gettext, ngettext

from hostkeep.faces.ui.amounts import locale_of
from hostkeep.kernel.terms import Term

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
YEAR = 365
MONTH = 30
MONTHS = 12


@lru_cache(maxsize=64)
def zone_city(zone: str, language: str) -> str:
    """Name a zone by its city: "Amsterdam", "Ho Chi Minh City".  UTC stays UTC."""
    if zone == "UTC":
        return zone
    return str(get_timezone_location(ZoneInfo(zone), locale=locale_of(language), return_city=True))


def day_text(at: datetime, zone: str, language: str) -> str:
    """Write the date on which at falls in zone: 22 Nov 2026, or 22 thg 11, 2026."""
    return _day_text(at.astimezone(ZoneInfo(zone)).date(), language)


def date_text(day: date, language: str) -> str:
    """Write a date: 22 Nov 2026, or 22 thg 11, 2026."""
    return _day_text(day, language)


@lru_cache(maxsize=4096)
def _day_text(day: date, language: str) -> str:
    """Write a date; lists show the same few again and again."""
    if language.startswith("en"):
        return f"{day.day} {format_date(day, 'MMM yyyy', locale='en')}"
    return str(format_date(day, "medium", locale=locale_of(language)))


def long_day_text(at: datetime, zone: str, language: str) -> str:
    """Write the date in full: 22 November 2026, or 22 tháng 11, 2026."""
    local = at.astimezone(ZoneInfo(zone))
    if language.startswith("en"):
        return f"{local.day} {format_date(local, 'MMMM yyyy', locale='en')}"
    return str(format_date(local, "long", locale=locale_of(language)))


def month_text(at: datetime, zone: str, language: str) -> str:
    """Write the month: November 2026."""
    return str(format_skeleton("yMMMM", at.astimezone(ZoneInfo(zone)), locale=locale_of(language)))


def clock_text(at: datetime, zone: str) -> str:
    """Write the time of day in zone, 24 hours: 14:02."""
    return str(format_time(at.astimezone(ZoneInfo(zone)), "HH:mm", locale="en"))


def ago_text(at: datetime, now: datetime) -> str:
    """Say how long ago at was, in the active language: "just now", "4 min ago", "3 h ago", "2 days ago"."""
    span = max(now - at, timedelta(0))
    if span < MINUTE:
        return gettext("just now")
    if span < HOUR:
        return gettext("%(count)s min ago") % {"count": span // MINUTE}
    if span < DAY:
        return gettext("%(count)s h ago") % {"count": span // HOUR}
    days = span // DAY
    return ngettext("%(count)s day ago", "%(count)s days ago", days) % {"count": days}


def span_text(span: timedelta) -> str:
    """Write a length of time in the active language, in its largest whole unit: "30 days", "12 months"."""
    days = span // DAY
    if days >= YEAR and days % YEAR == 0:
        years = days // YEAR
        return ngettext("%(count)s year", "%(count)s years", years) % {"count": years}
    if days >= 2 * MONTH and days % MONTH == 0:
        months = days // MONTH
        return ngettext("%(count)s month", "%(count)s months", months) % {"count": months}
    if days:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    if span >= HOUR:
        hours = span // HOUR
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    minutes = span // MINUTE
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def named(term: Term) -> tuple[str, int]:
    """Return the unit and the count by which a term is called: hour, day, month or year, and how many.

    Months that make whole years are years, so that one term has one name on every page.
    """
    if term.months and term.months % MONTHS == 0:
        return "year", term.months // MONTHS
    return term.unit, term.count


def each_text(term: Term) -> str:
    """Say how often a term begins, in the active language: "each month", "every 2 years"."""
    unit, count = named(term)
    if unit == "year":
        said = ngettext("each year", "every %(n)s years", count)
    elif unit == "month":
        said = ngettext("each month", "every %(n)s months", count)
    elif unit == "day":
        said = ngettext("each day", "every %(n)s days", count)
    else:
        said = ngettext("each hour", "every %(n)s hours", count)
    return said % {"n": count}
