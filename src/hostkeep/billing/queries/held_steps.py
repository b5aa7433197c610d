"""What billing did about what an account owes, and what its self-check found, for the account's owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hostkeep.billing.models import DunningAgenda, DunningException, DunningStep, Finding
from hostkeep.billing.queries.held import newest_first
from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.money import CURRENCIES, Money, money


@dataclass(frozen=True, slots=True)
class StepHeld:
    """A step of the calendar of reminders.  day: from the due date; outcome: what came of it."""

    number: str
    kind: str
    day: int
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AgendaHeld:
    """When an invoice is looked at next, and what went wrong the last time."""

    number: str
    next_at: datetime | None
    failures: int
    code: str
    parked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExceptionHeld:
    """An exception from the calendar, those that are over among them.  Who of our staff made it is theirs."""

    kind: str
    reason: str
    set_at: datetime
    until: datetime | None
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class FindingHeld:
    """Something about what they owe, or their credit, that did not reconcile."""

    what: str
    amount: Money | None
    found_at: datetime
    settled_at: datetime | None


def steps_of(account: AccountId, *, first: int) -> tuple[StepHeld, ...]:
    """Return what was done about an account's unpaid invoices.  One query."""
    rows = newest_first(DunningStep.objects.filter(invoice__account=account), "at", first)
    return tuple(
        StepHeld(row.invoice.number, row.kind, row.day, row.outcome, row.at)
        for row in rows.select_related("invoice")
    )


def agenda_of(account: AccountId, *, first: int) -> tuple[AgendaHeld, ...]:
    """Return when an account's unpaid invoices are looked at.  One query."""
    rows = newest_first(DunningAgenda.objects.filter(invoice__account=account), "invoice__issued_at", first)
    return tuple(
        AgendaHeld(row.invoice.number, row.next_at, row.failures, row.code, row.parked_at)
        for row in rows.select_related("invoice")
    )


def all_exceptions_of(account: AccountId, *, first: int) -> tuple[ExceptionHeld, ...]:
    """Return how the calendar treated an account otherwise, now and before.  One query."""
    rows = newest_first(DunningException.objects.filter(account=account), "set_at", first)
    return tuple(ExceptionHeld(row.kind, row.reason, row.set_at, row.until, row.lifted_at) for row in rows)


def findings_of(account: AccountId, *, first: int) -> tuple[FindingHeld, ...]:
    """Return what the self-check found about an account.  One query."""
    rows = newest_first(Finding.objects.filter(about=account), "found_at", first)
    return tuple(
        FindingHeld(
            row.what, money(row.minor, row.currency) if row.currency in CURRENCIES else None, row.found_at,
            row.settled_at,
        )
        for row in rows
    )  # fmt: skip
