"""Links by which an invoice is paid without signing in: whether a brand has them, and how long they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hostkeep.kernel.ids import InvoiceId

NAME = "pay_link_days"
MOST_DAYS = 90


@dataclass(frozen=True, slots=True)
class PayLink:
    """What a link says, signed.

    until  it holds before that time
    mark   what the document's links bore when it was made; None where none had been taken back by then
    """

    invoice: InvoiceId
    until: datetime
    mark: UUID | None = None


def pay_links_hold(words: Mapping[str, Any]) -> timedelta | None:
    """Return for how long a link holds, or None where the brand has none.

    words  of brand.toml: pay_link_days, 0 or left out for none
    Raises ValueError with what to mend.
    """
    days = words.get(NAME, 0)
    if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= MOST_DAYS:
        raise ValueError(f"{NAME} is a whole number of days, {MOST_DAYS} at most; 0: no such links")
    return timedelta(days=days) or None
