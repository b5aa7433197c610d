"""What is counted of a service's use and what it costs, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from babel.numbers import format_currency, format_decimal
from django.utils.translation import gettext

from hostkeep.faces.ui.amounts import locale_of, money_text
from hostkeep.kernel.money import MILLION, VND, Currency, money
from hostkeep.kernel.words import gettext_noop
from hostkeep.subscriptions.rules.metering import Meter, Tariff, Tier

SHOWN = Decimal("0.001")
"""Of a unit: as fine as a quantity is told."""

HOW: Mapping[str, str] = MappingProxyType({
    "tiered": gettext_noop("Each part has its own price."),
    "overage": gettext_noop("Only what goes beyond is counted."),
    "volume": gettext_noop("The price of the part that the whole falls into holds for all that is counted."),
    "stair_step": gettext_noop("One price for the month: that of the part that the whole falls into."),
})
"""By the model of a tariff: how its prices are meant, where there is more than one."""


@dataclass(frozen=True, slots=True)
class MeterSaid:
    """A meter's prices in words.

    included  "100 GB", or empty where nothing is
    how       what the prices mean together, or empty where there is one alone
    prices    which part, and what it costs
    """

    title: str
    included: str
    how: str
    prices: tuple[tuple[str, str], ...]


def meter_said(meter: Meter, currency: Currency, *, language: str) -> MeterSaid:
    """Say what a meter costs."""
    tariff = meter.tariff
    included = whole_text(tariff.included, tariff, language) if tariff.included else ""
    how = gettext(HOW[tariff.model]) if len(tariff.tiers) > 1 or tariff.model == "stair_step" else ""
    return MeterSaid(meter.title, included, how, tuple(_priced(tariff, currency, language)))


def quantity_text(quantity: int, tariff: Tariff, language: str) -> str:
    """Write what was used in the unit of a tariff: "150.5 GB".  quantity: in the meter's smallest unit."""
    amount = (Decimal(quantity) / tariff.per).quantize(SHOWN, rounding=ROUND_HALF_UP)
    return f"{format_decimal(amount, locale=locale_of(language), format='#,##0.###')} {tariff.unit}"


def whole_text(units: int, tariff: Tariff, language: str) -> str:
    """Write a whole number of a tariff's units: "1,000 GB"."""
    return f"{format_decimal(units, locale=locale_of(language))} {tariff.unit}"


def unit_price_text(rate: int, currency: Currency, language: str) -> str:
    """Write the price of one unit, however small.  rate: millionths of a minor unit."""
    value = (Decimal(rate) / MILLION).scaleb(-currency.places)
    locale = "vi" if currency == VND else locale_of(language)
    text = format_currency(value, currency.code, locale=locale, decimal_quantization=False)
    return str(text).replace("US$", "$")


def _priced(tariff: Tariff, currency: Currency, language: str) -> list[tuple[str, str]]:
    """Say each part and its price; where parts begin and end is told with what is included."""
    below, said = tariff.included, []
    for tier in tariff.tiers:
        above = None if tier.up_to is None else tariff.included + tier.up_to
        said.append((_part(below, above, tariff, language), _price(tier, tariff, currency, language)))
        below = above or below
    return said


def _part(below: int, above: int | None, tariff: Tariff, language: str) -> str:
    """Name a part of what is used."""
    names = {"from": whole_text(below, tariff, language), "to": whole_text(above or 0, tariff, language)}
    if above is None:
        return gettext("Above %(from)s") % names if below else gettext("All of it")
    return gettext("From %(from)s to %(to)s") % names if below else gettext("Up to %(to)s") % names


def _price(tier: Tier, tariff: Tariff, currency: Currency, language: str) -> str:
    """Say what a part costs."""
    flat = money_text(money(tier.flat, currency.code), language)
    each = {"price": unit_price_text(tier.rate, currency, language), "unit": tariff.unit, "flat": flat}
    if not tier.rate and not tier.flat:
        return gettext("costs nothing")
    if not tier.rate:
        return gettext("%(flat)s in all") % each
    if not tier.flat:
        return gettext("%(price)s for each %(unit)s") % each
    return gettext("%(flat)s, and %(price)s for each %(unit)s") % each


def meters_said(meters: Sequence[Meter], currency: Currency, *, language: str) -> tuple[MeterSaid, ...]:
    """Say what meters cost."""
    return tuple(meter_said(each, currency, language=language) for each in meters)
