"""Money: exact, one currency at a time, in the currency's smallest unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


class MixedCurrencies(ValueError):
    """Two currencies met in one sum."""


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency.  code: ISO 4217 alpha-3.  places: decimals of its minor unit."""

    code: str
    places: int


USD = Currency("USD", 2)
EUR = Currency("EUR", 2)
VND = Currency("VND", 0)

CURRENCIES: Mapping[str, Currency] = MappingProxyType({c.code: c for c in (USD, EUR, VND)})
"""What the house can price in.  Source of places: ISO 4217."""

MILLION = 1_000_000


def halves_away(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero.  denominator > 0."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount.  minor: int, in units of 10**-currency.places; may be negative."""

    minor: int
    currency: Currency

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise MixedCurrencies(f"{self.currency.code} + {other.currency.code}")
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def times(self, count: int) -> Money:
        """Return so many of this amount."""
        return Money(self.minor * count, self.currency)

    def tax(self, rate: int) -> Money:
        """Return the tax on this net amount.  rate: integer millionths, 190_000 for 19 %."""
        return Money(halves_away(self.minor * rate, MILLION), self.currency)

    def tax_within(self, rate: int) -> Money:
        """Return the tax contained in this gross amount: gross x rate / (1 + rate), in millionths."""
        return Money(halves_away(self.minor * rate, MILLION + rate), self.currency)

    def share(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Split by weights so that the parts sum to self, to the last unit.

        weights  at least one, each >= 0, not all zero
        Spare units go to the largest remainders, ties to the earlier part.
        Raises ValueError on bad weights.  Source: the largest-remainder (Hamilton) method.
        """
        whole = sum(weights)
        if not weights or whole <= 0 or min(weights) < 0:
            raise ValueError(f"weights must be >= 0 and not all zero: {list(weights)}")
        floors = [self.minor * w // whole for w in weights]
        remainders = [self.minor * w % whole for w in weights]
        spare = self.minor - sum(floors)
        lucky = set(sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:spare])
        return tuple(Money(f + (i in lucky), self.currency) for i, f in enumerate(floors))


def money(minor: int, code: str) -> Money:
    """Return an amount by its currency's code.  Raises KeyError on a code the house does not know."""
    return Money(minor, CURRENCIES[code])


def total(amounts: Sequence[Money], currency: Currency) -> Money:
    """Sum amounts, which may be empty, in one currency.  Raises MixedCurrencies."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result
