"""Amounts and days as a mail shows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_currency

from hostkeep.kernel.money import VND, Money


def amount_text(amount: Money, language: str) -> str:
    """Write an amount with its sign; the dong as in Viet Nam in every language, as pages do."""
    locale = "vi" if amount.currency == VND else language
    value = Decimal(amount.minor).scaleb(-amount.currency.places)
    return str(format_currency(value, amount.currency.code, locale=locale)).replace("US$", "$")


def day_text(at: datetime, zone: str, language: str) -> str:
    """Write the day on which at falls in zone (an IANA name): 22 November 2026, 22 tháng 11, 2026."""
    day = at.astimezone(ZoneInfo(zone))
    form = "d MMMM y" if language == "en" else "long"
    return str(format_date(day, form, locale=language))
