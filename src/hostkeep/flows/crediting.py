"""Credit at work: what an account holds goes on its invoices, where the brand says so, the oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import structlog

from hostkeep.billing.actions.crediting import CreditUsed, use_credit
from hostkeep.billing.actions.paying import record_outcome
from hostkeep.billing.actions.proforma import fulfil_proforma
from hostkeep.billing.actions.topping import begin_top_up, begin_top_up_payment
from hostkeep.billing.calls import charging
from hostkeep.billing.calls.charging import Where
from hostkeep.billing.calls.gateways import gateway_for
from hostkeep.billing.errors.credit import NotEnoughCredit
from hostkeep.billing.errors.documents import AlreadyPaid
from hostkeep.billing.events import CreditGiven, InvoiceIssued, PaymentReceived
from hostkeep.billing.queries.corrections import open_proformas
from hostkeep.billing.queries.credit import credits_of, open_invoices
from hostkeep.billing.rules.crediting import Limits, applies_at_issue, read_limits
from hostkeep.brands.queries import brand
from hostkeep.flows.needing import package_for
from hostkeep.flows.paying import Asked, Links, demand_offered
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.money import CURRENCIES, Money

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TopUpAsked:
    """A top-up for whose money a gateway was asked."""

    top_up: UUID
    asked: Asked


def apply_credit(act: Act, *, account: AccountId) -> tuple[CreditUsed, ...]:
    """Use an account's credit on its open invoices, the oldest first, each currency for itself.

    Each use is a deed of its own.  Who comes at the same time takes what is left: never more than there is.
    """
    used = []
    for credit in credits_of(account):
        if credit.minor <= 0:
            continue
        for invoice in open_invoices(account, credit.currency):
            try:
                used.append(use_credit(act, account=account, invoice=invoice, once=f"rule-{uuid4().hex}"))
            except AlreadyPaid:
                continue
            except NotEnoughCredit:
                break
    return tuple(used)


def on_invoice_issued(act: Act, event: InvoiceIssued) -> None:
    """Let credit cover a new invoice, where the brand's credit goes on invoices by itself."""
    _by_rule(act, event.account)


def on_payment_received(act: Act, event: PaymentReceived) -> None:
    """Let what was paid beyond an invoice, or put in, cover what else is open."""
    _by_rule(act, event.account)


def on_credit_given(act: Act, event: CreditGiven) -> None:
    """Let credit that was given cover what is open."""
    _by_rule(act, event.account)


def limits_of(act: Act) -> tuple[Limits, ...]:
    """Return how much may be put in at act.brand, in each of its currencies; none where it takes none."""
    seller = brand(act.brand)
    found = (read_limits(seller.words, CURRENCIES[code]) for code in seller.currencies)
    return tuple(each for each in found if each is not None)


def top_up(act: Act, *, of: AccountId, amount: Money, gateway: str, once: str, links: Links) -> TopUpAsked:
    """Open a top-up of an account's credit and ask a gateway for the money.  A second click asks nothing new.

    Raises what begin_top_up and pay_top_up raise.
    """
    demand_offered(act, gateway)
    begun = begin_top_up(act, of=of, amount=amount, once=once)
    return TopUpAsked(begun.id, pay_top_up(act, of=of, top_up=begun.id, gateway=gateway, links=links))


def pay_top_up(act: Act, *, of: AccountId, top_up: UUID, gateway: str, links: Links) -> Asked:
    """Ask a gateway for the money of a top-up, as flows.paying.pay_invoice does for an invoice.

    Raises GatewayNotOffered, NoSuchTopUp, AlreadyPaid, BadCredit, the disclosure gate's NotDisclosed.
    """
    demand_offered(act, gateway)
    begun = begin_top_up_payment(act, of=of, top_up=top_up, gateway=gateway)
    driver = gateway_for(gateway, act.brand)
    package = package_for(
        act, driver.manifest, of=of, purpose=act.purpose, ticket=f"top_up:{top_up}", once=begun.once
    )  # fmt: skip
    where = Where(back=links.back(begun.attempt), tell=links.tell(gateway), shop=act.brand)
    outcome = charging.charge(driver, begun, where=where, package=package)
    told = record_outcome(act, attempt=begun.attempt, outcome=outcome)
    log.info("top_up.asked", payment=str(begun.attempt), gateway=gateway, state=told.state, trace=act.trace)
    return Asked(begun.attempt, outcome)


def _by_rule(act: Act, account: AccountId) -> None:
    """Use an account's credit where act.brand does so by itself.

    A proforma becomes an invoice only where credit covers it whole.
    """
    if applies_at_issue(brand(act.brand).words):
        apply_credit(act, account=account)
        for proforma in open_proformas(account):
            fulfil_proforma(act, proforma=proforma)
