"""What a service needs others to have: who knows a ticket of the basis "service" says what it covers.

Five things need a recipient: an order, where a registry must have the owner's fields; an invoice, where a
gateway must have something of the payer; a mail, where a relay carries it to the receiver's own host; a tax
number, where a registry says whether it is registered; an invoice again, where the brand hands its documents
in to a national system.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from uuid import UUID

from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.queries.registrations import registration_of
from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.brands.rules.einvoices import read_einvoices
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.packages import Package
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import (
    AccountId,
    CategoryId,
    InvoiceId,
    MailId,
    OrderId,
    PurposeId,
    SubjectId,
    UserId,
)
from hostkeep.messaging.errors import NoSuchMail
from hostkeep.messaging.queries import mail
from hostkeep.people.errors import NoSuchUser
from hostkeep.people.queries import account_of_subject, subject_of, user
from hostkeep.runtime import registry
from hostkeep.runtime.adapter_needs import MAIL_RELAY
from hostkeep.shop.errors import NoSuchOrder
from hostkeep.shop.queries.order_rows import OrderTold
from hostkeep.shop.queries.orders import order_of
from hostkeep.vault import disclosing
from hostkeep.vault.column_door import use_columns
from hostkeep.vault.disclosing import Approval, Asked

GATEWAYS = "hostkeep.gateways"
TAX_NUMBERS = "hostkeep.tax_numbers"
EINVOICES = "hostkeep.einvoices"
EMAIL = CategoryId("email")


def needed(act: Act, asked: Asked) -> Approval | None:
    """Say what a ticket of the basis "service" covers, or None.

    A ticket is "order:", "invoice:", "einvoice:", "mail:" or "number:" (an account's) and the handle;
    it must be the person's own, and what it is about must need this very recipient.
    """
    kind, _, handle = asked.ticket.partition(":")
    try:
        thing = UUID(handle)
    except ValueError:
        return None
    if kind == "mail":
        return _for_mail(asked, MailId(thing))
    account = account_of_subject(asked.subject)
    if account is None or account.brand != act.brand:
        return None
    ask = _ASKED.get(kind)
    return ask(act, asked, account.id, thing) if ask else None


def package_for(
    act: Act, manifest: Manifest, *, of: AccountId, purpose: PurposeId, ticket: str, once: str
) -> Package | None:
    """Return what a driver is to be handed of an account's person, or None where it asks for nothing.

    Raises the gate's NotDisclosed, OnceTaken.
    """
    if not manifest.discloses or not manifest.recipient:
        return None
    return disclosing.disclose(
        act, subject=subject_of(of), recipient=manifest.recipient,
        categories=frozenset(CategoryId(each) for each in manifest.discloses), purpose=purpose, ticket=ticket,
        once=once,
    )  # fmt: skip


def _for_order(act: Act, asked: Asked, account: AccountId, thing: UUID) -> Approval | None:
    """An order of theirs has a product whose fields go to this recipient."""
    try:
        row = order_of(account, OrderId(thing))
    except NoSuchOrder:
        return None
    under = act.in_role("system").for_purpose(PurposeId("order"))
    return use_columns(under, wishes=[row.wish], fn=lambda told: _needed_by(told[0], asked))


def _needed_by(order: OrderTold | None, asked: Asked) -> Approval | None:
    """Return which fields an order's products need to be handed to a recipient."""
    lines = order.told if order is not None else ()
    asks = [line.requires for line in lines if line.recipient == asked.recipient.id]
    covered = frozenset(CategoryId(each) for required in asks for each in required)
    return Approval(covered) if covered else None


def _for_invoice(act: Act, asked: Asked, account: AccountId, thing: UUID) -> Approval | None:
    """An invoice of theirs can be paid by a gateway whose recipient this is."""
    try:
        sheet(InvoiceId(thing), of=account)
    except NoSuchInvoice:
        return None
    installed = set(registry.names(GATEWAYS))
    ways = policy_for(act.brand, asked.subject, act.at).gateways
    manifests = [registry.load(GATEWAYS, name).manifest for name in ways if name in installed]
    covered = [each.discloses for each in manifests if each.recipient == asked.recipient.id]
    return Approval(frozenset(CategoryId(one) for each in covered for one in each)) if covered else None


def _for_einvoice(act: Act, asked: Asked, account: AccountId, thing: UUID) -> Approval | None:
    """A document of theirs is set down for the national system that the brand names."""
    found, settings = registration_of(InvoiceId(thing)), read_einvoices(brand(act.brand).words)
    if found is None or found.account != account or settings is None:
        return None
    if found.system != settings.system or settings.system not in registry.names(EINVOICES):
        return None
    manifest = registry.load(EINVOICES, settings.system).manifest
    covered = manifest.recipient == asked.recipient.id
    return Approval(frozenset(CategoryId(one) for one in manifest.discloses)) if covered else None


def _for_number(act: Act, asked: Asked, account: AccountId, thing: UUID) -> Approval | None:
    """Their own number may be looked up at the registry that the brand's `[tax]` names."""
    name = str(brand(act.brand).words.get("tax", {}).get("registry", ""))
    if AccountId(thing) != account or name not in registry.names(TAX_NUMBERS):
        return None
    manifest = registry.load(TAX_NUMBERS, name).manifest
    covered = manifest.recipient == asked.recipient.id
    return Approval(frozenset(CategoryId(one) for one in manifest.discloses)) if covered else None


def _for_mail(asked: Asked, handle: MailId) -> Approval | None:
    """A mail to them waits, and a relay carries it."""
    try:
        row = mail(handle)
        owner = SubjectId(row.subject) if row.address == "contact" else user(UserId(row.subject)).subject
    except (NoSuchMail, NoSuchUser):
        return None
    theirs = owner == asked.subject and asked.recipient.id == MAIL_RELAY
    return Approval(frozenset({EMAIL})) if theirs else None


_ASKED: Mapping[str, Callable[[Act, Asked, AccountId, UUID], Approval | None]] = MappingProxyType({
    "number": _for_number, "order": _for_order, "invoice": _for_invoice, "einvoice": _for_einvoice,
})  # fmt: skip
"""By the kind of a ticket: who says what it covers."""
