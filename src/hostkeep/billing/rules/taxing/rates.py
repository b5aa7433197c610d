"""Rates of tax by place, kind and day: those of rates.csv, and before them what a brand's owner set.

What rates.csv says is what was known on the day that KNOWN names; later changes are the owner's to add.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

from hostkeep.brands.rules.taxing import OwnRate
from hostkeep.kernel.money import MILLION

KNOWN = date(2026, 1, 1)
"""Up to when the rates, territories and rules of the box were looked through."""

STANDARD_KIND = "standard"
UNION = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
     "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
)  # fmt: skip
"""The member states of the European Union."""

Place = tuple[str, str, str]
"""Country, region and kind of rate."""


class BadRates(ValueError):
    """A table of rates that cannot be used.  Its text names the place."""


@dataclass(frozen=True, slots=True)
class Span:
    """A rate and the days on which it applies, both included.  rate: integer millionths."""

    rate: int
    first: date
    last: date
    source: str

    def holds(self, day: date) -> bool:
        """Say whether it applies on a day."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class RateBook:
    """Rates that apply to a brand.  own: what its owner set, looked up first."""

    house: Mapping[Place, tuple[Span, ...]]
    own: Mapping[Place, tuple[Span, ...]]

    def rate(self, country: str, region: str, kind: str, day: date) -> int | None:
        """Return the rate of a place on a day in millionths, or None where none is known.

        A region without a rate has its country's; a kind without one is the standard kind.
        """
        kinds = (kind,) if kind == STANDARD_KIND else (kind, STANDARD_KIND)
        for each in kinds:
            for part in (region, "") if region else ("",):
                found = self.exactly(country, part, each, day)
                if found is not None:
                    return found
        return None

    def exactly(self, country: str, region: str, kind: str, day: date) -> int | None:
        """Return the rate of just this place and kind, or None."""
        place = (country, region, kind)
        for table in (self.own, self.house):
            for span in table.get(place, ()):
                if span.holds(day):
                    return span.rate
        return None

    def has_own(self, country: str, region: str) -> bool:
        """Say whether the brand's owner set a rate for a place."""
        return any(place[:2] == (country, region) for place in self.own)


def book_of(own: Iterable[OwnRate] = ()) -> RateBook:
    """Return the house's rates with a brand's before them.  Raises BadRates for two on one day."""
    return RateBook(_house(), spans_by_place([(one.place, _span(one)) for one in own]))


def spans_by_place(rows: Iterable[tuple[Place, Span]]) -> Mapping[Place, tuple[Span, ...]]:
    """Gather spans by place, first day first.

    Raises BadRates for a rate under nothing or over 100 %, one that ends before it begins, and two of one
    place and kind on one day.
    """
    found: dict[Place, list[Span]] = {}
    for place, span in rows:
        if not 0 <= span.rate <= MILLION or span.last < span.first:
            raise BadRates(f"{place}: no rate that can be")
        found.setdefault(place, []).append(span)
    for place, spans in found.items():
        spans.sort(key=lambda span: span.first)
        for before, after in pairwise(spans):
            if after.first <= before.last:
                raise BadRates(f"{place}: two rates on {after.first}")
    return {place: tuple(spans) for place, spans in found.items()}


def rows_of(name: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of a table of this folder, without its remarks.  name: "rates.csv"."""
    text = files("hostkeep.billing.rules.taxing").joinpath(name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


@lru_cache(maxsize=1)
def _house() -> Mapping[Place, tuple[Span, ...]]:
    """Read rates.csv once."""
    return spans_by_place(
        ((row["country"], row["region"], row["kind"]), _row_span(row)) for row in rows_of("rates.csv")
    )


def _row_span(row: Mapping[str, str]) -> Span:
    """Return the span of a row of rates.csv."""
    last = date.fromisoformat(row["to"]) if row["to"] else date.max
    rate = int(Decimal(row["percent"]) * (MILLION // 100))
    return Span(rate, date.fromisoformat(row["from"]), last, row["source"])


def _span(own: OwnRate) -> Span:
    """Return the span of an owner's rate."""
    return Span(own.rate, own.first or date.min, own.last or date.max, own.source)
