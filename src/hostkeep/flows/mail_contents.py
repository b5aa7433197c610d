"""What each mail says, fetched from the rooms when it is written; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from hostkeep.billing.queries.invoices import InvoiceSheet, sheet
from hostkeep.brands.queries import BrandRow
from hostkeep.kernel.ids import InvoiceId, OrderId, ServiceId
from hostkeep.messaging import links
from hostkeep.messaging.errors import NoAddress
from hostkeep.messaging.queries import MailRow
from hostkeep.messaging.rules.shown import amount_text, day_text
from hostkeep.provisioning.queries import service
from hostkeep.runtime.addresses import brand_url
from hostkeep.shop.queries.orders import order

Said = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Written:
    """A line of an order as a mail shows it."""

    text: str
    amount: str


def said_by(row: MailRow, brand: BrandRow) -> Said:
    """Return what a mail's template shows.  Raises what the rooms' queries raise when a row is gone."""
    return CONTENTS[row.template](row, brand)


def _confirm(row: MailRow, brand: BrandRow) -> Said:
    """The link that confirms an address, made anew."""
    return {"link": brand_url(brand.host, links.path_of("account/confirm", row.facts["address"]))}


def _reset(row: MailRow, brand: BrandRow) -> Said:
    """The link to a new password, made anew."""
    return {"link": brand_url(brand.host, links.path_of("account/reset", str(row.subject)))}


def _sign_in(row: MailRow, brand: BrandRow) -> Said:
    """Where one logs in, and where one asks for a new password."""
    del row
    return {
        "login_url": brand_url(brand.host, "/auth/login/"),
        "reset_url": brand_url(brand.host, "/auth/password/reset/"),
    }


def _order(row: MailRow, brand: BrandRow) -> Said:
    """An order's lines, in list prices."""
    placed = order(OrderId(UUID(row.facts["order"])))
    lines = (
        Written(line.described(row.language), amount_text(line.first, row.language)) for line in placed.lines
    )
    return {
        "number": placed.number,
        "day": day_text(placed.placed_at, brand.zone, row.language),
        "lines": tuple(lines),
        "total": amount_text(placed.total, row.language),
        "net": brand.prices == "net",
        "link": brand_url(brand.host, "/account/"),
    }


def _sheet(row: MailRow) -> InvoiceSheet:
    """The invoice a mail is about.  Raises NoSuchInvoice, NoAddress (nobody to write to)."""
    if row.account is None:
        raise NoAddress
    return sheet(InvoiceId(UUID(row.facts["invoice"])), of=row.account)


def _invoice(row: MailRow, brand: BrandRow) -> Said:
    """An invoice: what is owed, until when, and the reference where a bank transfer is taken."""
    invoice = _sheet(row)
    return {
        "number": invoice.number,
        "amount": amount_text(invoice.gross, row.language),
        "due_day": day_text(invoice.due_at, brand.zone, row.language),
        "reference": invoice.reference if "bank_transfer" in brand.payment else "",
        "link": brand_url(brand.host, f"/account/invoices/{invoice.id}/"),
    }


def _paid(row: MailRow, brand: BrandRow) -> Said:
    """An invoice that is paid."""
    invoice = _sheet(row)
    return {
        "number": invoice.number,
        "amount": amount_text(invoice.gross, row.language),
        "link": brand_url(brand.host, f"/account/invoices/{invoice.id}/"),
    }


def _ready(row: MailRow, brand: BrandRow) -> Said:
    """A service that runs: its title and where to look, never what is secret."""
    ready = service(ServiceId(UUID(row.facts["service"])))
    return {"service": ready.title, "link": brand_url(brand.host, f"/account/services/{ready.id}/")}


CONTENTS: Mapping[str, Callable[[MailRow, BrandRow], Said]] = MappingProxyType({
    "account/confirm": _confirm,
    "account/reset": _reset,
    "account/already": _sign_in,
    "account/password_changed": _sign_in,
    "order/confirmed": _order,
    "billing/invoice": _invoice,
    "billing/paid": _paid,
    "service/ready": _ready,
})
"""By template; a test holds it against messaging.rules.catalogue.TEMPLATES."""
