"""Promo codes as people write them, in a form or on a command line, and as they read them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_date

from hostkeep.brands.queries import BrandRow
from hostkeep.faces.ui.amounts import read_amount
from hostkeep.kernel.money import CURRENCIES
from hostkeep.shop.errors import BadPromo
from hostkeep.shop.rules.promo import Kind
from hostkeep.shop.rules.promo_making import Making

PERCENT = re.compile(r"(?P<whole>[0-9]{1,3})(?:[.,](?P<parts>[0-9]{1,4}))?")
COUNT = re.compile(r"[0-9]{1,9}")
DAY = timedelta(days=1)
ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody wrote of a code.

    texts  code, title, kind ("percent" or "fixed"), value, currency, periods (a number, or "always"),
           most_uses, most_each, starts, ends (days, the last one included), least_EUR and so on; may lack
           some
    new_only  whether it is for first orders
    """

    texts: Mapping[str, str]
    groups: Sequence[str] = ()
    products: Sequence[str] = ()
    plans: Sequence[str] = ()
    months: Sequence[str] = ()
    new_only: bool = False
    titles: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a text without spaces around it, empty where there is none."""
        return self.texts.get(name, "").strip()


def read_promo(typed: Typed, brand: BrandRow, *, at: datetime) -> Making:
    """Return a code as it was written; days are those of the brand's zone.  Raises BadPromo."""
    kind = _kind(typed)
    currency = typed.text("currency") if kind == "fixed" else ""
    starts, ends = _day(typed, "starts"), _day(typed, "ends")
    return Making(
        code=typed.text("code"),
        title=dict(typed.titles) or {"": typed.text("title")},
        kind=kind,
        value=_percent(typed) if kind == "percent" else _amount(typed.text("value"), currency, "value"),
        currency=currency,
        groups=tuple(typed.groups),
        products=tuple(typed.products),
        plans=tuple(typed.plans),
        months=tuple(_whole(each, "months") for each in typed.months),
        periods=_periods(typed),
        least=_least(typed, brand),
        most_uses=_count(typed, "most_uses"),
        most_each=_count(typed, "most_each"),
        new_customers_only=typed.new_only,
        starts_at=_begins(starts, brand) if starts else at,
        ends_at=_begins(ends + DAY, brand) if ends else None,
    )


def percent_text(value: int) -> str:
    """Write a part of a price: 125_000 gives "12.5"."""
    return f"{value / 10_000:.4f}".rstrip("0").rstrip(".")


def _kind(typed: Typed) -> Kind:
    match typed.text("kind"):
        case "percent":
            return "percent"
        case "fixed":
            return "fixed"
    raise BadPromo(field="kind")


def _percent(typed: Typed) -> int:
    """Return millionths of "12.5".  Raises BadPromo."""
    found = PERCENT.fullmatch(typed.text("value"))
    if found is None:
        raise BadPromo(field="value")
    return int(found["whole"]) * 10_000 + int((found["parts"] or "").ljust(4, "0"))


def _amount(text: str, currency: str, name: str) -> int:
    """Return minor units of "5" or "12.50", with no more decimals than the currency has.  Raises BadPromo."""
    if currency not in CURRENCIES:
        raise BadPromo(field="currency")
    amount = read_amount(text, CURRENCIES[currency])
    if amount is None:
        raise BadPromo(field=name)
    return amount.minor


def _least(typed: Typed, brand: BrandRow) -> dict[str, int]:
    """Return what an order comes to at least, by currency."""
    said = {code: typed.text(f"least_{code}") for code in brand.currencies}
    return {code: _amount(text, code, "least") for code, text in said.items() if text}


def _periods(typed: Typed) -> int | None:
    """Return for how many periods it holds; left out: one."""
    said = typed.text("periods")
    return None if said == ALWAYS else _whole(said or "1", "periods")


def _count(typed: Typed, name: str) -> int | None:
    """Return a limit, or None where none was written."""
    said = typed.text(name)
    return _whole(said, name) if said else None


def _whole(text: str, name: str) -> int:
    """Return a whole number.  Raises BadPromo."""
    if COUNT.fullmatch(text.strip()) is None:
        raise BadPromo(field=name)
    return int(text)


def _day(typed: Typed, name: str) -> date | None:
    """Return a day, or None where none was written.  Raises BadPromo."""
    said = typed.text(name)
    if not said:
        return None
    try:
        found = parse_date(said)
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2999:  # noqa: PLR2004  as docs/subscriptions.md says of dates
        raise BadPromo(field=f"{name}_at")
    return found


def _begins(day: date, brand: BrandRow) -> datetime:
    """Return when a day begins at a brand."""
    return datetime.combine(day, time(), ZoneInfo(brand.zone))
