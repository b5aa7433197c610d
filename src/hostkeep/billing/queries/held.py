"""What billing holds of an account besides its documents, for its owner: their page and their copy.

Frozen rows, newest first, without handles that say nothing of a person.  What a list page shows as well comes
from the queries of its topic; here stands what no other page shows whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from hostkeep.billing.method_boxing import wish_for
from hostkeep.billing.models import (
    Allocation,
    Dispute,
    DunningAgenda,
    DunningException,
    DunningStep,
    Finding,
    Invoice,
    NumberCheck,
    Payment,
    PaymentAttempt,
    PaymentCheck,
    Refund,
    Registration,
    StoredMethod,
    TaxDecision,
    TopUp,
)
from hostkeep.billing.rules import chart
from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.money import Money, money
from hostkeep.ledger.statements import lines_told
from hostkeep.runtime.counting import Rows, Tally, tallies_of
from hostkeep.vault.column_door import ColumnWish


@dataclass(frozen=True, slots=True)
class TaxDecisionHeld:
    """Why a document bears the tax it does.  proofs: kinds of proof that agreed, words in one text."""

    number: str
    rule: str
    country: str
    region: str
    proofs: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class NumberCheckHeld:
    """What a registry said of a tax number.  mark: keyed digest of the number.  proof: the registry's id."""

    state: str
    mark: str
    proof: str
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Covered:
    """The part of an invoice that a payment covered."""

    number: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class PaymentHeld:
    """Money that came.

    proof      the gateway's or bank's own id; reference: what its payer gave, where it could be one of ours
    covers     what it went on; the rest is credit
    """

    gateway: str
    proof: str
    reference: str
    amount: Money
    booked_on: date | None
    received_at: datetime
    matched_at: datetime | None
    covers: tuple[Covered, ...]


@dataclass(frozen=True, slots=True)
class AttemptHeld:
    """Money that was asked for.

    number   of the invoice, or the reference of the top-up
    handle   the gateway's own id of what waits, or empty
    code     why it was declined, or empty
    by_card  whether a stored method was charged without its owner
    """

    number: str
    gateway: str
    amount: Money
    state: str
    code: str
    handle: str
    by_card: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeHeld:
    """A payment that its bank took back.

    of     the id of the payment at the other side; proof: of the dispute
    fee    what the gateway keeps for it
    state  "open", "won" or "lost"
    """

    gateway: str
    of: str
    proof: str
    amount: Money
    fee: Money
    state: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class MethodHeld:
    """A way to pay that a gateway keeps, ended ones too.

    label   what its owner knows it by; empty until it is opened, and of one that was let go
    """

    gateway: str
    label: str
    state: str
    preferred: bool
    expires_on: date | None
    created_at: datetime
    ended_at: datetime | None
    forgotten_at: datetime | None
    wish: ColumnWish[Any] = field(repr=False)

    def without(self, word: str) -> MethodHeld:
        """Return it with a word in the place of its label."""
        return replace(self, label=word)


def tax_decisions_of(account: AccountId, *, first: int) -> tuple[TaxDecisionHeld, ...]:
    """Return why an account's documents bear the tax they do.  One query."""
    rows = newest_first(TaxDecision.objects.filter(invoice__account=account), "invoice__issued_at", first)
    return tuple(
        TaxDecisionHeld(
            row.invoice.number, row.rule, row.country, row.region, row.proofs, row.invoice.issued_at
        )
        for row in rows.select_related("invoice")
    )


def number_checks_of(account: AccountId, *, first: int) -> tuple[NumberCheckHeld, ...]:
    """Return what registries said of an account's tax numbers.  One query."""
    rows = newest_first(NumberCheck.objects.filter(account=account), "checked_at", first)
    return tuple(NumberCheckHeld(row.state, row.mark, row.proof, row.checked_at) for row in rows)


def payments_of(account: AccountId, *, first: int) -> tuple[PaymentHeld, ...]:
    """Return what an account paid, each with what it went on.  Two queries."""
    rows = list(newest_first(Payment.objects.filter(account=account), "received_at", first))
    covers: dict[UUID, list[Covered]] = defaultdict(list)
    parts = Allocation.objects.filter(payment__in=[row.id for row in rows]).select_related("invoice")
    for part in parts.order_by("id"):
        amount = money(part.minor, part.invoice.currency)
        if part.payment_id is not None:
            covers[part.payment_id].append(Covered(part.invoice.number, amount, part.at))
    return tuple(
        PaymentHeld(
            row.gateway, row.proof, row.reference, money(row.minor, row.currency), row.booked_on,
            row.received_at, row.matched_at, tuple(covers[row.id]),
        )
        for row in rows
    )  # fmt: skip


def attempts_of(account: AccountId, *, first: int) -> tuple[AttemptHeld, ...]:
    """Return what an account was asked to pay by gateways.  One query.

    The address of the gateway's page is left out: whoever has it can pay there.
    """
    rows = newest_first(_attempts(account), "created_at", first).select_related("invoice", "top_up")
    return tuple(
        AttemptHeld(
            row.invoice.number if row.invoice else row.top_up.reference if row.top_up else "",
            row.gateway, money(row.minor, row.currency), row.state, row.code, row.handle,
            row.method_id is not None, row.created_at,
        )
        for row in rows
    )  # fmt: skip


def disputes_of(account: AccountId, *, first: int) -> tuple[DisputeHeld, ...]:
    """Return what banks took back of what an account paid.  One query."""
    rows = newest_first(Dispute.objects.filter(payment__account=account), "opened_at", first)
    return tuple(
        DisputeHeld(
            row.gateway, row.payment.proof, row.proof, money(row.minor, row.currency),
            money(row.fee_minor, row.currency), row.state, row.opened_at, row.closed_at,
        )
        for row in rows.select_related("payment")
    )  # fmt: skip


def stored_methods_of(account: AccountId, *, first: int) -> tuple[MethodHeld, ...]:
    """Return every way to pay that was kept for an account, closed.  One query.

    What the gateway charges by is no fact about the person, and is not told.
    """
    rows = newest_first(StoredMethod.objects.filter(account=account), "created_at", first)
    return tuple(_method(row) for row in rows)


def counts_of(account: AccountId) -> Mapping[str, Tally]:
    """Return how many rows of an account each table holds, and since when.  Two queries.

    Credit is counted in the ledger: it moves by payments and notes as well as by entries of its own.
    """
    counted = tallies_of(_counted, account)
    return {**counted, "billing_creditentry": lines_told(chart.credit(account))}


def _counted(account: AccountId) -> Rows:
    """Return what is counted."""
    own, of_invoice = {"account": account}, {"invoice__account": account}
    return {
        "billing_invoice": (Invoice.objects.filter(**own), "issued_at"),
        "billing_registration": (Registration.objects.filter(document__account=account), "created_at"),
        "billing_taxdecision": (TaxDecision.objects.filter(**of_invoice), "invoice__issued_at"),
        "billing_numbercheck": (NumberCheck.objects.filter(**own), "checked_at"),
        "billing_payment": (Payment.objects.filter(**own), "received_at"),
        "billing_paymentattempt": (_attempts(account), "created_at"),
        "billing_paymentcheck": (PaymentCheck.objects.filter(**own), "checked_at"),
        "billing_storedmethod": (StoredMethod.objects.filter(**own), "created_at"),
        "billing_refund": (Refund.objects.filter(**own), "created_at"),
        "billing_dispute": (Dispute.objects.filter(payment__account=account), "opened_at"),
        "billing_topup": (TopUp.objects.filter(**own), "created_at"),
        "billing_dunningstep": (DunningStep.objects.filter(**of_invoice), "at"),
        "billing_dunningagenda": (DunningAgenda.objects.filter(**of_invoice), "invoice__issued_at"),
        "billing_dunningexception": (DunningException.objects.filter(**own), "set_at"),
        "billing_finding": (Finding.objects.filter(about=account), "found_at"),
    }


def newest_first(rows: QuerySet, at: str, first: int) -> QuerySet:  # type: ignore[type-arg]
    """Return the newest of some rows, newest first."""
    return rows.order_by(f"-{at}", "-pk")[:first]


def _attempts(account: AccountId) -> QuerySet[PaymentAttempt]:
    """Attempts for an account's invoices and top-ups."""
    return PaymentAttempt.objects.filter(Q(invoice__account=account) | Q(top_up__account=account))


def _method(row: StoredMethod) -> MethodHeld:
    """Freeze a way to pay, closed."""
    told = MethodHeld(
        row.gateway, "", row.state, row.preferred, row.expires_on, row.created_at, row.ended_at,
        row.forgotten_at, wish_for(row, dict),
    )  # fmt: skip
    return replace(told, wish=wish_for(row, lambda values: replace(told, label=str(values["label"]))))
