"""Countries of ISO 3166-1, named and sorted in the reader's language."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from hostkeep.faces.ui.amounts import locale_of

NOT_ISO = frozenset(
    {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"}
)
"""Two-letter codes of Unicode CLDR that are no countries of ISO 3166-1."""

_NEEDED = (
    "AT AU BE BG BR CA CH CN CY CZ DE DK EE ES FI FR GB GR HR HU "
    "IN IT JP KR LT LU LV MT MX NL NO NZ PL PT RO SE SG SI SK TR US"
)
POSTAL_CODE_NEEDED = frozenset(_NEEDED.split())
"""Where a letter does not arrive without a postal code.  Elsewhere it may stay empty."""


def folded(text: str) -> str:
    """Make a key to sort by, without case and marks: Đức stands at D."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


_ALPHA_2 = re.compile("[A-Z]{2}")


@lru_cache(maxsize=8)
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """Return (code, name) of every country, by name."""
    names = locale_of(language).territories
    found = [(code, name) for code, name in names.items() if _ALPHA_2.fullmatch(code) and code not in NOT_ISO]
    return tuple(sorted(found, key=lambda pair: folded(pair[1])))


def country_name(code: str, language: str) -> str:
    """Name a country; an unknown code names itself."""
    return str(locale_of(language).territories.get(code, code))
