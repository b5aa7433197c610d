"""Values of the vault as people read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from hostkeep.faces.ui.fields import LABELS
from hostkeep.kernel.words import gettext_noop

PARTS: Mapping[str, str] = {
    **LABELS,
    "number": gettext_noop("Customer number"),
    "name": gettext_noop("Name"),
    "company": gettext_noop("Company"),
    "email": gettext_noop("E-mail"),
    "tax_id": gettext_noop("Tax number"),
    "proofs": gettext_noop("What proves the place for the tax"),
    "paid_from": gettext_noop("Country it was paid from"),
}
"""Names of the parts of a value, in words; one that is not here is said as it is."""


def lines_of(value: str) -> tuple[tuple[str, str], ...]:
    """Return a value as lines to read: an object of texts falls into its parts, all else stays one."""
    try:
        parts = json.loads(value)
    except ValueError:
        return (("", value),)
    if isinstance(parts, dict):
        return tuple((gettext(PARTS.get(key, str(key))), _text(each)) for key, each in parts.items() if each)
    if isinstance(parts, list):
        return tuple(("", _text(each)) for each in parts)
    return (("", value),)


def _text(value: Any) -> str:
    """Return a part as text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
