"""How a billed period stands: by what it is billed now, or what took that back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from hostkeep.kernel.ids import AccountId, InvoiceId, ServiceId
from hostkeep.kernel.period import Period

Turn = Literal["taken", "billed"]
"""What became of a period's bill: it was taken back, or the period was billed anew."""

MOST_ANEW = 3
"""So often a period is billed anew at once; after that not before it begins.  Whoever ends and keeps without
end makes no more documents by it: each has a number in a series without a gap."""


@dataclass(frozen=True, slots=True)
class Stand:
    """How a billed period stands.

    document  what bills it; of one that is taken back, the document that says how much was: a credit note, or
              the proforma that was withdrawn.  None where it cost nothing
    invoice   what billed it last, also where that was taken back
    times     how often it was billed anew
    turns     how many turns there were
    taken_at  when that was taken back; None while it is billed
    """

    id: UUID
    subscription: UUID
    account: AccountId
    service: ServiceId
    period: Period
    document: InvoiceId | None
    invoice: InvoiceId | None
    is_taken_back: bool
    times: int
    turns: int
    taken_at: datetime | None = None
