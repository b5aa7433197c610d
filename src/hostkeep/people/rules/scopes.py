"""What a key of the API may be allowed, and how a key is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

CUSTOMER = "customer"

SCOPES: Mapping[str, frozenset[str]] = MappingProxyType({
    "account:read": frozenset({CUSTOMER}),
    "account:write": frozenset({CUSTOMER}),
    "account:close": frozenset({CUSTOMER}),
    "orders:read": frozenset({CUSTOMER}),
    "orders:write": frozenset({CUSTOMER}),
    "invoices:read": frozenset({CUSTOMER}),
    "invoices:pay": frozenset({CUSTOMER}),
    "services:read": frozenset({CUSTOMER}),
    "services:write": frozenset({CUSTOMER}),
    "services:secrets": frozenset({CUSTOMER}),
    "policy:announce": frozenset({"owner", "privacy"}),
    "people:read": frozenset({"owner", "support", "billing", "sales", "engineer", "abuse", "privacy"}),
    "keys:read": frozenset(),
    "keys:write": frozenset(),
})
"""Scope -> the roles that may have it; an empty set stands for every role.

What everybody may read without a key (policy, catalogue) needs no scope.
"""

MOST_KEYS = 20
"""Living keys a login may have."""

_WRITTEN = re.compile(r"hk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


def scopes_for(role: str) -> tuple[str, ...]:
    """Return the scopes that a key of a role may have, in the list's order."""
    return tuple(scope for scope, roles in SCOPES.items() if not roles or role in roles)


def written(prefix: str, secret: str) -> str:
    """Return a key as its owner keeps it."""
    return f"hk_{prefix}_{secret}"


def parts_of(key: str) -> tuple[str, str] | None:
    """Return (prefix, secret) of a key as written, or None for anything else."""
    found = _WRITTEN.fullmatch(key)
    return (found[1], found[2]) if found else None
