"""What sealed columns of invoices hold: titles of lines, and the digest that knows a repeated invoice again.

They are "invoice_party" of the policy, as the buyer's block is: the law wants an invoice readable for years
after its account was closed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hostkeep.billing.models import Invoice
from hostkeep.billing.rules.lines import Line
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId, SubjectId
from hostkeep.vault.column_door import one_row, seal_columns, seal_rows, use_columns
from hostkeep.vault.columns import Boxed

PARTY = CategoryId("invoice_party")
BILLING = PurposeId("billing")
INVOICES = "billing_invoice"
LINES = "billing_invoiceline"


def place_of(invoice: object, position: int) -> str:
    """Return how a seal names a line."""
    return f"{invoice}/{position}"


def seal_fingerprint(act: Act, invoice: Invoice, content: str) -> Boxed:
    """Seal the digest of an invoice's content."""
    sealed = seal_columns(
        act, subject=SubjectId(invoice.subject), category=PARTY, table=INVOICES, row=str(invoice.id),
        values={"fingerprint": content},
    )  # fmt: skip
    return sealed["fingerprint"]


def seal_titles(act: Act, invoice: Invoice, lines: Sequence[Line]) -> dict[int, Boxed]:
    """Seal the titles of an invoice's lines, by position."""
    rows = {place_of(invoice.id, n): {"title": line.title} for n, line in enumerate(lines, start=1)}
    sealed = seal_rows(act, subject=SubjectId(invoice.subject), category=PARTY, table=LINES, rows=rows)
    return {n: sealed[place_of(invoice.id, n)]["title"] for n in range(1, len(lines) + 1)}


def is_same(act: Act, invoice: Invoice, content: str) -> bool:
    """Say whether an invoice has this content, as the system does for its own books; erased ones may."""

    def same(found: tuple[Any, ...]) -> bool:
        return found[0] is None or found[0] == content

    wish = one_row(
        (BrandId(invoice.brand), SubjectId(invoice.subject), PARTY),
        table=INVOICES, row=str(invoice.id), boxes={"fingerprint": invoice.fingerprint}, make=_fingerprint,
    )  # fmt: skip
    under = act.of_brand(BrandId(invoice.brand)).in_role("system").for_purpose(BILLING)
    return use_columns(under, wishes=[wish], fn=same)


def _fingerprint(values: Mapping[str, Any]) -> str:
    return str(values["fingerprint"])
