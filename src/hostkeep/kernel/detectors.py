"""Detectors: does a text look as if it held a value of a person?

They serve the nightly scan of what must hold none.  They are made to be quiet on what our own columns hold:
UUIDs, digests, base32 and base64, dates and times, amounts, document numbers, creditor references.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

EMAIL, PHONE, IP, CARD, IBAN, CANARY = "email", "phone", "ip", "card", "iban", "canary"

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.)+[^\W\d_]{2,63}(?![\w-])")
_CANARY = re.compile(r"canary[0-9a-f]{16}|@canary\.invalid", re.IGNORECASE)

_EDGE = r"(?<![\w.:/+-])(?<!\d )"
_END = r"(?![\w:/-])(?![ .]\d)"
_WORLDWIDE = re.compile(r"(?<![\w+.])\+[1-9](?:[ .()/-]{0,2}\d){6,14}(?!\w)(?![:.-]\d)")
"""A plus and 7 to 15 digits.  Source: ITU-T E.164."""
_NATIONAL = (
    re.compile(_EDGE + r"0[1-9]\d{8}" + _END),
    re.compile(_EDGE + r"0\d{1,4}([ .-])\d{2,4}(?:\1\d{2,4}){1,3}" + _END),
    re.compile(_EDGE + r"\(0?\d{2,4}\)[ .-]?\d{3,4}[ .-]?\d{3,4}" + _END),
    re.compile(_EDGE + r"[2-9]\d{2}([ .-])\d{3}\1\d{4}" + _END),
)
"""Ten digits after a trunk zero; a zero and groups; an area in brackets; three groups as in North America."""
_PHONE_DIGITS = range(9, 12)

_V4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-])(?!\.\w)")
_V6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])(?!\.\w)")

_CARD = re.compile(
    r"(?<![\w.-])(?<!\d )(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5})"
    r"(?![\w-])(?![ .]\d)"
)
_ISSUERS = re.compile(
    r"4|5[1-5]|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)|3[47]|3(?:0[0-5]|[689])|35(?:2[89]|[3-8]\d)|6(?:011|4[4-9]|5)|62"
)
"""First digits of the large card schemes.  Source: ISO/IEC 7812, as the schemes publish their ranges."""

_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_IBAN_LENGTHS: Mapping[str, int] = MappingProxyType({
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24,
    "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21,
    "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31,
    "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22,
    "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "XK": 20,
})  # fmt: skip
"""Characters of an account number by country.  Source: ISO 13616, IBAN registry."""


def found_in(text: str) -> frozenset[str]:
    """Return the names of the detectors that find something in a text; empty for a clean one."""
    return frozenset(name for name, sees in DETECTORS.items() if sees(text))


def has_email(text: str) -> bool:
    """Say whether a text holds an e-mail address."""
    return "@" in text and _EMAIL.search(text) is not None


def has_canary(text: str) -> bool:
    """Say whether a text holds the mark of a made-up person of ours."""
    return _CANARY.search(text) is not None


def has_phone(text: str) -> bool:
    """Say whether a text holds a phone number: with a plus, or as it is written within a country."""
    if _WORLDWIDE.search(text):
        return True
    found = (match.group() for pattern in _NATIONAL for match in pattern.finditer(text))
    return any(sum(c.isdigit() for c in number) in _PHONE_DIGITS for number in found)


def has_ip(text: str) -> bool:
    """Say whether a text holds an Internet address of somebody; loopback and "any" are nobody's."""
    return any(_is_somebodys(match) for match in _addresses(text))


def has_card(text: str) -> bool:
    """Say whether a text holds a payment card's number.  Source: ISO/IEC 7812-1, annex B (Luhn)."""
    return any(is_card("".join(c for c in m.group() if c.isdigit())) for m in _CARD.finditer(text))


def has_iban(text: str) -> bool:
    """Say whether a text holds a bank account's number.  Source: ISO 13616 and ISO 7064, MOD 97-10."""
    return any(is_iban(match.group().replace(" ", "")) for match in _IBAN.finditer(text))


def is_card(digits: str) -> bool:
    """Say whether digits are a card's: an issuer's first digits, and a check digit that fits."""
    if len(set(digits)) == 1 or _ISSUERS.match(digits) is None:
        return False
    doubled = [int(c) * (1 + place % 2) for place, c in enumerate(reversed(digits))]
    return sum(n // 10 + n % 10 for n in doubled) % 10 == 0


def is_iban(text: str) -> bool:
    """Say whether a text without spaces is an account number: its country's length, check digits that fit."""
    if _IBAN_LENGTHS.get(text[:2]) != len(text):
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def _addresses(text: str) -> Iterator[str]:
    """Give what is shaped like an address.  A version 6 address without any digit is a word: "a::b"."""
    if text.count(".") > 2:  # noqa: PLR2004  an address of version 4 has three
        yield from (match.group() for match in _V4.finditer(text))
    if text.count(":") > 1:
        found = (match.group() for match in _V6.finditer(text))
        yield from (each for each in found if any(c.isdigit() for c in each))


def _is_somebodys(text: str) -> bool:
    """Say whether a text is an address that a machine of somebody may have."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)


DETECTORS: Mapping[str, Callable[[str], bool]] = MappingProxyType({
    EMAIL: has_email,
    PHONE: has_phone,
    IP: has_ip,
    CARD: has_card,
    IBAN: has_iban,
    CANARY: has_canary,
})
"""By name."""

NAMES = frozenset(DETECTORS)
