"""Reading the `[tax]` of a brand.toml: where the brand hands tax to, and what its owner adds to the rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from types import MappingProxyType
from typing import Any, Literal, NoReturn, cast

from hostkeep.brands.errors import BadProfile
from hostkeep.kernel.countries import COUNTRIES
from hostkeep.kernel.money import MILLION

Scheme = Literal["none", "domestic", "oss", "exempt"]
Treated = Literal["electronic", "goods", "exempt", "outside"]

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "scheme": ("domestic", "none", "oss", "exempt"),
    "threshold": ("under", "over"),
    "unknown_number": ("charge", "trust"),
    "inclusive": ("gross", "net"),
})  # fmt: skip
"""Keys whose value is one of some words; the first is what stands where nothing is said."""

KEYS = frozenset({*CHOICES, "number_days", "exemption", "registry", "registrations", "rates", "classes",
                  "products"})  # fmt: skip
RATE_KEYS = frozenset({"country", "region", "kind", "rate", "from", "to", "source"})
CLASS_KEYS = frozenset({"treated", "kind", "exemption"})
TREATED: tuple[Treated, ...] = ("electronic", "goods", "exempt", "outside")
LONGEST = 120
LONGEST_REGION = 8
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class OwnRate:
    """A rate that the brand's owner adds, or sets in place of the house's.

    region  after the dash of ISO 3166-2, or empty for the whole country
    kind    "standard", or a word that a product class asks for
    rate    integer millionths
    first, last  days on which it applies, both included; None: open
    """

    country: str
    region: str
    kind: str
    rate: int
    first: date | None
    last: date | None
    source: str

    @property
    def place(self) -> tuple[str, str, str]:
        """What only one rate may stand for on any day."""
        return self.country, self.region, self.kind


@dataclass(frozen=True, slots=True)
class TaxClass:
    """How some products are taxed.

    treated    "electronic" (a service: art. 44 and 58), "goods", "exempt" or "outside" (not subject to tax)
    kind       of the rate
    exemption  a VATEX code, of "exempt"
    """

    treated: Treated = "electronic"
    kind: str = "standard"
    exemption: str = ""


@dataclass(frozen=True, slots=True)
class TaxSettings:
    """A brand's `[tax]`.

    scheme          "none" (registered nowhere), "domestic" (at home alone), "oss" (at home and in the One
                    Stop Shop) or "exempt" (the law frees the seller)
    threshold       whether the seller's sales to consumers in other member states are under 10,000 EUR a
                    year (art. 59c) or over; counts with "domestic"
    unknown_number  what holds while a registry has not answered: "charge" the tax, or "trust" the number
    inclusive       where prices include tax: "gross", every buyer pays the same, or "net", the seller keeps
                    the same
    number_days     for how long a valid answer about a number holds
    exemption       a VATEX code, of scheme "exempt"
    registry        the driver that tax numbers are looked up with, or empty for none
    registrations   where the seller is registered besides: number by country, or by "US-TX"
    classes, products  how products are taxed: class by name, class by slug; the rest is "electronic"
    """

    scheme: Scheme = "domestic"
    threshold: Literal["under", "over"] = "under"
    unknown_number: Literal["charge", "trust"] = "charge"
    inclusive: Literal["gross", "net"] = "gross"
    number_days: int = 30
    exemption: str = ""
    registry: str = ""
    registrations: Mapping[str, str] = field(default_factory=dict)
    rates: tuple[OwnRate, ...] = ()
    classes: Mapping[str, TaxClass] = field(default_factory=dict)
    products: Mapping[str, str] = field(default_factory=dict)

    def class_of(self, product: str) -> TaxClass:
        """Return how a product is taxed.  product: its slug."""
        return self.classes.get(self.products.get(product, ""), TaxClass())


def read_tax(said: object) -> TaxSettings:
    """Read and check a `[tax]`.  Raises BadProfile with what to mend."""
    table = _table(said, "[tax]", KEYS)
    words = {key: _choice(table, key) for key in CHOICES}
    days = table.get("number_days", 30)
    if not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
        _bad("[tax] number_days is a number of days, 1 to 366")
    rates = tuple(_rate(one) for one in _list(table.get("rates", []), "[[tax.rates]]"))
    _refuse_overlaps(rates)
    classes = {
        _word(name, "a class of [tax.classes]"): _class(one, name)
        for name, one in _table(table.get("classes", {}), "[tax.classes]").items()
    }
    return TaxSettings(
        scheme=cast("Scheme", words["scheme"]),
        threshold=cast('Literal["under", "over"]', words["threshold"]),
        unknown_number=cast('Literal["charge", "trust"]', words["unknown_number"]),
        inclusive=cast('Literal["gross", "net"]', words["inclusive"]),
        number_days=days, exemption=_text(table, "exemption"), registry=_text(table, "registry"),
        registrations=_registrations(table.get("registrations", {})), rates=rates, classes=classes,
        products=_products(table.get("products", {}), classes),
    )  # fmt: skip


def _bad(why: str) -> NoReturn:
    raise BadProfile(why=why)


def _table(said: object, where: str, keys: Iterable[str] | None = None) -> Mapping[str, Any]:
    """Return a table whose keys are known.  Raises BadProfile."""
    if not isinstance(said, Mapping):
        _bad(f"{where} is a table")
    foreign = set() if keys is None else set(said) - set(keys)
    if foreign:
        _bad(f"{where} has no {min(map(str, foreign)):.40}; use {', '.join(sorted(keys or ()))}")
    return said


def _list(said: object, where: str) -> list[object]:
    """Return a list.  Raises BadProfile."""
    return said if isinstance(said, list) else _bad(f"{where} is a list of tables")


def _choice(table: Mapping[str, Any], key: str) -> str:
    """Return a word of a key that has some to choose from.  Raises BadProfile."""
    said = table.get(key, CHOICES[key][0])
    return str(said) if said in CHOICES[key] else _bad(f"[tax] {key} is one of {', '.join(CHOICES[key])}")


def _text(table: Mapping[str, Any], key: str) -> str:
    """Return a short text, or an empty one.  Raises BadProfile."""
    said = table.get(key, "")
    if not isinstance(said, str) or len(said) > LONGEST:
        _bad(f"[tax] {key} is a text of at most {LONGEST} characters")
    return said


def _word(said: object, what: str) -> str:
    """Return a word that names something.  Raises BadProfile."""
    if not isinstance(said, str) or not said.isidentifier() or len(said) > LONGEST:
        _bad(f"{what} is a word of letters, digits and _")
    return said


def _country(said: object, where: str) -> str:
    """Return a country's code.  Raises BadProfile."""
    fits = isinstance(said, str) and said in COUNTRIES
    return str(said) if fits else _bad(f"{where}: {said!s:.20} is no country of ISO 3166-1")


def _region(said: object, where: str) -> str:
    """Return a region's code, or an empty text.  Raises BadProfile."""
    fits = isinstance(said, str) and len(said) <= LONGEST_REGION and (said.isalnum() or not said)
    return str(said).upper() if fits else _bad(f"{where}: a region is 1 to 8 letters and digits: TX")


def _day(said: object, where: str) -> date | None:
    """Return a day written as 2026-01-31, or None for an empty text.  Raises BadProfile."""
    if not said:
        return None
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        return _bad(f'{where}: a day is written "2026-01-31", with its quotation marks')


def _rate(said: object) -> OwnRate:
    """Read one of [[tax.rates]].  Raises BadProfile."""
    where = "[[tax.rates]]"
    table = _table(said, where, RATE_KEYS)
    country = _country(table.get("country"), where)
    rate = table.get("rate")
    if not isinstance(rate, int) or isinstance(rate, bool) or not 0 <= rate <= MILLION:
        _bad(f"{where}: the rate of {country} is an integer in millionths, 0 to 1000000: 210000 for 21 %")
    first, last = _day(table.get("from", ""), where), _day(table.get("to", ""), where)
    if first and last and last < first:
        _bad(f"{where}: the rate of {country} ends before it begins")
    kind = _word(table.get("kind", "standard"), "a kind of rate")
    return OwnRate(
        country, _region(table.get("region", ""), where), kind, rate, first, last, _text(table, "source")
    )


def _refuse_overlaps(rates: tuple[OwnRate, ...]) -> None:
    """Refuse two rates for one place and kind on one day.  Raises BadProfile."""
    for one, other in combinations(rates, 2):
        if one.place == other.place and _meet(one, other):
            name = f"{one.country}-{one.region}" if one.region else one.country
            _bad(f"[[tax.rates]]: two {one.kind} rates of {name} apply on one day")


def _meet(one: OwnRate, other: OwnRate) -> bool:
    """Say whether two rates apply on some day together."""
    return (one.first or date.min) <= (other.last or date.max) and (other.first or date.min) <= (
        one.last or date.max
    )


def _class(said: object, name: str) -> TaxClass:
    """Read one of [tax.classes].  Raises BadProfile."""
    table = _table(said, f"[tax.classes] {name:.40}", CLASS_KEYS)
    treated = table.get("treated", "electronic")
    if not isinstance(treated, str) or treated not in TREATED:
        _bad(f"[tax.classes] {name:.40}: treated is one of {', '.join(TREATED)}")
    kind = _word(table.get("kind", "standard"), "a kind of rate")
    return TaxClass(treated, kind, _text(table, "exemption"))


def _registrations(said: object) -> Mapping[str, str]:
    """Read [tax.registrations].  Raises BadProfile."""
    where, found = "[tax.registrations]", {}
    for place, number in _table(said, where).items():
        country, dash, region = place.partition("-")
        key = _country(country, where) + (f"-{_region(region, where)}" if dash else "")
        if not isinstance(number, str) or len(number) > LONGEST:
            _bad(f"{where}: {key} has a number, written as a text")
        found[key] = number
    return found


def _products(said: object, classes: Mapping[str, TaxClass]) -> Mapping[str, str]:
    """Read [tax.products].  Raises BadProfile."""
    found = _table(said, "[tax.products]")
    for product, name in found.items():
        if not isinstance(name, str) or name not in classes:
            _bad(f"[tax.products] {product:.40}: there is no class {name!s:.40} in [tax.classes]")
    return found
