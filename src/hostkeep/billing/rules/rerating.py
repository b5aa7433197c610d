"""The rate that a price bears when it is paid, where it was asked for under an earlier one.

Sources: Directive 2006/112/EC, art. 65: of a payment on account the tax becomes chargeable on receipt, on the
amount received; art. 93(2)(a): its rate is the one in force then.  Art. 95 lets member states adjust it later
to the rate of the supply, which is for the bookkeeping of a state that does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date

from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.taxing import codes
from hostkeep.billing.rules.taxing.places import Area
from hostkeep.billing.rules.taxing.placing import rate_at
from hostkeep.billing.rules.taxing.rates import RateBook

RATED = frozenset({codes.STANDARD, codes.ZERO})
"""Categories whose rate is that of a place and day; the others bear nothing for a reason of their own."""


def rate_since(
    rates: RateBook, area: Area, *, kinds: Iterable[str], rate: int, asked: date, paid: date
) -> int:
    """Return what a rate has become from one day to another.

    kinds  in the order in which they are tried: the first that bore the rate when it was asked for tells
    The same rate, where none did or none is known any more.
    """
    for kind in kinds:
        if rate_at(rates, area, kind, asked) == rate:
            now = rate_at(rates, area, kind, paid)
            return rate if now is None else now
    return rate


def is_rated(category: str) -> bool:
    """Say whether a category bears the rate of its place and day."""
    return category in RATED


def rerated(lines: Sequence[Line], since: Callable[[int], int]) -> tuple[Line, ...]:
    """Return lines under the rates that theirs have become; prices stay as they are.

    since  what a rate in millionths has become
    """
    return tuple(_rerated(line, since) for line in lines)


def _rerated(line: Line, since: Callable[[int], int]) -> Line:
    """Return one of them."""
    now = since(line.tax_rate) if is_rated(line.tax_category) else line.tax_rate
    if now == line.tax_rate:
        return line
    return replace(line, tax_rate=now, tax_category=codes.STANDARD if now else codes.ZERO)
