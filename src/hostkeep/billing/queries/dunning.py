"""What billing knows of an unpaid invoice that the calendar looks at; and what of it staff see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.errors.dunning import NoSuchException
from hostkeep.billing.models import (
    DunningAgenda,
    DunningException,
    DunningStep,
    Invoice,
    PaymentAttempt,
    StoredMethod,
)
from hostkeep.billing.queries.covered import still_unpaid
from hostkeep.billing.rules.dunning_steps import NEVER_STOP, PROMISE, UNTOLD
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId
from hostkeep.runtime.written import objects_of, rows_of


@dataclass(frozen=True, slots=True)
class HoldRow:
    """An invoice that waits for a person.

    step  the warning that nobody took; None: looking at the invoice went wrong
    code  of the step its kind, else why it went wrong
    """

    invoice: InvoiceId
    brand: BrandId
    account: AccountId
    number: str
    step: UUID | None
    code: str
    since: datetime


@dataclass(frozen=True, slots=True)
class StopRow:
    """A step that was taken about an invoice: most of all, a stop of its services."""

    id: UUID
    invoice: InvoiceId
    brand: BrandId
    at: datetime


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """An exception that holds."""

    id: UUID
    brand: BrandId
    account: AccountId
    kind: str
    reason: str
    set_by: str
    set_at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class EndingCard:
    """A stored method that ends soon."""

    id: UUID
    brand: BrandId
    account: AccountId
    ends_on: date


def chargeable_since(account: AccountId) -> datetime | None:
    """Return since when an account has the method by which it is charged while its owner is away."""
    return chargeable_since_each([account]).get(account)


def chargeable_since_each(accounts: Collection[AccountId]) -> Mapping[AccountId, datetime]:
    """Return since when accounts have the method by which each is charged while its owner is away.

    One that has none is left out.  One query.
    """
    found = rows_of(_charged, tuple(accounts)) if accounts else ()
    return {AccountId(account): since for account, since in found}


def _charged(accounts: Sequence[AccountId]) -> QuerySet[StoredMethod, Any]:
    """Return the query of chargeable_since_each."""
    found = StoredMethod.objects.filter(account__in=accounts, preferred=True, state="ready")
    return found.values_list("account", "created_at")


def open_of(account: AccountId) -> tuple[InvoiceId, ...]:
    """Return an account's unpaid invoices that the calendar looks at, the first due first."""
    found = still_unpaid(Invoice.objects.filter(account=account, agenda__isnull=False))
    return tuple(InvoiceId(each.id) for each in found.order_by("due_at", "id"))


def coming(by: datetime, *, first: int = 200) -> tuple[InvoiceId, ...]:
    """Return invoices that are looked at by a time, of all brands, in the order of it."""
    found = DunningAgenda.objects.filter(next_at__lte=by).order_by("next_at", "invoice")
    return tuple(InvoiceId(each) for each in found.values_list("invoice", flat=True)[:first])


def on_hold(*, first: int = 200) -> tuple[HoldRow, ...]:
    """Return what waits for a person, of all brands: warnings nobody took, and invoices that went wrong."""
    parked = DunningAgenda.objects.exclude(parked_at=None).select_related("invoice").order_by("parked_at")
    waiting = [_held(each.invoice, None, each.code, each.parked_at) for each in parked[:first]]
    untold = _untold().select_related("invoice").order_by("at")[:first]
    waiting += [_held(each.invoice, each.id, each.kind, each.at) for each in untold]
    return tuple(waiting)


def hold_count() -> int:
    """Count what waits for a person.  One query."""
    parked = DunningAgenda.objects.exclude(parked_at=None).values("invoice")
    return parked.union(_untold().values("id"), all=True).count()


def _untold() -> QuerySet[DunningStep]:
    """Warnings that nobody took, of invoices that are still looked at."""
    return DunningStep.objects.filter(outcome=UNTOLD, invoice__agenda__next_at__isnull=False)


def _held(invoice: Invoice, step: UUID | None, code: str, since: datetime | None) -> HoldRow:
    """Freeze what waits for a person."""
    return HoldRow(
        InvoiceId(invoice.id), BrandId(invoice.brand), AccountId(invoice.account), invoice.number, step, code,
        since or invoice.issued_at,
    )  # fmt: skip


def exceptions_of(account: AccountId, *, at: datetime) -> tuple[ExceptionRow, ...]:
    """Return the exceptions of an account that hold at a time."""
    return _exceptions(DunningException.objects.filter(account=account), at)


def exceptions_now(at: datetime, *, first: int = 200) -> Sequence[ExceptionRow]:
    """Return the exceptions that hold at a time, of all brands, newest first."""
    return _exceptions(DunningException.objects.all(), at)[:first]


def exception_row(exception: UUID) -> ExceptionRow:
    """Return one exception.  Raises NoSuchException."""
    row = DunningException.objects.filter(id=exception).first()
    if row is None:
        raise NoSuchException
    return _exception(row)


def _exceptions(found: QuerySet[DunningException], at: datetime) -> tuple[ExceptionRow, ...]:
    holding = found.filter(lifted_at=None).filter(Q(until=None) | Q(until__gt=at))
    return tuple(_exception(row) for row in holding.order_by("-set_at", "id"))


def _exception(row: DunningException) -> ExceptionRow:
    """Freeze an exception."""
    return ExceptionRow(
        row.id, BrandId(row.brand), AccountId(row.account), row.kind, row.reason, row.set_by, row.set_at,
        row.until,
    )  # fmt: skip


def brand_of(invoice: InvoiceId) -> BrandId:
    """Return whose invoice it is.  Raises NoSuchInvoice."""
    for (found,) in rows_of(_whose, invoice):
        return BrandId(found)
    raise NoSuchInvoice


def _whose(invoice: InvoiceId) -> QuerySet[Invoice, Any]:
    """Return the query of brand_of."""
    return Invoice.objects.filter(id=invoice).values_list("brand")


def invoice_of_step(step: UUID) -> InvoiceId | None:
    """Return the invoice of a step, or None."""
    found = DunningStep.objects.filter(id=step).values_list("invoice", flat=True).first()
    return InvoiceId(found) if found else None


def stops(invoices: Sequence[InvoiceId]) -> tuple[StopRow, ...]:
    """Return stops that hold over some invoices, the oldest first."""
    return tuple(_stop(row) for row in (objects_of(_stops, tuple(invoices)) if invoices else ()))


def _stops(invoices: Sequence[InvoiceId]) -> QuerySet[DunningStep]:
    """Return the query of `stops`."""
    found = DunningStep.objects.filter(kind="suspend", outcome="asked", invoice__in=invoices)
    return found.order_by("at", "id")


def stops_free(at: datetime, *, first: int = 500) -> tuple[StopRow, ...]:
    """Return stops that hold though nothing is owed, or though their account is spared, the oldest first.

    Of all brands; spared is who promised to pay, or is never stopped.  Debts that just stand are left out,
    however many there are.
    """
    return tuple(
        StopRow(step, InvoiceId(invoice), BrandId(brand), when)
        for step, invoice, brand, when in rows_of(_free, "suspend", at, first)
    )


def _free(kind: str, at: datetime, first: int) -> QuerySet[DunningStep, Any]:
    """Return the query of stops_free, for steps of a kind."""
    spared = DunningException.objects.filter(
        Q(until=None) | Q(until__gt=at), account=OuterRef("invoice__account"), lifted_at=None,
        kind__in=[PROMISE, NEVER_STOP],
    )  # fmt: skip
    owed = still_unpaid(Invoice.objects.filter(pk=OuterRef("invoice")))
    found = DunningStep.objects.filter(kind=kind, outcome="asked").filter(Exists(spared) | ~Exists(owed))
    return found.order_by("at", "id").values_list("id", "invoice", "brand", "at")[:first]


def last_step(invoices: Sequence[InvoiceId], kind: str, *, at: datetime | None = None) -> StopRow | None:
    """Return the newest step of a kind about one of some invoices, or None.  at: one that was taken then."""
    found = DunningStep.objects.filter(invoice__in=invoices, kind=kind)
    if at is not None:
        found = found.filter(at=at)
    row = found.order_by("-at").first()
    return _stop(row) if row else None


def _stop(row: DunningStep) -> StopRow:
    """Freeze a step."""
    return StopRow(row.id, InvoiceId(row.invoice_id), BrandId(row.brand), row.at)


def charged_with(once: str) -> UUID | None:
    """Return the method that was charged under a key, or None."""
    return PaymentAttempt.objects.filter(once=once).values_list("method", flat=True).first()


def cards_ending(brand: BrandId, *, first_day: date, last_day: date) -> tuple[EndingCard, ...]:
    """Return the methods that are charged and end in a span of days."""
    found = StoredMethod.objects.filter(
        brand=brand, state="ready", preferred=True, expires_on__gte=first_day, expires_on__lte=last_day
    )
    return tuple(
        EndingCard(row.id, brand, AccountId(row.account), row.expires_on)
        for row in found.order_by("account") if row.expires_on
    )  # fmt: skip
