"""Reading the `[einvoices]` of a brand.toml: the national system that its documents are handed in to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hostkeep.brands.errors import BadProfile

LONGEST = 80


@dataclass(frozen=True, slots=True)
class EInvoiceSettings:
    """Where a brand's documents are handed in.

    system   name of a driver
    options  what else stands there, for the driver: texts ("series", "template", "tax_code"); never a secret
    """

    system: str
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def read_einvoices(words: Mapping[str, Any]) -> EInvoiceSettings | None:
    """Return a brand's settings, or None where it hands documents in nowhere.  words: of brand.toml.

    Raises BadProfile.
    """
    said = words.get("einvoices")
    if said is None:
        return None
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise BadProfile(why="[einvoices] is a table of texts: system, and what its driver is told")
    system = said.get("system", "")
    if not system or any(not value or len(value) > LONGEST for value in said.values()):
        raise BadProfile(why=f"[einvoices] needs a system, and texts of at most {LONGEST} characters")
    if "password" in said:
        raise BadProfile(why="[einvoices] holds no password: HOSTKEEP_EINVOICES does")
    return EInvoiceSettings(system, MappingProxyType({k: v for k, v in said.items() if k != "system"}))
