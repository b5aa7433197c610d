"""An invoice's lines and what they come to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from hostkeep.billing.errors import BadLine, EmptyInvoice, TwoCurrencies
from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import MILLION, Currency, Money, total
from hostkeep.kernel.period import Period

Prices = Literal["net", "gross"]
"""Whether amounts on lines are without tax or with it."""

LONGEST_TITLE = 200
MOST_LINES = 500
MOST_OF_ONE = 100_000
MOST_MINOR = 10**15
LONGEST_DUE = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Line:
    """One line, a snapshot.

    title     what was sold, as the catalogue says it, at most 200 characters; never a person
    quantity  1 to 100,000
    unit      the price of one, without tax or with it as the brand's prices are; negative for a discount
    tax_rate  integer millionths, 0 to 1,000,000
    about     what it bills
    period    the time it bills, or None
    """

    title: str
    quantity: int
    unit: Money
    tax_rate: int
    about: Ref
    period: Period | None = None

    @property
    def amount(self) -> Money:
        """Quantity times unit."""
        return self.unit.times(self.quantity)


@dataclass(frozen=True, slots=True)
class TaxSum:
    """The tax of all lines of one rate.  rate: millionths.  net + tax is what these lines come to."""

    rate: int
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Totals:
    """What an invoice comes to.  rates: one TaxSum a rate, lowest rate first.  net + tax = gross."""

    net: Money
    tax: Money
    gross: Money
    rates: tuple[TaxSum, ...]


def check(lines: Sequence[Line], *, due_in: timedelta) -> Currency:
    """Refuse what no invoice can carry; return the currency of the rest.

    due_in  from nothing to ten years
    Raises EmptyInvoice, BadLine, TwoCurrencies.
    """
    if not lines:
        raise EmptyInvoice
    if len({line.unit.currency for line in lines}) > 1:
        raise TwoCurrencies
    if len(lines) > MOST_LINES:
        raise BadLine(why="quantity")
    for line in lines:
        _check_line(line)
    if not timedelta() <= due_in <= LONGEST_DUE:
        raise BadLine(why="due")
    return lines[0].unit.currency


def totals(lines: Sequence[Line], *, prices: Prices) -> Totals:
    """Add up lines that `check` let through.

    Tax is reckoned once for the document and each rate: on the sum of nets, or within the sum of grosses
    where prices include it.  Rounded half away from zero.
    Raises BadLine if the whole is negative or beyond what the books can hold.
    Source: EN 16931-1, BR-CO-17 (tax by rate on the sum); Council Directive 2006/112/EC, art. 226(8)-(10).
    """
    currency = lines[0].unit.currency
    rates = tuple(_of_rate(rate, lines, prices, currency) for rate in sorted({li.tax_rate for li in lines}))
    net = total([r.net for r in rates], currency)
    tax = total([r.tax for r in rates], currency)
    gross = net + tax
    if not 0 <= gross.minor <= MOST_MINOR:
        raise BadLine(why="total")
    return Totals(net, tax, gross, rates)


def fingerprint(lines: Sequence[Line], *, account: str, due_in: timedelta) -> str:
    """Return a digest of an invoice's content, by which the same key with other content is found out.

    SHA-256 in hex; holds no personal value, as lines hold none.
    """
    said = [
        [
            li.title, li.quantity, li.unit.minor, li.unit.currency.code, li.tax_rate, li.about.kind,
            str(li.about.id), [li.period.start.isoformat(), li.period.end.isoformat()] if li.period else None,
        ]
        for li in lines
    ]  # fmt: skip
    whole = json.dumps([account, due_in.total_seconds(), said], separators=(",", ":"))
    return hashlib.sha256(whole.encode()).hexdigest()


def _of_rate(rate: int, lines: Sequence[Line], prices: Prices, currency: Currency) -> TaxSum:
    """Add up the lines of one rate and reckon their tax."""
    amount = total([line.amount for line in lines if line.tax_rate == rate], currency)
    if prices == "net":
        return TaxSum(rate, amount, amount.tax(rate))
    tax = amount.tax_within(rate)
    return TaxSum(rate, amount - tax, tax)


def _check_line(line: Line) -> None:
    """Raise BadLine if a line cannot be right."""
    faults = {
        "title": not line.title.strip() or len(line.title) > LONGEST_TITLE or not line.title.isprintable(),
        "quantity": not 1 <= line.quantity <= MOST_OF_ONE,
        "amount": abs(line.unit.minor) > MOST_MINOR or abs(line.amount.minor) > MOST_MINOR,
        "tax_rate": not 0 <= line.tax_rate <= MILLION,
        "period": line.period is not None and line.period.start.utcoffset() is None,
    }
    for why, bad in faults.items():
        if bad:
            raise BadLine(why=why)
