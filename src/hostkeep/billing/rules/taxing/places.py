"""Places: which tax applies where, territories that are taxed otherwise than their country included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from hostkeep.billing.rules.taxing.rates import UNION, rows_of
from hostkeep.kernel.countries import COUNTRIES

GREECE = "EL"
"""What tax numbers and the Commission call Greece.  Source: Directive 2006/112/EC, art. 215."""

LONGEST_REGION = 8


@dataclass(frozen=True, slots=True)
class Area:
    """Where somebody is, in the eyes of tax.

    country  ISO 3166-1, as addressed, or empty where it is not known
    region   after the dash of ISO 3166-2, or empty
    taxed    the country whose tax applies ("FR" for Monaco), or empty where none of those we know does
    """

    country: str
    region: str
    taxed: str

    @property
    def is_known(self) -> bool:
        """Whether the country is known."""
        return bool(self.country)

    @property
    def in_union(self) -> bool:
        """Whether it lies where the Union's value added tax applies."""
        return self.taxed in UNION


NOWHERE = Area("", "", "")


@dataclass(frozen=True, slots=True)
class Territory:
    """A row of territories.csv."""

    country: str
    region: str
    name: str
    postal: tuple[str, ...]
    treated: str


def area_of(country: str, *, region: str = "", postal_code: str = "") -> Area:
    """Return the area of an address.

    country      as typed; anything but a code of ISO 3166-1 is not known (Greece's "EL" is)
    region       a code or a name, as typed; one that nobody knows is left out
    postal_code  as typed; it tells a territory apart where the region is not said
    """
    code = country.strip().upper()
    code = "GR" if code == GREECE else code
    if code not in COUNTRIES:
        return NOWHERE
    there = _territories().get(code, ())
    found = _territory(there, region, postal_code)
    if found is None:
        return Area(code, _state(region) if code == "US" else "", code)
    how, _, other = found.treated.partition(" ")
    taxed = {"outside": "", "as": other}.get(how, code)
    return Area(code, found.region, taxed)


def area_at(country: str, region: str) -> Area:
    """Return the area of codes as an operator writes them: a region that is not listed is kept."""
    found = area_of(country, region=region)
    return found if found.region or not region else Area(found.country, region.upper(), found.taxed)


def _territory(there: tuple[Territory, ...], region: str, postal_code: str) -> Territory | None:
    """Return the territory of a country that an address lies in, or None."""
    said, postal = _squeezed(region), _squeezed(postal_code)
    for each in there:
        if not each.region or (said and said in {_squeezed(each.region), _squeezed(each.name)}):
            return each
    return next((each for each in there if postal and postal.startswith(each.postal)), None)


def _state(region: str) -> str:
    """Return the code of a state of the United States by code or name, or an empty text."""
    return _states().get(_squeezed(region), "")


def _squeezed(text: str) -> str:
    """Write a text as it is compared: letters and digits alone, without case, without a country's prefix."""
    bare = "".join(sign for sign in text if sign.isalnum()).casefold()
    return bare[: 2 * LONGEST_REGION * 4]


@lru_cache(maxsize=1)
def _territories() -> Mapping[str, tuple[Territory, ...]]:
    """Read territories.csv once, by country."""
    found: dict[str, tuple[Territory, ...]] = {}
    for row in rows_of("territories.csv"):
        postal = tuple(part.casefold() for part in row["postal"].split())
        each = Territory(row["country"], row["region"], row["name"], postal, row["treated"])
        found[each.country] = (*found.get(each.country, ()), each)
    return found


@lru_cache(maxsize=1)
def _states() -> Mapping[str, str]:
    """Read states.csv once: code by code and by name."""
    rows = rows_of("states.csv")
    return {_squeezed(row[key]): row["code"] for row in rows for key in ("code", "name")}
