"""What all reports are drawn with: the time they are about, and its spans and sums as marks of a chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date, format_skeleton

from hostkeep.brands.queries import BrandRow
from hostkeep.faces.ui import charts
from hostkeep.faces.ui.amounts import locale_of, money_text
from hostkeep.kernel.money import Currency, Money
from hostkeep.reports.rules.spans import Cut, Span


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is to be about.

    cut    how long its spans are
    until  its last day
    at     the moment that balances are of: the end of that day, or now
    """

    brand: BrandRow
    language: str
    cut: Cut
    spans: tuple[Span, ...]
    until: date
    at: datetime

    @property
    def since_at(self) -> datetime:
        """Its beginning."""
        return self.spans[0].starts_at(self.brand.zone)

    @property
    def until_at(self) -> datetime:
        """Its end."""
        return self.spans[-1].ends_at(self.brand.zone)


def span_said(span: Span, language: str) -> str:
    """Name a span: Nov 2026, Q4 2026, 2026."""
    skeleton = {"month": "yMMM", "quarter": "yQQQ", "year": "y"}[span.cut]
    return str(format_skeleton(skeleton, span.first, locale=locale_of(language)))


def short_of(span: Span, language: str) -> str:
    """Name a span under a column: Nov, Q4, 2026."""
    pattern = {"month": "LLL", "quarter": "QQQ", "year": "y"}[span.cut]
    return str(format_date(span.first, pattern, locale=locale_of(language)))


def mark_of(span: Span, amount: Money, language: str) -> charts.Mark:
    """Return an amount of a span as a chart draws it, in whole units."""
    whole = amount.minor / 10**amount.currency.places
    return charts.Mark(
        span_said(span, language), whole, money_text(amount, language), short=short_of(span, language)
    )


def told(heading: str, marks: Sequence[charts.Mark]) -> str:
    """Tell a chart in words: its first and its last value."""
    if not marks:
        return heading
    return f"{heading}: {marks[0].label} {marks[0].text}, {marks[-1].label} {marks[-1].text}"


def sum_of(amounts: Iterable[Money], currency: Currency) -> Money:
    """Sum amounts of a currency, which may be none."""
    return sum(amounts, start=Money(0, currency))


def only(currency: Currency, amounts: Iterable[Money]) -> Iterable[Money]:
    """Leave the amounts of one currency."""
    return (amount for amount in amounts if amount.currency == currency)


def currencies(found: Iterable[Currency]) -> list[Currency]:
    """Return each currency once, by its code."""
    return sorted(set(found), key=lambda currency: currency.code)
