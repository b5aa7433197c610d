"""Waits for a bank transfer: nothing is asked of anybody, the bank's file tells later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from hostkeep.adapters.gateways.bank_transfer import camt, table
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.payments import BadNotice, Charge, Notice, Outcome, Waiting
from hostkeep.drivers.statements import Layout, Statement
from hostkeep.drivers.wire import Wire

BEFORE_XML = b"\xef\xbb\xbf \t\r\n"
"""What may stand before the first tag."""


class BankTransfer:
    """A transfer to the brand's own account, found again by the invoice's reference."""

    manifest: ClassVar[Manifest] = Manifest(
        "bank_transfer", 1, keeps=frozenset({"payment_ref"}), touches=frozenset({"bank_account"})
    )

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
        """Wait: the payer acts in their own time, at their own bank."""
        del ask
        return Waiting(None)

    def look_up(self, once: str) -> Outcome:
        """Wait: what became of it stands in the bank's next file, under the invoice's reference."""
        del once
        return Waiting(None)

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: float) -> Notice:
        """Refuse: banks do not call back.  Raises BadNotice."""
        del headers, body, at
        raise BadNotice("bank_transfer sends no call-backs")

    def read_statement(self, body: bytes, layout: Layout) -> Statement:
        """Read a file in CAMT.053, or in CSV.  Raises BadStatement."""
        is_xml = body[:1_000].lstrip(BEFORE_XML).startswith(b"<")
        return camt.read(body, layout) if is_xml or not body.strip() else table.read(body, layout)
