"""An invoice paid by whoever holds a link to it, without signing in.

Whoever holds it is nobody known: they learn a number and an amount, may pay that by a gateway's page, and
reach nothing else.  So nothing of the customer goes to the gateway either, which would show it on its page:
gateways that want something of the person are not offered here.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.calls import charging
from hostkeep.billing.calls.charging import Where
from hostkeep.billing.calls.gateways import gateway_for
from hostkeep.billing.errors.documents import NoSuchInvoice, PayLinkOver
from hostkeep.billing.errors.gateways import GatewayNotOffered
from hostkeep.billing.queries.corrections import owner_of
from hostkeep.billing.queries.invoices import InvoiceRow, held_for, listed
from hostkeep.billing.queries.pay_links import is_revoked, mark_of
from hostkeep.billing.rules.numbering import CANARY, CREDIT_NOTE, PROFORMA
from hostkeep.billing.rules.pay_links import PayLink, pay_links_hold
from hostkeep.billing.rules.together import sum_together
from hostkeep.brands.queries import brand
from hostkeep.flows.paying import NEVER_KNOW, Asked, Links, gateways_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.money import Money

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ByLink:
    """What the page behind a link shows.

    row   the document, closed; nothing of it is opened
    owed  what a gateway would be asked for; nothing where it is paid or taken back
    """

    row: InvoiceRow
    owed: Money
    gateways: tuple[str, ...] = ()


def new_link(act: Act, invoice: InvoiceRow) -> PayLink | None:
    """Return a link to pay a document, made now; None where none is made.

    None where act.brand has no such links, or nothing is owed on it.
    """
    holds = pay_links_hold(brand(act.brand).words)
    if holds is None or invoice.kind in (CREDIT_NOTE, CANARY) or not _owed(invoice).minor:
        return None
    return PayLink(invoice.id, act.at + holds, mark_of(invoice.id))


def by_link(act: Act, link: PayLink) -> ByLink:
    """Return what a link's holder may see.

    Raises PayLinkOver.
    """
    holds = pay_links_hold(brand(act.brand).words)
    if holds is None or not act.at < link.until:
        raise PayLinkOver
    try:
        whose, _ = owner_of(link.invoice)
    except NoSuchInvoice:
        raise PayLinkOver from None
    row = listed(link.invoice)
    if whose != act.brand or row.kind in (CREDIT_NOTE, CANARY) or is_revoked(link):
        raise PayLinkOver
    owed = _owed(row)
    return ByLink(row, owed, _gateways(act) if owed.minor else ())


def pay_by_link(act: Act, link: PayLink, *, gateway: str, links: Links) -> Asked:
    """Ask a gateway for what is owed on the document of a link, as flows.paying.pay_invoice does.

    Nothing of the customer is handed to it.
    Raises PayLinkOver, GatewayNotOffered, AlreadyPaid, Withdrawn.
    """
    if gateway not in by_link(act, link).gateways:
        raise GatewayNotOffered(gateway=gateway)
    _, account = owner_of(link.invoice)
    begun = begin_payment(act, of=account, invoice=link.invoice, gateway=gateway)
    where = Where(back=links.back(begun.attempt), tell=links.tell(gateway), shop=act.brand)
    outcome = charging.charge(gateway_for(gateway, act.brand), begun, where=where)
    told = record_outcome(act, attempt=begun.attempt, outcome=outcome)
    asked = str(begun.attempt)
    log.info("payment.asked_by_link", payment=asked, gateway=gateway, state=told.state, trace=act.trace)
    return Asked(begun.attempt, outcome)


def _owed(row: InvoiceRow) -> Money:
    """Return what is still to pay on a document; for a proforma what the account's credit lacks."""
    if row.is_paid or row.is_taken_back:
        return row.gross.times(0)
    if row.kind != PROFORMA:
        return row.owed
    _, account = owner_of(row.id)
    return sum_together([], [row.gross], held_for(account, row.gross.currency))


def _gateways(act: Act) -> tuple[str, ...]:
    """Return the ways that are offered to somebody unknown: with a page of their own, and told of nobody."""
    able = [name for name in gateways_of(act) if name not in NEVER_KNOW]
    return tuple(name for name in able if not gateway_for(name, act.brand).manifest.discloses)
