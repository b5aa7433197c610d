"""Waits for staff to write down what they were given: cash, a cheque, another way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.payments import BadNotice, Charge, Notice, Outcome, Waiting
from hostkeep.drivers.wire import Wire


class ByHand:
    """Money that comes outside any system of ours, and that a member of staff writes down."""

    manifest: ClassVar[Manifest] = Manifest("manual", 1, keeps=frozenset({"payment_ref"}))

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
        """Wait: what became of it is known when staff have written it down."""
        del once
        return Waiting(None)

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: float) -> Notice:
        """Refuse: nobody calls back.  Raises BadNotice."""
        del headers, body, at
        raise BadNotice("manual sends no call-backs")
