"""Paying: which ways a brand offers, asking a gateway, and taking its word when it calls back or is asked.

A gateway is always called between two transactions: one opens the attempt, one writes down the answer.  A
process that dies in between leaves an open attempt, which the sweep looks up; nothing is charged twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from hostkeep.billing.actions.paying import Told, begin_payment, record_notice, record_outcome
from hostkeep.billing.calls import charging
from hostkeep.billing.calls.gateways import gateway_for, is_ready
from hostkeep.billing.errors import GatewayNotOffered, NoSuchPayment, NoticeRefused
from hostkeep.billing.queries import payments
from hostkeep.billing.rules.gateways import offered, refusing_clause
from hostkeep.brands.applying import policy_under
from hostkeep.brands.queries import brand
from hostkeep.drivers.payments import BadNotice, Outcome
from hostkeep.flows.needing import package_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId

log = structlog.get_logger()

BANK = "bank_transfer"
PATIENCE = timedelta(minutes=2)
"""How long a call-back may take before we ask ourselves."""
GIVEN_UP = timedelta(days=14)
"""How long an open attempt is asked about."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where a gateway sends people and messages, as absolute addresses.

    back  makes the address to which the payer of an attempt returns
    tell  makes the address that takes a gateway's call-backs, by its name
    """

    back: Callable[[UUID], str]
    tell: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: the attempt, and what the gateway told."""

    attempt: UUID
    outcome: Outcome


def gateways_of(act: Act) -> tuple[str, ...]:
    """Return the ways to pay that act.brand offers, in its owner's order.

    What the owner chose, the policy allows that applies to the payer, and is set up here; a bank transfer
    needs an account.
    """
    seller = brand(act.brand)
    ready = [name for name in seller.payment if is_ready(name) and (name != BANK or seller.bank)]
    return offered(policy_under(act), installed=ready, chosen=seller.payment)


def demand_offered(act: Act, gateway: str) -> None:
    """Refuse a gateway that act.brand does not offer.

    Raises GatewayNotOffered; with the clause, where it is the policy that says no.
    """
    if gateway in gateways_of(act):
        return
    policy = policy_under(act)
    if gateway in policy.gateways:
        raise GatewayNotOffered(gateway=gateway)
    raise GatewayNotOffered(gateway=gateway, clause=refusing_clause(policy))


def pay_invoice(act: Act, *, of: AccountId, invoice: InvoiceId, gateway: str, links: Links) -> Asked:
    """Ask a gateway for what an account still owes on an invoice, and write down what it told.

    Waiting with a visit: send the payer there.  A second click gets the same attempt.
    Raises GatewayNotOffered, NoSuchInvoice, AlreadyPaid, the disclosure gate's NotDisclosed.
    """
    demand_offered(act, gateway)
    begun = begin_payment(act, of=of, invoice=invoice, gateway=gateway)
    driver = gateway_for(gateway)
    package = package_for(
        act, driver.manifest, of=of, purpose=act.purpose, ticket=f"invoice:{invoice}", once=begun.once
    )  # fmt: skip
    outcome = charging.charge(
        driver, begun, back=links.back(begun.attempt), tell=links.tell(gateway), package=package
    )
    told = record_outcome(act, attempt=begun.attempt, outcome=outcome)
    log.info("payment.asked", payment=str(begun.attempt), gateway=gateway, state=told.state, trace=act.trace)
    return Asked(begun.attempt, outcome)


def take_notice(act: Act, *, gateway: str, headers: Mapping[str, str], body: bytes, heard_at: float) -> Told:
    """Take a call-back: check its signature first, then keep what it means.

    heard_at  Unix seconds by the machine's own clock: a stranger's signature knows nothing of the demo's

    Raises GatewayNotOffered (the driver is not installed), NoticeRefused, WrongBrand.
    """
    driver = gateway_for(gateway)
    try:
        notice = driver.read_notice(headers, body, heard_at)
    except BadNotice:
        log.warning("notice.refused", gateway=gateway, trace=act.trace)
        raise NoticeRefused(gateway=gateway) from None
    return record_notice(act, gateway=gateway, notice=notice)


def look_up_payment(act: Act, *, of: AccountId, attempt: UUID) -> payments.AttemptRow:
    """Return an account's attempt; where its outcome is open, ask the gateway first.

    Raises NoSuchPayment.
    """
    row = payments.attempt(attempt, of=of)
    if row.state not in {"waiting", "unknown"}:
        return row
    _ask_again(act, row)
    return payments.attempt(attempt, of=of)


def look_up_open(act: Act) -> int:
    """Ask what became of attempts whose call-back stays away; return how many were asked about.

    One gateway that does not answer does not stop the next.
    """
    found = payments.open_attempts(after=act.at - GIVEN_UP, before=act.at - PATIENCE, without=(BANK,))
    for row in found:
        try:
            _ask_again(act.of_brand(row.brand), row)
        except (GatewayNotOffered, NoSuchPayment) as refusal:
            log.warning("payment.not_asked", payment=str(row.id), code=refusal.code, trace=act.trace)
    return len(found)


def _ask_again(act: Act, row: payments.AttemptRow) -> None:
    """Look an attempt up and write down what its gateway told."""
    outcome = charging.look_up(gateway_for(row.gateway), once=row.once)
    record_outcome(act, attempt=row.id, outcome=outcome)
