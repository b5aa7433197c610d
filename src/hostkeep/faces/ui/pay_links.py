"""The signed address of a link to pay: one document, until a time."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from hostkeep.billing.errors.documents import PayLinkOver
from hostkeep.kernel.ids import InvoiceId

SALT = "hostkeep.billing.pay_link"
DIGITS = 11
"""Of a time in seconds: until the year 5138."""


def pay_link_path(invoice: InvoiceId, until: datetime) -> str:
    """Return the path of a link to pay a document that holds until a time."""
    said = f"{UUID(str(invoice)).hex}-{int(until.timestamp())}"
    return reverse("pay_link", args=[Signer(salt=SALT).sign(said)])


def read_pay_link(token: str) -> tuple[InvoiceId, datetime]:
    """Return which document a link is to, and until when.  Raises PayLinkOver where it is none of ours."""
    try:
        handle, _, ends = Signer(salt=SALT).unsign(token).partition("-")
        if not (ends.isascii() and ends.isdecimal() and len(ends) <= DIGITS):
            raise PayLinkOver
        return InvoiceId(UUID(hex=handle)), datetime.fromtimestamp(int(ends), tz=UTC)
    except (BadSignature, ValueError):
        raise PayLinkOver from None
