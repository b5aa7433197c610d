"""The signed address of a link to pay: one document, until a time, and what its links bore by then."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest
from django.urls import reverse

from hostkeep.billing.errors.documents import PayLinkOver
from hostkeep.billing.rules.pay_links import PayLink
from hostkeep.faces.ui.hosts import bare_host
from hostkeep.kernel.ids import InvoiceId
from hostkeep.runtime import addresses

SALT = "hostkeep.billing.pay_link"
DIGITS = 11
"""Of a time in seconds: until the year 5138."""


def pay_link_path(link: PayLink) -> str:
    """Return the path of a link to pay a document."""
    said = f"{UUID(str(link.invoice)).hex}-{int(link.until.timestamp())}"
    if link.mark is not None:
        said += f"-{link.mark.hex}"
    return reverse("pay_link", args=[Signer(salt=SALT).sign(said)])


def pay_link_url(request: HttpRequest, link: PayLink) -> str:
    """Return the whole address of a link to pay, at the host that was asked."""
    return addresses.brand_url(bare_host(request), pay_link_path(link))


def read_pay_link(token: str) -> PayLink:
    """Return what a link says.  Raises PayLinkOver where it is none of ours."""
    try:
        handle, _, rest = Signer(salt=SALT).unsign(token).partition("-")
        ends, _, mark = rest.partition("-")
        if not (ends.isascii() and ends.isdecimal() and len(ends) <= DIGITS):
            raise PayLinkOver
        until = datetime.fromtimestamp(int(ends), tz=UTC)
        return PayLink(InvoiceId(UUID(hex=handle)), until, UUID(hex=mark) if mark else None)
    except (BadSignature, ValueError):
        raise PayLinkOver from None
