"""Paying: which ways a brand offers, asking a gateway, and taking its word when it calls back or is asked.

A gateway is always called between two transactions: one opens the attempt, one writes down the answer.  A
process that dies in between leaves an open attempt, which the sweep looks up; nothing is charged twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from hostkeep.billing import turns
from hostkeep.billing.actions.by_hand import Taken, record_by_hand
from hostkeep.billing.actions.paying import begin_payment, begin_stored, record_outcome
from hostkeep.billing.calls import charging, storing
from hostkeep.billing.calls.charging import Where
from hostkeep.billing.calls.gateways import gateway_for, is_ready
from hostkeep.billing.errors.gateways import GatewayNotOffered, MethodsNotKept
from hostkeep.billing.method_boxing import Held
from hostkeep.billing.queries import payments
from hostkeep.billing.queries.methods import gateway_of, with_held
from hostkeep.billing.rules.attempts import GIVEN_UP, ON_THE_PAGE
from hostkeep.billing.rules.gateways import BY_HAND, not_kept_by, offered, refusing_clause
from hostkeep.billing.transfers import Receipt
from hostkeep.brands.applying import policy_under
from hostkeep.brands.queries import brand
from hostkeep.drivers.payments import Declined, Outcome, Settled, Unknown, Waiting
from hostkeep.flows.needing import package_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import AccountId, InvoiceId
from hostkeep.runtime.addresses import brand_url

log = structlog.get_logger()

BANK = "bank_transfer"
NEVER_KNOW = (BANK, BY_HAND)
"""Gateways that know nothing of their own: staff or a file tell."""

PATIENCE = timedelta(minutes=2)
"""How long a call-back may take before we ask ourselves."""


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
    able = [name for name in seller.payment if name != BANK or seller.bank]
    ready = [name for name in able if is_ready(name, act.brand)]
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


def demand_storing(act: Act, gateway: str) -> None:
    """Refuse to keep or charge a stored method where act.brand's policy, or the gateway, does not let it be.

    Raises GatewayNotOffered, MethodsNotKept with the clause, GatewayCannot.
    """
    demand_offered(act, gateway)
    clause = not_kept_by(policy_under(act))
    if clause is not None:
        raise MethodsNotKept(gateway=gateway, clause=clause)
    storing.storing(gateway_for(gateway, act.brand))


def storing_gateways(act: Act) -> tuple[str, ...]:
    """Return the gateways by which act.brand keeps methods; none where the policy lets none be kept."""
    if not_kept_by(policy_under(act)) is not None:
        return ()
    return tuple(name for name in gateways_of(act) if storing.can_store(gateway_for(name, act.brand)))


def links_at(host: str) -> Links:
    """Return the addresses of a brand's host to hand a gateway, where no page is being asked for."""

    def back(attempt: UUID) -> str:
        return brand_url(host, f"/account/payments/{attempt}/return/")

    def tell(gateway: str) -> str:
        return brand_url(host, f"/callbacks/{gateway}/")

    return Links(back=back, tell=tell)


def pay_invoice(act: Act, *, of: AccountId, invoice: InvoiceId, gateway: str, links: Links) -> Asked:
    """Ask a gateway for what an account still owes on an invoice, and write down what it told.

    Waiting with a visit: send the payer there.  A second click gets the same attempt.
    Raises GatewayNotOffered, NoSuchInvoice, AlreadyPaid, the disclosure gate's NotDisclosed.
    """
    demand_offered(act, gateway)
    begun = begin_payment(act, of=of, invoice=invoice, gateway=gateway)
    driver = gateway_for(gateway, act.brand)
    package = package_for(
        act, driver.manifest, of=of, purpose=act.purpose, ticket=f"invoice:{invoice}", once=begun.once
    )  # fmt: skip
    where = Where(back=links.back(begun.attempt), tell=links.tell(gateway), shop=act.brand)
    outcome = charging.charge(driver, begun, where=where, package=package)
    told = record_outcome(act, attempt=begun.attempt, outcome=outcome)
    log.info("payment.asked", payment=str(begun.attempt), gateway=gateway, state=told.state, trace=act.trace)
    return Asked(begun.attempt, outcome)


def charge_stored(act: Act, *, invoice: InvoiceId, method: UUID, once: str) -> Asked:
    """Charge a stored method what is owed on an invoice, while its owner is away; once a key.

    once  of whoever wants it, at most 64 ASCII characters: the same wish again asks for nothing new, nor does
          another while the first is open

    Settled: paid.  Waiting with a visit: the bank wants to see the payer first, there.  Waiting(None) or
    Unknown: not known yet; the sweep looks it up, nothing is charged again; or the payer may be paying at a
    gateway's page.  Pages that were opened and left are closed first.  Declined: nothing moved.
    Raises GatewayNotOffered, MethodsNotKept (the policy forbids it by now), NoSuchInvoice, AlreadyPaid,
    NoSuchMethod.
    """
    gateway = gateway_of(method)
    demand_storing(act, gateway)
    if open_page := _close_pages(act, invoice):
        return open_page
    begun = begin_stored(act, invoice=invoice, method=method, once=once)
    if begun.again:
        row = payments.attempt_row(begun.attempt)
        return Asked(row.id, _stands(row) if row.method else Waiting(None))
    links = links_at(brand(act.brand).host)
    where = Where(back=links.back(begun.attempt), tell=links.tell(gateway), shop=act.brand)
    driver = storing.storing(gateway_for(gateway, act.brand))

    def ask(held: Held) -> Outcome:
        if not held.label:
            return Declined("refused")  # erased meanwhile
        return charging.charge_stored(driver, begun, token=held.token, where=where)

    outcome = with_held(act, method, ask)
    told = record_outcome(act, attempt=begun.attempt, outcome=outcome)
    asked = str(begun.attempt)
    log.info("payment.charged", payment=asked, gateway=gateway, state=told.state, trace=act.trace)
    return Asked(begun.attempt, outcome)


def _close_pages(act: Act, invoice: InvoiceId) -> Asked | None:
    """Close the pages on which an invoice could still be paid; return one that may be paid all the same.

    At a gateway that cannot close one, the page is looked up; on one that is left for half an hour nobody is
    believed to pay any more.
    """
    for row in payments.pages_of(invoice):
        if row.shown_at is not None and act.at - row.shown_at < ON_THE_PAGE:
            return Asked(row.id, Waiting(None))
        gateway = gateway_for(row.gateway, act.brand)
        closes = charging.can_close(gateway)
        ask = charging.close if closes else charging.look_up
        outcome = ask(gateway, once=row.once, handle=row.handle)
        record_outcome(act, attempt=row.id, outcome=outcome)
        if isinstance(outcome, Unknown) or (closes and isinstance(outcome, Waiting)):
            return Asked(row.id, outcome if isinstance(outcome, Unknown) else Waiting(None))
    return None


def take_by_hand(act: Act, *, invoice: InvoiceId, taken: Taken) -> Receipt:
    """Write down money that staff were given for an invoice of act.brand.

    Raises GatewayNotOffered (with the clause where the policy names no such way), NoSuchInvoice, BadByHand.
    """
    demand_offered(act, BY_HAND)
    return record_by_hand(act, invoice=invoice, taken=taken)


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

    They take turns: however many pages were opened and left, each is asked about in its time.  One gateway
    that does not answer does not stop the next; its host is left alone for a while by the way out itself.
    """
    found = payments.open_attempts(after=act.at - GIVEN_UP, before=act.at - PATIENCE, without=NEVER_KNOW)
    turns.attempts_asked([row.id for row in found], act.at)
    for row in found:
        try:
            _ask_again(act.of_brand(row.brand), row)
        except Exception as error:  # noqa: BLE001  one that goes wrong must not stop the others
            code = error.code if isinstance(error, Foreseen) else type(error).__name__
            log.warning("payment.not_asked", payment=str(row.id), code=code, trace=act.trace)
    return len(found)


def _ask_again(act: Act, row: payments.AttemptRow) -> None:
    """Look an attempt up and write down what its gateway told.

    A charge of a stored method that is younger than a lost answer can be is left alone: what is still on its
    way would read as never asked, and whoever wants the money would ask for it again.
    """
    gateway = gateway_for(row.gateway, act.brand)
    if row.method is None or row.handle:
        outcome = charging.look_up(gateway, once=row.once, handle=row.handle)
    elif act.at - row.created_at < PATIENCE:
        return
    else:
        driver = storing.storing(gateway)

        def ask(held: Held) -> Outcome:
            # What was erased meanwhile cannot be asked about by its token: it stays open, and is shown.
            known = bool(held.label)
            return charging.look_up_stored(driver, once=row.once, token=held.token) if known else Unknown()

        outcome = with_held(act, row.method, ask)
    record_outcome(act, attempt=row.id, outcome=outcome)


def _stands(row: payments.AttemptRow) -> Outcome:
    """Say how an attempt stands, in a gateway's words."""
    if row.state == "settled":
        return Settled(proof="", amount=row.amount)
    if row.state == "declined":
        return Declined(row.code)
    return Waiting(row.visit or None, row.handle) if row.state == "waiting" else Unknown()
