"""Gateways that ask nobody: the payer acts in their own time, and staff or a file tell what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.payments import BadNotice, Charge, Notice, Outcome, Waiting
from hostkeep.drivers.wire import Wire


class AsksNobody:
    """What all of them do: wait.  Each has a manifest of its own, and whatever it can besides."""

    manifest: ClassVar[Manifest]

    @classmethod
    def configured(cls, wire: Wire, settings: Mapping[str, str]) -> Self:
        """Return one; it calls nobody and needs no settings."""
        del wire, settings
        return cls()

    @classmethod
    def hosts(cls, settings: Mapping[str, str]) -> tuple[str, ...]:
        """Return no hosts."""
        del settings
        return ()

    def charge(self, ask: Charge) -> Outcome:
        """Wait: the payer brings it in their own time."""
        del ask
        return Waiting(None)

    def look_up(self, once: str) -> Outcome:
        """Wait: what became of it is known when staff have written it down, or a file was read."""
        del once
        return Waiting(None)

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: float) -> Notice:
        """Refuse: nobody calls back.  Raises BadNotice."""
        del headers, body, at
        raise BadNotice(f"{self.manifest.name} sends no call-backs")
