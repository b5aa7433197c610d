"""What each mail says, fetched from the rooms when it is written; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

from hostkeep.billing.queries.corrections import invoice_after, relations_of
from hostkeep.billing.queries.invoices import InvoiceSheet, sheet
from hostkeep.brands.applying import before, notice, overtaken, policy_for
from hostkeep.brands.queries import BrandRow, policy_by_digest
from hostkeep.flows import dunning_letters, ending_letters, price_changes, use_letters
from hostkeep.flows.closing import ending_with, fates_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, OrderId, PurposeId, ServiceId
from hostkeep.messaging import links
from hostkeep.messaging.errors import NoAddress
from hostkeep.messaging.queries import MailRow
from hostkeep.messaging.rules.shown import amount_text, day_text
from hostkeep.people.closings import closing_of
from hostkeep.people.queries import account
from hostkeep.people.rules.closing import REASONS
from hostkeep.policy.render.changes import ChangeRow, say_changes
from hostkeep.provisioning.queries import service
from hostkeep.runtime.addresses import brand_url
from hostkeep.shop.queries.order_rows import OrderLineTold, OrderTold
from hostkeep.shop.queries.orders import order
from hostkeep.subscriptions.rules.add_ons import counted
from hostkeep.vault.column_door import use_columns

Said = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Written:
    """A line of an order as a mail shows it."""

    text: str
    amount: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change of the policy as a mail shows it.  old, new: its words; empty where there are none."""

    heading: str
    clause: str
    old: str
    new: str


def said_by(act: Act, row: MailRow, brand: BrandRow) -> Said:
    """Return what a mail's template shows.

    Raises what the rooms' queries raise when a row is gone, and the vault's Refused.
    """
    if row.template in OPENED:
        return OPENED[row.template](act.of_brand(row.brand).in_role("system"), row, brand)
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


def _new_address(row: MailRow, brand: BrandRow) -> Said:
    """The link that confirms a new login address, made anew."""
    return {"link": brand_url(brand.host, links.path_of("account/new_address", row.facts["passing"]))}


def _address_changed(row: MailRow, brand: BrandRow) -> Said:
    """Where one logs in, and whom one writes to."""
    return {**_sign_in(row, brand), "contact": brand.support_mail}


def _closed(act: Act, row: MailRow, brand: BrandRow) -> Said:
    """What the policy makes of a closed account, what is held of it, and the way that is left to its owner.

    Raises NoAddress where there is no such account, or it was never closed.
    """
    under = closing_of(row.account) if row.account else None
    if under is None:
        raise NoAddress
    closed = account(under.account)
    ending = ending_with(act, closed, fates_of(act, closed), closed_at=under.begun_at)
    policy = policy_for(brand.id, closed.subject, under.begun_at)
    text = next((clause.text for clause in policy.clauses if clause.id == ending.clause), {})
    path = links.path_of("account/closed", str(under.account)) if ending.linked else ""
    return {
        "login": "held" if ending.stays else ending.login,
        "parted": ending.parted,
        "argued": ending.argued,
        "looked_at": day_text(ending.held, brand.zone, row.language) if ending.held else "",
        "day": day_text(ending.until, brand.zone, row.language),
        "first": day_text(ending.signs_in_until, brand.zone, row.language) if ending.signs_in_until else "",
        "by": under.by,
        "reason": REASONS.get(under.why, ""),
        "clause": ending.clause,
        "clause_text": text.get(row.language) or text.get("en", ""),
        "link": brand_url(brand.host, path) if path else "",
        "login_url": brand_url(brand.host, "/auth/login/"),
        "contact": policy.controller.get("contact", "") or brand.support_mail,
    }


def _order(act: Act, row: MailRow, brand: BrandRow) -> Said:
    """An order's lines, in list prices, and what a code takes off them."""
    placed = order(OrderId(UUID(row.facts["order"])))

    def written(told: tuple[OrderTold | None, ...]) -> tuple[Written, ...]:
        bought = told[0].told if told[0] else ()
        return tuple(each for line in bought for each in _bought(line, row.language))

    return {
        "number": placed.number,
        "day": day_text(placed.placed_at, brand.zone, row.language),
        "lines": use_columns(act.for_purpose(PurposeId("order")), wishes=[placed.wish], fn=written),
        "off": amount_text(-placed.discount, row.language) if placed.discount.minor else "",
        "total": amount_text(placed.total, row.language),
        "net": brand.prices == "net",
        "link": brand_url(brand.host, "/account/"),
    }


def _bought(line: OrderLineTold, language: str) -> list[Written]:
    """Write a line of an order, and what was taken beside it."""
    beside = [
        Written(counted(each.name, each.pieces * line.quantity), amount_text(each.cost.first, language))
        for each in line.taken(language)
    ]
    return [Written(line.described(language), amount_text(line.first, language)), *beside]


def _looked_at(row: MailRow, brand: BrandRow) -> Said:
    """An order that the check of its payment held back, and whom one writes to.  Nothing of what was read."""
    placed = order(OrderId(UUID(row.facts["order"])))
    link = brand_url(brand.host, f"/account/orders/{placed.id}/")
    return {"number": placed.number, "link": link, "contact": brand.support_mail}


def _sheet(row: MailRow) -> InvoiceSheet:
    """The invoice a mail is about.  Raises NoSuchInvoice, NoAddress (nobody to write to)."""
    if row.account is None:
        raise NoAddress
    return sheet(InvoiceId(UUID(row.facts["invoice"])), of=row.account)


def _invoice(row: MailRow, brand: BrandRow) -> Said:
    """An invoice: what is owed, until when, and the reference where a bank transfer is taken.

    Over nothing: neither day nor reference, for nobody has to pay it.
    """
    invoice = _sheet(row)
    is_due = invoice.gross.minor > 0
    return {
        "number": invoice.number,
        "amount": amount_text(invoice.gross, row.language),
        "due_day": day_text(invoice.due_at, brand.zone, row.language) if is_due else "",
        "reference": invoice.reference if is_due and "bank_transfer" in brand.payment else "",
        "link": brand_url(brand.host, f"/account/invoices/{invoice.id}/"),
    }


def _credited(row: MailRow, brand: BrandRow) -> Said:
    """A credit note, and what it corrects."""
    note = _sheet(row)
    before = relations_of(note.id).corrects
    return {
        "number": note.number,
        "corrected": before.number if before else "",
        "amount": amount_text(note.gross, row.language),
        "link": brand_url(brand.host, f"/account/invoices/{note.id}/"),
    }


def _paid(row: MailRow, brand: BrandRow) -> Said:
    """An invoice that is paid; of a proforma, the invoice that followed."""
    invoice = _sheet(row)
    if invoice.fulfilled and row.account is not None:
        invoice = sheet(invoice_after(invoice.id) or invoice.id, of=row.account)
    return {
        "number": invoice.number,
        "amount": amount_text(invoice.gross, row.language),
        "link": brand_url(brand.host, f"/account/invoices/{invoice.id}/"),
    }


def _ready(act: Act, row: MailRow, brand: BrandRow) -> Said:
    """A service that runs: its title and where to look, never what is secret."""
    ready = service(ServiceId(UUID(row.facts["service"])))
    link = brand_url(brand.host, f"/account/services/{ready.id}/")
    return use_columns(
        act.for_purpose(PurposeId("service")),
        wishes=[ready.wish],
        fn=lambda told: {"service": told[0].title if told[0] else "", "link": link},
    )


def _line(row: ChangeRow) -> ChangeLine:
    """Say one change without the marks of single words, which mail programs show in many ways."""
    old, new = ("".join(words for words, _ in parts) for parts in (row.old, row.new))
    return ChangeLine(row.heading, row.clause, old, new)


def _changed(row: MailRow, brand: BrandRow) -> Said:
    """What a new version of the policy changes, from when, and how to say no where the policy offers it."""
    told = notice(UUID(row.facts["notice"]))
    version = told.version
    held = before(told.brand, version)
    new = policy_by_digest(version.digest)
    old = policy_by_digest(held.digest) if held else new
    offered = held is not None and old.notice.reject and told.rejected_at is None
    reject = links.path_of("policy/reject", str(told.id)) if offered else ""
    groups = say_changes(old, new, row.language)
    return {
        "version": str(version.version),
        "day": day_text(version.effective_at, brand.zone, row.language),
        "at_once": version.effective_at <= version.announced_at,
        "since_long": version.effective_at + timedelta(days=1) <= told.queued_at,
        "counted_days": old.notice.period.days if version.waits else 0,
        "overtaken": [str(each.version) for each in overtaken(told.brand, version)],
        "groups": [(group.title, [_line(each) for each in group.rows]) for group in groups],
        "clause": old.notice.clause,
        "link": brand_url(brand.host, "/privacy/history/"),
        "reject": brand_url(brand.host, reject) if reject else "",
        "contact": new.controller["contact"],
    }


CONTENTS: Mapping[str, Callable[[MailRow, BrandRow], Said]] = MappingProxyType(
    {
        "account/confirm": _confirm,
        "account/reset": _reset,
        "account/already": _sign_in,
        "account/password_changed": _sign_in,
        "account/new_address": _new_address,
        "account/address_changed": _address_changed,
        "account/address_in_force": _address_changed,
        "order/held_back": _looked_at,
        "order/refused": _looked_at,
        "billing/invoice": _invoice,
        "billing/credit_note": _credited,
        "billing/paid": _paid,
        "policy/changed": _changed,
    }
)
"""By template; a test holds it, with OPENED, against messaging.rules.catalogue.TEMPLATES."""

OPENED: Mapping[str, Callable[[Act, MailRow, BrandRow], Said]] = MappingProxyType(
    {
        "account/closed": _closed,
        "order/confirmed": _order,
        "service/ready": _ready,
        "service/ending": ending_letters.said_of,
        "billing/price": price_changes.said_of,
        **dict.fromkeys(use_letters.TEMPLATES.values(), use_letters.said_of),
        **dunning_letters.CONTENTS,
    }
)
"""By template: what asks the door, of what a customer chose or of what is held of them."""
