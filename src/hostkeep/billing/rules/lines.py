"""An invoice's lines and what they come to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from hostkeep.billing.errors.documents import BadLine, EmptyInvoice, TwoCurrencies
from hostkeep.billing.rules.taxing.codes import STANDARD, fits
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
    tax_category  a code of rules.taxing.codes: why it bears this rate; only "S" bears more than nothing
    exemption     a VATEX code, or empty where the category needs none
    """

    title: str
    quantity: int
    unit: Money
    tax_rate: int
    about: Ref
    period: Period | None = None
    tax_category: str = STANDARD
    exemption: str = ""

    @property
    def taxed(self) -> tuple[int, str, str]:
        """Under what its tax is added up: rate, category, exemption."""
        return self.tax_rate, self.tax_category, self.exemption

    @property
    def amount(self) -> Money:
        """Quantity times unit."""
        return self.unit.times(self.quantity)


@dataclass(frozen=True, slots=True)
class TaxSum:
    """The tax of all lines of one category, exemption and rate.

    rate: millionths.  net + tax is what these lines come to.
    """

    rate: int
    net: Money
    tax: Money
    category: str = STANDARD
    exemption: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """What an invoice comes to.  rates: a TaxSum a rate and category, lowest first.  net + tax = gross."""

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

    Tax is reckoned once for the document, category and rate: on the sum of nets, or within the sum of grosses
    where prices include it.  Rounded half away from zero.
    Raises BadLine if the whole is negative or beyond what the books can hold.
    Source: EN 16931-1, BR-CO-17 (tax by rate on the sum); Council Directive 2006/112/EC, art. 226(8)-(10).
    """
    currency = lines[0].unit.currency
    rates = tuple(_taxed(under, lines, prices, currency) for under in sorted({line.taxed for line in lines}))
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
            # Left out where it says nothing, so that digests from before categories stay the same.
            *([] if (li.tax_category, li.exemption) == (STANDARD, "") else [li.tax_category, li.exemption]),
        ]
        for li in lines
    ]  # fmt: skip
    whole = json.dumps([account, due_in.total_seconds(), said], separators=(",", ":"))
    return hashlib.sha256(whole.encode()).hexdigest()


def _taxed(
    under: tuple[int, str, str], lines: Sequence[Line], prices: Prices, currency: Currency
) -> TaxSum:
    """Add up the lines of one rate and category and reckon their tax."""
    rate, category, exemption = under
    amount = total([line.amount for line in lines if line.taxed == under], currency)
    if prices == "net":
        return TaxSum(rate, amount, amount.tax(rate), category, exemption)
    tax = amount.tax_within(rate)
    return TaxSum(rate, amount - tax, tax, category, exemption)


def _check_line(line: Line) -> None:
    """Raise BadLine if a line cannot be right."""
    faults = {
        "title": not line.title.strip() or len(line.title) > LONGEST_TITLE or not line.title.isprintable(),
        "quantity": not 1 <= line.quantity <= MOST_OF_ONE,
        "amount": abs(line.unit.minor) > MOST_MINOR or abs(line.amount.minor) > MOST_MINOR,
        "tax_rate": not 0 <= line.tax_rate <= MILLION,
        "tax_category": not fits(line.tax_category, line.exemption, line.tax_rate),
        "period": line.period is not None and line.period.start.utcoffset() is None,
    }
    for why, bad in faults.items():
        if bad:
            raise BadLine(why=why)
