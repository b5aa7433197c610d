"""Money and numbers as people read them."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, format_decimal

from hostkeep.kernel.money import MILLION, VND, Currency, Money

TYPED = re.compile(r"(?P<whole>[0-9]{1,12})(?:[.,](?P<cents>[0-9]{1,3}))?")
MINUS = "\N{MINUS SIGN}"


@lru_cache(maxsize=32)
def locale_of(language: str) -> Locale:
    """Return Babel's locale for a language code, English for one it does not know."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except ValueError:
        return Locale("en")


@lru_cache(maxsize=4096)
def money_text(amount: Money, language: str) -> str:
    """Write an amount with its sign: $1.90, €1.90, 79.000 ₫; in Vietnamese 1,90 €.

    The dong is written as in Viet Nam in every language, as its buyers know it.
    """
    locale = Locale("vi") if amount.currency == VND else locale_of(language)
    value = Decimal(amount.minor).scaleb(-amount.currency.places)
    text = format_currency(abs(value), amount.currency.code, locale=locale)
    if amount.currency.code == "USD":
        text = text.replace("US$", "$")
    return f"{MINUS} {text}" if amount.minor < 0 else text


def read_amount(text: str, currency: Currency) -> Money | None:
    """Read an amount that somebody typed: "12.50" or "12,5"; None for what is no such amount.

    No signs, no groups of digits, no more decimals than the currency has, at most twelve digits before them.
    """
    found = TYPED.fullmatch(text.strip())
    if found is None or len(found["cents"] or "") > currency.places:
        return None
    cents = (found["cents"] or "").ljust(currency.places, "0")
    return Money(int(found["whole"] + cents), currency)


def number_text(number: int, language: str) -> str:
    """Write a whole number with the language's separators."""
    return str(format_decimal(number, locale=locale_of(language)))


def rate_text(rate: int, language: str) -> str:
    """Write a tax rate.  rate: integer millionths; 190_000 gives "19 %"."""
    value = Decimal(rate * 100) / MILLION
    return f"{format_decimal(value.normalize(), locale=locale_of(language), format='0.####')} %"
