"""What a value of a form must look like.  Pure: text in, text or a plain sentence out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult

from hostkeep.faces.ui.countries import POSTAL_CODE_NEEDED, countries, country_name
from hostkeep.kernel.words import gettext_noop

MAX_EMAIL_BYTES = 120
"""So that the sealed address fits 254 characters."""

MAX_LENGTH: Mapping[str, int] = MappingProxyType({
    "name": 120, "email": MAX_EMAIL_BYTES, "phone": 32, "company": 120, "tax_id": 32, "gov_id": 32,
    "contacts": 500, "address": 300, "city": 100, "postal_code": 16, "region": 100, "country": 2,
})
OTHER_LENGTH = 500
MANY_LINES = frozenset({"address", "contacts", "registrant", "message", "content"})

_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_NUMBER = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z ./-]{0,30}[0-9A-Za-z])?")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who fills the form in, as far as a check needs it.

    language  for names of countries
    region    the brand's country, ISO 3166-1 alpha-2: where a phone number without country code belongs
    country   the country given in the same form, or an empty text
    """

    language: str
    region: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a value.

    text   a sentence for gettext, with {named} places
    facts  what fills them
    """

    text: str
    facts: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))


MISSING = Wrong(gettext_noop("Please fill this in."))
TWICE = Wrong(gettext_noop("This came twice. Send it once."))
UNREADABLE = Wrong(gettext_noop("This holds signs that cannot be stored. Please type it again."))


def tidy(name: str, value: str) -> str | Wrong:
    """Trim a value and bring it to one spelling, Unicode NFC.

    Wrong where it holds control characters or is too long.
    """
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    allowed = "\n" if name in MANY_LINES else ""
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"} and sign not in allowed for sign in text):
        return UNREADABLE
    if name in MANY_LINES:
        text = "\n".join(line.strip() for line in text.split("\n") if line.strip())
    most = MAX_LENGTH.get(name, OTHER_LENGTH)
    if len(text.encode() if name == "email" else text) > most:
        return Wrong(gettext_noop("This is too long. At most {most} characters."), {"most": most})
    return text


def email(value: str, _reader: Reader) -> str | Wrong:
    """Check the shape of an e-mail address."""
    if _EMAIL.fullmatch(value) and ".." not in value and not value.startswith(".") and ".@" not in value:
        return value
    return Wrong(gettext_noop("This is no e-mail address. Example: ann@example.test"))


_PHONE_WRONG: Mapping[int, str] = MappingProxyType({
    ValidationResult.TOO_SHORT: gettext_noop("Too few digits for {country}. Example: {example}"),
    ValidationResult.TOO_LONG: gettext_noop("Too many digits for {country}. Example: {example}"),
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: gettext_noop("The area code is missing. Example: {example}"),
})
_PHONE_BAD = gettext_noop("There is no such phone number. Example: {example}")


def phone(value: str, reader: Reader) -> str | Wrong:
    """Return a phone number as E.164.

    One without country code belongs to the country given in the form, else to the brand's.

    Source: ITU-T E.164; numbering plans as libphonenumber knows them.
    """
    region = reader.country or reader.region
    try:
        number = phonenumbers.parse(value, region or None)
    except phonenumbers.NumberParseException:
        return Wrong(_PHONE_BAD, {"example": _example(region)})
    if phonenumbers.is_valid_number(number):
        return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    home = phonenumbers.region_code_for_country_code(number.country_code or 0)
    text = _PHONE_WRONG.get(phonenumbers.is_possible_number_with_reason(number), _PHONE_BAD)
    return Wrong(text, {"country": country_name(home, reader.language), "example": _example(home)})


def _example(region: str) -> str:
    """Give a number of a region as people write it."""
    number = phonenumbers.example_number(region) or phonenumbers.example_number("NL")
    if number is None:
        return "+31 20 1234567"
    return str(phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL))


def country(value: str, reader: Reader) -> str | Wrong:
    """Check a country's code.  Source: ISO 3166-1 alpha-2."""
    code = value.upper()
    if any(code == known for known, _ in countries(reader.language)):
        return code
    return Wrong(gettext_noop("Choose a country from the list."))


def postal_code(value: str, reader: Reader) -> str | Wrong:
    """Check a postal code: needed in some countries, letters, digits, space and hyphen in all."""
    if not value:
        if reader.country in POSTAL_CODE_NEEDED:
            return Wrong(
                gettext_noop("{country} needs a postal code."),
                {"country": country_name(reader.country, reader.language)},
            )
        return value
    return _number(value)


def _number(value: str, _reader: Reader | None = None) -> str | Wrong:
    """Check a number that stands on a paper: letters, digits and simple signs."""
    if _NUMBER.fullmatch(value):
        return value
    return Wrong(gettext_noop("Use letters and digits only, as on the paper."))


Check = Callable[[str, Reader], str | Wrong]

CHECKS: Mapping[str, Check] = MappingProxyType({
    "email": email, "phone": phone, "country": country, "tax_id": _number, "gov_id": _number,
})
"""By input: the check of a value that is not empty.  An input without one may hold any text."""
