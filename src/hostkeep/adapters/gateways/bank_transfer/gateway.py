"""Waits for a bank transfer: nothing is asked of anybody, the bank's file tells later."""

from __future__ import annotations

from typing import ClassVar

from hostkeep.adapters.gateways.bank_transfer import camt, table
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.outside import AsksNobody
from hostkeep.drivers.statements import Layout, Statement

BEFORE_XML = b"\xef\xbb\xbf \t\r\n"
"""What may stand before the first tag."""


class BankTransfer(AsksNobody):
    """A transfer to the brand's own account, found again by the invoice's reference."""

    manifest: ClassVar[Manifest] = Manifest(
        "bank_transfer", 1, keeps=frozenset({"payment_ref"}), touches=frozenset({"bank_account"})
    )

    def read_statement(self, body: bytes, layout: Layout) -> Statement:
        """Read a file in CAMT.053, or in CSV.  Raises BadStatement."""
        is_xml = body[:1_000].lstrip(BEFORE_XML).startswith(b"<")
        return camt.read(body, layout) if is_xml or not body.strip() else table.read(body, layout)
