"""Tax numbers of buyers: whether one can be right by its form, and whose it is.

Source of the forms and check digits: the numbers' own laws, as the library python-stdnum keeps them.
A right form is no registration: only a registry can say that (billing.calls.numbers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from stdnum.ch import vat as swiss_vat
from stdnum.eu import vat as union_vat
from stdnum.gb import vat as british_vat
from stdnum.no import mva as norwegian_vat
from stdnum.vn import mst as vietnamese_mst

from hostkeep.billing.rules.taxing.placing import NumberState
from hostkeep.billing.rules.taxing.rates import UNION

LONGEST = 20
"""Signs of the longest number there is, with room for a country's prefix; longer ones are none."""

NORTHERN_IRELAND = "XI"
PREFIXES: Mapping[str, str] = MappingProxyType({"GR": "EL"})
"""What the registry of the Union calls a country where that is not its code of ISO 3166-1."""

PREFIX_OF_ELSEWHERE: Mapping[str, str] = MappingProxyType({"CHE": "CH", "GB": "GB"})

CHECKS: Mapping[str, Callable[[str], bool]] = MappingProxyType({
    "GB": british_vat.is_valid, "CH": swiss_vat.is_valid, "NO": norwegian_vat.is_valid,
    "VN": vietnamese_mst.is_valid,
})  # fmt: skip
"""Forms outside the Union that we can check."""

RETRY = timedelta(hours=1)
"""How soon a registry that did not answer is asked again."""


@dataclass(frozen=True, slots=True)
class TaxNumber:
    """A number whose form is right.

    country   ISO 3166-1 of who gave it ("GR"; "GB" also for Northern Ireland)
    prefix    what the Union's registry calls it ("EL", "XI"), or empty where it has none of its kind
    digits    the number without a prefix, in capitals, without spaces
    """

    country: str
    prefix: str
    digits: str

    def __repr__(self) -> str:
        return f"<tax number of {self.country}>"

    @property
    def whole(self) -> str:
        """The number as everybody would write it."""
        named = self.prefix or self.country
        return self.digits if self.digits.startswith(named) else f"{named}{self.digits}"


def read_number(typed: str, *, country: str) -> TaxNumber | None:
    """Read a tax number as a buyer typed it: spaces, dots, lower case; with its prefix or without.

    country  of the billing address, ISO 3166-1; used where the number names none
    None: no number that could be right.  One of a country whose form we do not know is none either.
    """
    if len(typed) > 2 * LONGEST:
        return None
    text = "".join(sign for sign in typed if sign.isalnum() and sign.isascii()).upper()
    if not 0 < len(text) <= LONGEST:
        return None
    return _of_union(text, country) or _of_elsewhere(text, country)


def state_of(number: str, checked: str, *, readable: bool) -> NumberState:
    """Say how a buyer's number stands.

    number    as typed, empty for none
    checked   what a registry answered last, or empty where none was asked
    readable  whether its form is right
    """
    if not number.strip():
        return "none"
    if not readable:
        return "invalid"
    return "valid" if checked == "valid" else "invalid" if checked == "invalid" else "unknown"


def is_fresh(state: str, checked_at: datetime, at: datetime, *, days: int) -> bool:
    """Say whether an answer still holds.

    days  for how long one of "valid" or "invalid" does; "unknown" holds an hour, then it is asked again
    """
    holds = RETRY if state == "unknown" else timedelta(days=days)
    return at - checked_at < holds


def _of_union(text: str, country: str) -> TaxNumber | None:
    """Read a number of a member state, or of Northern Ireland."""
    head, rest = text[:2], text[2:]
    if head == NORTHERN_IRELAND:
        return TaxNumber("GB", head, rest) if british_vat.is_valid(rest) else None
    code = "GR" if head == "EL" else head
    if code in UNION and _fits(code, rest):
        return TaxNumber(code, PREFIXES.get(code, code), rest)
    if country in UNION and _fits(country, text):
        return TaxNumber(country, PREFIXES.get(country, country), text)
    return None


def _fits(country: str, digits: str) -> bool:
    """Say whether digits can be a number of a member state."""
    return bool(union_vat.is_valid(f"{PREFIXES.get(country, country)}{digits}"))


def _of_elsewhere(text: str, country: str) -> TaxNumber | None:
    """Read a number of a country outside the Union whose form we know."""
    named = next((code for head, code in PREFIX_OF_ELSEWHERE.items() if text.startswith(head)), country)
    check = CHECKS.get(named)
    if check is None or not check(text):
        return None
    return TaxNumber(named, "", text)
