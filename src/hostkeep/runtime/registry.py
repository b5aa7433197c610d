"""Drivers by name, found by entry point.  The one place that loads code by name.

What is installed does not change while a process lives, and reading it takes milliseconds: it is read once.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any

GROUPS = ("hostkeep.gateways", "hostkeep.provisioners", "hostkeep.registrars", "hostkeep.mailers",
          "hostkeep.tax_numbers", "hostkeep.einvoices")  # fmt: skip


@cache
def names(group: str) -> tuple[str, ...]:
    """Return the names that are installed in a group, sorted."""
    return tuple(sorted({entry.name for entry in entry_points(group=group)}))


@cache
def load(group: str, name: str) -> Any:
    """Load a driver class.  Raises KeyError if none bears the name."""
    return entry_points(group=group)[name].load()
