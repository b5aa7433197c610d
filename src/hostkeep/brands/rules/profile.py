"""Reading a brand.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hostkeep.brands.errors import BadProfile
from hostkeep.brands.rules.einvoices import read_einvoices
from hostkeep.brands.rules.taxing import read_tax
from hostkeep.kernel.countries import COUNTRIES
from hostkeep.kernel.money import CURRENCIES, MILLION

REQUIRED = ("id", "name", "zone", "currencies", "hosts", "seller", "tax_rate", "prices", "support_mail")


@dataclass(frozen=True, slots=True)
class Profile:
    """A checked brand.toml.  whole: the file as it stands, for what has no field of its own."""

    id: str
    name: str
    zone: str
    hosts: tuple[str, ...]
    whole: Mapping[str, Any]


def read_profile(text: str) -> Profile:
    """Read and check a brand.toml.  Raises BadProfile with what to mend."""
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadProfile(why=str(error)) from None
    missing = [key for key in REQUIRED if key not in whole]
    if missing:
        raise BadProfile(why=f"it lacks {', '.join(missing)}")
    unknown = [c for c in whole["currencies"] if c not in CURRENCIES]
    if unknown:
        raise BadProfile(why=f"the currency {unknown[0]} is not known; use {', '.join(CURRENCIES)}")
    if whole["prices"] not in {"net", "gross"}:
        raise BadProfile(why='prices must be "net" or "gross"')
    rate = whole["tax_rate"]
    if not isinstance(rate, int) or isinstance(rate, bool) or not 0 <= rate <= MILLION:
        raise BadProfile(why="tax_rate is an integer in millionths, 0 to 1000000: 210000 for 21 %")
    if "tax" in whole:
        read_tax(whole["tax"])
        if whole["seller"].get("country") not in COUNTRIES:
            raise BadProfile(why="[tax] needs the seller's country: two letters of ISO 3166-1")
    _demand_documents(whole)
    return Profile(whole["id"], whole["name"], whole["zone"], tuple(whole["hosts"]), whole)


def _demand_documents(whole: Mapping[str, Any]) -> None:
    """Check what a brand says of its documents.  Raises BadProfile."""
    read_einvoices(whole)
    if whole.get("numbering", "issue") not in {"issue", "payment"}:
        raise BadProfile(why='numbering must be "issue" or "payment"')
