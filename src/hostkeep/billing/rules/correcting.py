"""What a credit note may take back of a document, and the tax of what it takes.

Tax is not reckoned on each note by itself: of each rate, a note takes the tax on all that is taken back
afterwards less the tax on all that was before.  So notes in any order never take more than the document
bore, and together they take it to the last unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hostkeep.billing.errors.documents import BadLine, NothingToCredit, OverCredit, TwoCurrencies
from hostkeep.billing.rules.lines import Line, Prices, TaxSum, Totals
from hostkeep.kernel.money import Currency, Money, total

Under = tuple[int, str, str]
"""Rate, category, exemption: under what tax is added up."""


@dataclass(frozen=True, slots=True)
class LineLeft:
    """A line of a document and what earlier notes took of it.

    position  on the document
    line      as it stands there
    taken     with the sign of the line, never beyond it
    """

    position: int
    line: Line
    taken: Money

    @property
    def left(self) -> Money:
        """What can still be taken back."""
        return self.line.amount - self.taken


@dataclass(frozen=True, slots=True)
class Taken:
    """What a note takes back.  lines: with the position of the line each takes from."""

    lines: tuple[tuple[int, Line], ...]
    sums: Totals


def rest_of(lines: Sequence[LineLeft]) -> dict[int, Money]:
    """Return all that can still be taken back, by position."""
    return {each.position: each.left for each in lines if each.left.minor}


def take(lines: Sequence[LineLeft], parts: Mapping[int, Money], *, prices: Prices) -> Taken:
    """Say what a note comes to that takes these amounts back.

    lines   all of the document's
    parts   amounts by position, none zero, each with the sign of its line, without tax or with it as the
            document's prices are
    Raises NothingToCredit (no amounts, or over nothing), BadLine (a position there is none of, a zero),
    OverCredit (more than is left of a line, of its rate or of the whole), TwoCurrencies.
    """
    if not parts:
        raise NothingToCredit
    known = {each.position: each for each in lines}
    currency = lines[0].line.unit.currency
    for position, amount in parts.items():
        if position not in known or not amount.minor:
            raise BadLine(why="amount")
        if amount.currency != currency:
            raise TwoCurrencies
        if not _within(amount, known[position].left):
            raise OverCredit(position=position)
    rates = tuple(
        _taken(under, lines, parts, prices) for under in sorted({each.line.taxed for each in lines})
    )
    sums = _sums([rate for rate in rates if rate is not None], currency)
    # Of a document with a discount at another rate, no more is left than the discount leaves.
    if sums.gross.minor > _gross_left(lines, prices).minor:
        raise OverCredit
    return Taken(tuple((n, _line(known[n], parts[n])) for n in sorted(parts)), sums)


def _sums(rates: Sequence[TaxSum], currency: Currency) -> Totals:
    """Add up; a note is over something."""
    net, tax = total([r.net for r in rates], currency), total([r.tax for r in rates], currency)
    gross = net + tax
    if gross.minor <= 0:
        raise NothingToCredit
    return Totals(net, tax, gross, tuple(rates))


def _gross_left(lines: Sequence[LineLeft], prices: Prices) -> Money:
    """Return what the whole document comes to, less what earlier notes took, with tax."""
    currency = lines[0].line.unit.currency
    parts = []
    for under in {each.line.taxed for each in lines}:
        alike = [each for each in lines if each.line.taxed == under]
        whole = total([each.line.amount for each in alike], currency)
        before = total([each.taken for each in alike], currency)
        parts.append(whole - before)
        if prices == "net":
            parts.append(_tax(whole, under[0], prices) - _tax(before, under[0], prices))
    return total(parts, currency)


def _taken(
    under: Under, lines: Sequence[LineLeft], parts: Mapping[int, Money], prices: Prices
) -> TaxSum | None:
    """Add up what is taken of one rate, with its share of the tax; None where nothing of it is."""
    alike = [each for each in lines if each.line.taxed == under]
    currency = alike[0].line.unit.currency
    amount = total([parts[each.position] for each in alike if each.position in parts], currency)
    if not any(each.position in parts for each in alike):
        return None
    before = total([each.taken for each in alike], currency)
    whole = total([each.line.amount for each in alike], currency)
    # Of a rate that has a discount, no more is left than the discount leaves.
    if not _within(amount, whole - before):
        raise OverCredit(rate=under[0])
    tax = _tax(before + amount, under[0], prices) - _tax(before, under[0], prices)
    net = amount if prices == "net" else amount - tax
    return TaxSum(under[0], net, tax, under[1], under[2])


def _tax(amount: Money, rate: int, prices: Prices) -> Money:
    """Return the tax of an amount, as rules.lines.totals reckons it for a whole document."""
    return amount.tax(rate) if prices == "net" else amount.tax_within(rate)


def _within(amount: Money, left: Money) -> bool:
    """Say whether an amount lies between nothing and what is left, whichever sign that has."""
    return 0 <= amount.minor <= left.minor or left.minor <= amount.minor <= 0


def _line(of: LineLeft, amount: Money) -> Line:
    """Return the note's line: the same pieces where the whole line is taken back, else one of the amount."""
    if amount == of.line.amount:
        return of.line
    return replace(of.line, quantity=1, unit=amount)
