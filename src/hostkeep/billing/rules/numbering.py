"""Numbers of documents, and the reference a payer writes on a bank transfer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

Kind = Literal["invoice", "credit_note", "debit_note", "proforma", "canary"]
"""What a document is.  Each kind has a series of its own.

A canary's invoice is none: it is made to try the house, and counts in no series, tax or figure of a real one.
"""

INVOICE: Kind = "invoice"
CREDIT_NOTE: Kind = "credit_note"
DEBIT_NOTE: Kind = "debit_note"
PROFORMA: Kind = "proforma"
CANARY: Kind = "canary"

LETTER: Mapping[Kind, str] = MappingProxyType(
    {INVOICE: "", CREDIT_NOTE: "C", DEBIT_NOTE: "D", PROFORMA: "P", CANARY: ""}
)
"""What tells a kind's numbers from an invoice's, before the count."""

CREDITABLE: tuple[Kind, ...] = (INVOICE, DEBIT_NOTE)
"""What a credit note may take back."""

Numbered = Literal["issue", "payment"]
"""When a sale gets its invoice's number: when it is billed, or when it is paid (and a proforma before)."""

SHORTEST, LONGEST = 5, 25
"""Lengths of a creditor reference, "RF" and check digits among them.  Source: ISO 11649."""

_CHECKED = 97


def year_of(at: datetime, zone: str) -> int:
    """Return the year in which a document of this moment is numbered: the brand's own.

    at    aware
    zone  IANA name
    """
    return at.astimezone(ZoneInfo(zone)).year


def numbered_at(words: Mapping[str, object]) -> Numbered:
    """Return when a brand's sales get their invoice's number.  words: of brand.toml, `numbering`."""
    return "payment" if words.get("numbering") == "payment" else "issue"


def kind_of_bill(numbered: Numbered, *, is_canary: bool) -> Kind:
    """Return what a sale is billed by.

    A canary's is billed at once, by what is no invoice.
    """
    if is_canary:
        return CANARY
    return PROFORMA if numbered == "payment" else INVOICE


def number(prefix: str, kind: Kind, year: int, count: int) -> str:
    """Return a document's number: an invoice's "VS-2026-000017", a credit note's "VS-2026-C000017".

    A canary's is "CANARY-VS-2026-000001".

    prefix  the brand's, letters and digits
    count   from 1, in the series of this brand, kind and year
    """
    mark = "CANARY-" if kind == CANARY else ""
    return f"{mark}{prefix}-{year}-{LETTER[kind]}{count:06d}"


def reference(number: str) -> str:
    """Return the creditor reference of a document's number, "RF49VS2026000017".

    Source: ISO 11649: "RF", two check digits, then up to 21 letters and digits; MOD 97-10 of ISO 7064.
    """
    body = _squeezed(number)[: LONGEST - 4]
    return f"RF{98 - remainder(f'{body}RF00'):02d}{body}"


def in_fours(said: str) -> str:
    """Return a reference in groups of four, as people read it aloud: "RF49 VS20 2600 0017"."""
    return " ".join(said[i : i + 4] for i in range(0, len(said), 4))


def references_in(text: str) -> frozenset[str]:
    """Return everything in a payer's words that reads as a creditor reference and has the right check digits.

    text  as a bank gives it: any case, spaces and dashes anywhere, words before and behind

    A reference has no end mark, so each length is tried; of the few that pass by chance, the caller's look-up
    among real references leaves none.
    """
    squeezed = _squeezed(text)
    return frozenset(
        squeezed[at : at + length]
        for at in (found.start() for found in re.finditer(r"RF(?=[0-9][0-9])", squeezed))
        for length in range(SHORTEST, min(LONGEST, len(squeezed) - at) + 1)
        if is_reference(squeezed[at : at + length])
    )


def is_reference(said: str) -> bool:
    """Tell whether a text without spaces is a creditor reference with the right check digits."""
    shaped = re.fullmatch(r"RF[0-9]{2}[A-Z0-9]{1,21}", said) is not None
    return shaped and remainder(said[4:] + said[:4]) == 1


def _squeezed(text: str) -> str:
    """Upper-case it and leave letters and digits only."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def remainder(text: str) -> int:
    """Return the remainder by 97, letters read as 10 to 35."""
    return int("".join(str(int(sign, 36)) for sign in text)) % _CHECKED
