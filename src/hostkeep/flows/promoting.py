"""What becomes of a promo code after the order: carried on by subscriptions, committed, or given back."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from hostkeep.billing.events import InvoiceIssued, InvoicePaid
from hostkeep.billing.queries.corrections import kind_of, relations_of
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.rules.numbering import CREDIT_NOTE
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, OrderId, PurposeId
from hostkeep.provisioning.errors import NoSuchService
from hostkeep.provisioning.events import ServiceClosed
from hostkeep.provisioning.queries import service, services_billed_by
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.runtime.outbox import is_under_way
from hostkeep.shop.actions.redeeming import attach_invoice, commit_redemption, release_redemption
from hostkeep.shop.errors import NoSuchOrder
from hostkeep.shop.queries.moves import MoveRow
from hostkeep.shop.queries.order_rows import OrderLineTold
from hostkeep.shop.queries.orders import order_with
from hostkeep.shop.queries.promos import RedemptionRow, redemption_by_invoice, redemption_of
from hostkeep.shop.rules.promo import Bounds
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, has_discount
from hostkeep.subscriptions.rules.agreeing import LONGEST_TITLE, Discount

log = structlog.get_logger()

ORDER = PurposeId("order")


def of_piece(line: OrderLineTold, used: RedemptionRow | None, language: str, piece: int) -> Discount | None:
    """Return what a code takes off one piece of an order line, for as long as it holds; None for nothing.

    language  in which invoices say what it is.  piece: from 0
    """
    if used is None or not line.discount.minor:
        return None
    return Discount(used.called(language)[:LONGEST_TITLE], line.each_discount[piece], used.rate, used.periods)


def billed(act: Act, used: RedemptionRow, invoice: InvoiceId) -> None:
    """Say which invoice a use is paid by; where that is paid by now, let the use stand."""
    under = _as_system(act, used)
    attach_invoice(under, order=used.order, invoice=invoice)
    found = sheet(invoice, of=used.account)
    if found.is_paid and not found.is_taken_back:
        commit_redemption(under, order=used.order)


def ends_with(row: SubscriptionRow) -> Callable[[MoveRow], bool]:
    """Return what says whether a change ends a subscription's discount, as its code is not good for it.

    A code never changes, so what it was bound to when it was used is what it is bound to.
    """
    bounds = _bounds_of(row) if has_discount(row.id) else None

    def ends(move: MoveRow) -> bool:
        return bounds is not None and not bounds.fit(
            group=move.group, product=move.product, plan=move.plan, months=move.term.months
        )

    return ends


def _bounds_of(row: SubscriptionRow) -> Bounds | None:
    """Return to what the code is bound that a service was ordered with; None where it was without one."""
    try:
        used = redemption_of(order_with(service(row.service).order_line).id)
    except (NoSuchService, NoSuchOrder):
        return None
    return used.bounds if used is not None else None


def give_up(act: Act, *, order: OrderId) -> None:
    """Give back the use of an order that is never owed, as its account was closed; nothing where none is."""
    try:
        release_redemption(act.in_role("system").for_purpose(ORDER), order=order, reason="closed")
    except NoSuchOrder:
        return


def on_invoice_paid(act: Act, event: InvoicePaid) -> None:
    """Let the use of a code stand: its order is paid."""
    used = redemption_by_invoice(event.invoice)
    if used is not None:
        commit_redemption(_as_system(act, used), order=used.order)


def on_invoice_issued(act: Act, event: InvoiceIssued) -> None:
    """Give back the use of a code once credit notes took its order's invoice back whole, unpaid."""
    kind, before = kind_of(event.invoice)
    used = redemption_by_invoice(before) if kind == CREDIT_NOTE and before else None
    if used is not None and before is not None and _is_taken_back(before, event.account):
        _release(act, used)


def on_service_closed(act: Act, event: ServiceClosed) -> None:
    """Give back the use of a code once all that was ordered with it ended before it was paid."""
    first = service(event.service).invoice
    used = redemption_by_invoice(first) if first else None
    if used is None or used.state != "reserved" or first is None:
        return
    if all(each.state is State.CLOSED for each in services_billed_by(first)):
        _release(act, used)


def _release(act: Act, used: RedemptionRow) -> None:
    """Give a use back that is still reserved; one whose order was paid stands, though that news is late."""
    if used.invoice and is_under_way(InvoicePaid(used.invoice, used.account), on_invoice_paid):
        log.info("promo.paid_meanwhile", order=str(used.order), trace=act.trace)
        return
    done = release_redemption(_as_system(act, used), order=used.order, reason="cancelled")
    log.info("promo.released", order=str(used.order), moved=done.moved, trace=act.trace)


def _is_taken_back(invoice: InvoiceId, account: AccountId) -> bool:
    """Say whether credit notes took all of an invoice."""
    notes = [note.gross.minor for note in relations_of(invoice).by if note.kind == CREDIT_NOTE]
    return sum(notes) >= sheet(invoice, of=account).gross.minor


def _as_system(act: Act, used: RedemptionRow) -> Act:
    """Return a deed as the system's own, for the order."""
    return act.of_brand(used.brand).in_role("system").for_purpose(ORDER)
