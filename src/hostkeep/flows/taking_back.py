"""Taking back what was billed and will not be given, and billing it anew where it is given after all.

One way for every document: an invoice by a credit note, a proforma by withdrawing it; one that was paid a
moment ago by a note on the invoice that followed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from hostkeep.billing.actions.correcting import Part, credit_lines, credit_whole
from hostkeep.billing.actions.issuing import issue_invoice
from hostkeep.billing.actions.withdrawing import withdraw_proforma
from hostkeep.billing.errors.documents import NoSuchInvoice, NotCorrectable, NothingToCredit
from hostkeep.billing.queries.corrections import invoice_after, kind_of, lines_left
from hostkeep.billing.queries.invoices import SheetTold, invoice_by_once, sheet
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.numbering import PROFORMA
from hostkeep.flows.buying import Buying, buying_of
from hostkeep.flows.order_lines import ADD_ON
from hostkeep.flows.renewing import time_to_pay
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, PurposeId, Ref
from hostkeep.kernel.money import Money, total
from hostkeep.kernel.period import Period
from hostkeep.provisioning.queries import ServiceRow, services_billed_by
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.shop.queries.order_rows import OrderTold
from hostkeep.shop.queries.orders import order_with
from hostkeep.subscriptions.queries.changes import gave_back
from hostkeep.subscriptions.queries.subscriptions import SubscriptionTold, subscriptions_for
from hostkeep.subscriptions.rules.changing import GivenBack
from hostkeep.subscriptions.rules.turns import Stand
from hostkeep.vault.column_door import use_columns

log = structlog.get_logger()

BILLING = PurposeId("billing")
SERVICE = PurposeId("service")
ORDER = PurposeId("order")


def take_back(act: Act, *, invoice: InvoiceId, once: str) -> InvoiceId | None:
    """Take back all that is left of a document, whatever its kind: nobody has to pay for it.

    act   of the document's brand
    once  idempotency key of the credit note, at most 64 characters

    Returns the document that says how much was taken back: a credit note, or the proforma that was withdrawn;
    None where nothing was left to take back.  What was paid on it is the account's credit.
    """
    under = act.in_role("system").for_purpose(BILLING)
    try:
        if kind_of(invoice)[0] == PROFORMA:
            ended = withdraw_proforma(under, proforma=invoice, reason="cancelled")
            if ended.invoice is None:
                return invoice
            invoice = ended.invoice
        return credit_whole(under, invoice=invoice, reason="cancelled", once=once).id
    except (NothingToCredit, NotCorrectable, NoSuchInvoice) as refusal:
        log.info("taking_back.nothing", invoice=str(invoice), code=refusal.code, trace=act.trace)
        return None


def take_back_after(act: Act, *, invoice: InvoiceId, end: datetime, why: str = "after") -> None:
    """Take back what is left of a document's lines that bill time after an end; once for each reason.

    act  in role "system", for purpose "billing"
    why  "after": its subscription ended then; "void": its service stood still from then on
    Of a proforma that bills time before it too nothing is taken: it is one sum.
    """
    lines, once = lines_left(invoice), f"{why}:{invoice}"
    after = [each for each in lines if each.line.period is not None and each.line.period.start >= end]
    parts = [Part(each.position, each.left) for each in after if each.left.minor > 0]
    if len(after) == len(lines):
        take_back(act, invoice=invoice, once=once)
    elif parts and kind_of(invoice)[0] != PROFORMA:
        credit_lines(act, invoice=invoice, parts=parts, reason="cancelled", once=once)


def take_back_unbuilt(act: Act, *, of: ServiceRow) -> None:
    """Take back what an order's invoice bills for a service that ended before it ever ran.

    Where nothing of the order ever will, all of it; else this one's part of its lines.  What was paid for it
    is the account's credit.  A proforma bills parts only when it is paid: then its invoice is corrected.
    Again: changes nothing.
    """
    mates = services_billed_by(of.invoice)
    if all(each.state is State.CLOSED and each.activated_at is None for each in mates):
        take_back(act, invoice=of.invoice, once=f"unbuilt:{of.invoice}")
        return
    invoice = _invoice_of(of.invoice)
    if invoice is not None:
        _take_piece(act, invoice, of, [each for each in mates if each.order_line == of.order_line])


def _invoice_of(billed_by: InvoiceId) -> InvoiceId | None:
    """Return the invoice itself, or the one that followed a proforma; None where there is none."""
    return invoice_after(billed_by) if kind_of(billed_by)[0] == PROFORMA else billed_by


def _take_piece(act: Act, invoice: InvoiceId, of: ServiceRow, pieces: Sequence[ServiceRow]) -> None:
    """Take back one piece's share of the lines that bill it, as far as something is left of them."""
    once = f"unbuilt:{of.id}"
    if invoice_by_once(once) is not None:
        return
    at = sorted(each.id for each in pieces).index(of.id)
    parts, lines = [], lines_left(invoice)
    beside = _add_ons_of(act, of) if any(each.line.about.kind == ADD_ON for each in lines) else frozenset()
    for each in lines:
        if each.line.about.id not in {of.order_line, *beside}:
            continue
        share = each.line.amount.share([1] * len(pieces))[at]
        got = _within(share, each.left)
        if got.minor:
            parts.append(Part(each.position, got))
    under = act.in_role("system").for_purpose(BILLING)
    try:
        credit_lines(under, invoice=invoice, parts=parts, reason="cancelled", once=once)
    except (NothingToCredit, NotCorrectable) as refusal:
        log.info("taking_back.nothing", invoice=str(invoice), code=refusal.code, trace=act.trace)


def _add_ons_of(act: Act, of: ServiceRow) -> frozenset[UUID]:
    """Return what lines are about that bill add-ons of a service's order line; none where it is erased."""

    def named(told: Sequence[OrderTold | None]) -> frozenset[UUID]:
        lines = told[0].told if told[0] is not None else ()
        return frozenset(each.id for line in lines if line.id == of.order_line for each in line.add_ons)

    under = act.of_brand(of.brand).in_role("system").for_purpose(ORDER)
    return use_columns(under, wishes=[order_with(of.order_line).wish], fn=named)


def _within(share: Money, left: Money) -> Money:
    """Return a share, or what is left where that is less; both have the line's sign."""
    return min(share, left, key=lambda amount: abs(amount.minor))


@dataclass(frozen=True, slots=True)
class Settling:
    """What takes back and bills anew for a subscription's periods: subscriptions.actions.settling.Settle."""

    def take_back(self, act: Act, stand: Stand, *, also_paid: bool) -> InvoiceId | None:
        """Take back what bills a period.  What is paid stays so, unless also_paid."""
        if stand.document is None or not (also_paid or _is_open(stand.document, stand.account)):
            return None
        return take_back(act, invoice=stand.document, once=f"ended:{stand.document}")

    def bill_anew(self, act: Act, stand: Stand) -> InvoiceId:
        """Bill line by line what was taken back, taxed as the buyer's purchases are by now.

        What costs less since then is taken off: nothing of it could be given back while it was not billed.
        """
        if stand.document is None:
            raise NoSuchInvoice
        under = act.in_role("system").for_purpose(BILLING)
        taken = sheet(stand.document, of=stand.account)
        product = _product_of(under, stand)
        buying = buying_of(under, stand.account)
        lines = use_columns(under, wishes=[taken.wish], fn=lambda told: _lines(buying, product, told[0]))
        lines += [buying.taxing.taxed(line, product) for line in _less_since(under, stand)]
        return issue_invoice(
            under, to=buying.to, lines=lines, due_in=time_to_pay(act.at, stand.period),
            once=f"anew:{stand.id}:{stand.turns + 1}",
        ).id  # fmt: skip


SETTLING = Settling()


def _lines(buying: Buying, product: str, taken: SheetTold | None) -> list[Line]:
    """Return what was taken back as it is billed now.  Raises NoSuchInvoice where its titles are erased."""
    if taken is None:
        raise NoSuchInvoice
    return [buying.taxed_anew(line, product) for line in taken.lines]


def _less_since(act: Act, stand: Stand) -> list[Line]:
    """Return, in list prices, by what changes made a period cheaper while its bill was taken back."""
    rows = gave_back(stand.subscription, since=stand.taken_at)

    def made(told: Sequence[Mapping[str, Any] | None]) -> list[Line]:
        found = []
        for row, values in zip(rows, told, strict=True):
            if values is None:
                raise NoSuchInvoice
            shares = [due for span, due in row.dues_of(values) if span == stand.period and due.minor < 0]
            less = total(shares, row.back.currency) + _given_of(stand.period, row.back_of(values), row.back)
            if less.minor < 0:
                about = Ref("subscriptions.subscription", stand.subscription)
                found.append(Line(values.get("title") or "-", 1, less, 0, about, stand.period))
        return found

    return use_columns(act.for_purpose(SERVICE), wishes=[row.wish for row in rows], fn=made)


def _given_of(span: Period, back: Sequence[GivenBack], nothing: Money) -> Money:
    """Return what was given back of lines that bill a period: an upgrade of it that was paid."""
    known = {
        (invoice, each.position)
        for invoice in {each.invoice for each in back}
        for each in lines_left(InvoiceId(invoice)) if each.line.period == span
    }  # fmt: skip
    found = [Money(each.minor, nothing.currency) for each in back if (each.invoice, each.position) in known]
    return total(found, nothing.currency)


def _product_of(act: Act, stand: Stand) -> str:
    """Return the product of a subscription, by which it is taxed; empty where it is erased."""
    row = subscriptions_for([stand.service])[stand.service]

    def named(told: Sequence[SubscriptionTold | None]) -> str:
        return told[0].told.product if told[0] is not None else ""

    return use_columns(act.for_purpose(SERVICE), wishes=[row.wish], fn=named)


def _is_open(invoice: InvoiceId, of: AccountId) -> bool:
    """Say whether something is owed on a document, or nothing was paid on it."""
    try:
        return not sheet(invoice, of=of).is_paid
    except NoSuchInvoice:
        return False

