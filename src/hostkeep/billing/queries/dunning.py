"""What billing knows of an unpaid invoice that the calendar looks at; and what of it staff see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery

from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.errors.dunning import NoSuchException
from hostkeep.billing.models import (
    Dispute,
    DunningAgenda,
    DunningException,
    DunningStep,
    Invoice,
    PaymentAttempt,
    StoredMethod,
)
from hostkeep.billing.queries.covered import still_unpaid, with_paid
from hostkeep.billing.rules.attempts import ON_THE_PAGE
from hostkeep.billing.rules.dunning_steps import NEVER_STOP, PROMISE, UNTOLD, Done, Spared
from hostkeep.billing.rules.numbering import PROFORMA
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, SubjectId
from hostkeep.kernel.money import Money, money

NOT_KNOWN_FOR = timedelta(days=14)
"""How long an outcome that no gateway tells keeps the calendar back: so long it is asked for."""


@dataclass(frozen=True, slots=True)
class DunnedRow:
    """An invoice as the calendar sees it.

    owed        what is still to pay
    done        steps that were taken; spared: exceptions of its account, those that are over among them
    held        whether a payment of it is disputed, one was asked for and it is not known what came of it, or
                its payer may be at a gateway's page this moment
    held_until  when that is over by itself: where it is the page alone; else None
    released    when a dispute of it was over last
    """

    id: InvoiceId
    brand: BrandId
    account: AccountId
    subject: SubjectId
    number: str
    owed: Money
    issued_at: datetime
    due_at: datetime
    done: tuple[Done, ...] = field(repr=False)
    spared: tuple[Spared, ...] = field(repr=False)
    held: bool
    held_until: datetime | None
    released: datetime | None

    @property
    def charging(self) -> int | None:
        """Day of a charge that was to be asked for and whose outcome is not written down, or None."""
        return min((each.day for each in self.done if each.is_asked_charge), default=None)


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


def dunned(invoice: InvoiceId, *, at: datetime) -> DunnedRow:
    """Return one invoice.  Raises NoSuchInvoice.  Four queries."""
    row = dunned_each([invoice], at=at).get(invoice)
    if row is None:
        raise NoSuchInvoice
    return row


def dunned_each(invoices: Collection[InvoiceId], *, at: datetime) -> Mapping[InvoiceId, DunnedRow]:
    """Return invoices by their ids; one that is not there is left out.  Four queries, however many."""
    of = with_paid(Invoice.objects.filter(id__in=invoices))
    disputes = Dispute.objects.filter(payment__allocations__invoice=OuterRef("pk"))
    unknown, on_page = _moving(at)
    unknown_of, on_page_of = (each.filter(invoice=OuterRef("pk")) for each in (unknown, on_page))
    released = disputes.order_by().values("payment__allocations__invoice").annotate(at=Max("closed_at"))
    rows = list(of.annotate(
        is_held=Exists(disputes.filter(state="open")) | Exists(unknown_of),
        page_at=Subquery(on_page_of.order_by("-shown_at").values("shown_at")[:1]),
        released_at=Subquery(released.values("at")),
        is_replaced=Exists(Invoice.objects.filter(corrects=OuterRef("pk"))),
    ))  # fmt: skip
    done: dict[UUID, list[Done]] = defaultdict(list)
    for each in DunningStep.objects.filter(invoice__in=[row.id for row in rows]).order_by("at", "day"):
        done[each.invoice_id].append(Done(each.kind, each.day, each.at, each.outcome))
    accounts = {row.account for row in rows}
    spared, together = _spared(accounts), _together((unknown | on_page).filter(top_up__account__in=accounts))
    return {
        InvoiceId(row.id): _dunned(row, done[row.id], spared[row.account], together.get(str(row.id), ()))
        for row in rows
    }


def _moving(at: datetime) -> tuple[QuerySet[PaymentAttempt], QuerySet[PaymentAttempt]]:
    """Return attempts by which money may be moving: nobody knows of it yet; its payer may be at the page."""
    rows = PaymentAttempt.objects.all()
    of_stored = Q(state="waiting", visit="", method__isnull=False)
    return (
        rows.filter(Q(state="unknown") | of_stored, created_at__gt=at - NOT_KNOWN_FOR),
        rows.filter(~Q(visit=""), state="waiting", method=None, shown_at__gt=at - ON_THE_PAGE),
    )


def _together(moving: QuerySet[PaymentAttempt]) -> Mapping[str, Sequence[datetime | None]]:
    """Return for documents whose money moves with that of others since when each page is shown.

    None: nobody knows whether it moved.  One query.
    """
    found: dict[str, list[datetime | None]] = defaultdict(list)
    asked = moving.filter(top_up__meant_for__isnull=False)
    for meant_for, state, shown_at in asked.values_list("top_up__meant_for", "state", "shown_at"):
        for each in meant_for or ():
            found[each].append(None if state == "unknown" else shown_at)
    return found


def _dunned(
    row: Invoice, done: Sequence[Done], spared: Sequence[Spared], together: Sequence[datetime | None]
) -> DunnedRow:
    """Freeze an invoice with what was added to it.  together: as in _together."""
    added = vars(row)
    shown = [each for each in (added["page_at"], *together) if each is not None]
    is_unknown = added["is_held"] or None in together
    left = row.gross_minor - int(added["paid_minor"])
    if row.kind == PROFORMA and added["is_replaced"]:
        left = 0  # the invoice that took its place is what was paid
    return DunnedRow(
        id=InvoiceId(row.id), brand=BrandId(row.brand), account=AccountId(row.account),
        subject=SubjectId(row.subject), number=row.number, owed=money(max(0, left), row.currency),
        issued_at=row.issued_at, due_at=row.due_at, done=tuple(done), spared=tuple(spared),
        held=is_unknown or bool(shown),
        held_until=max(shown) + ON_THE_PAGE if shown and not is_unknown else None,
        released=added["released_at"],
    )  # fmt: skip


def spared_of(account: AccountId) -> tuple[Spared, ...]:
    """Return the exceptions of an account as the rules see them, those that are over among them."""
    return tuple(_spared([account])[account])


def _spared(accounts: Collection[UUID]) -> Mapping[UUID, Sequence[Spared]]:
    """Return the exceptions of accounts; none of one that has none.  One query."""
    found: dict[UUID, list[Spared]] = defaultdict(list)
    for each in DunningException.objects.filter(account__in=accounts).order_by("set_at", "id"):
        found[each.account].append(Spared(each.kind, each.set_at, each.until, each.lifted_at))
    return found


def chargeable_since(account: AccountId) -> datetime | None:
    """Return since when an account has the method by which it is charged while its owner is away."""
    return chargeable_since_each([account]).get(account)


def chargeable_since_each(accounts: Collection[AccountId]) -> Mapping[AccountId, datetime]:
    """Return since when accounts have the method by which each is charged while its owner is away.

    One that has none is left out.  One query.
    """
    found = StoredMethod.objects.filter(account__in=accounts, preferred=True, state="ready")
    return {AccountId(account): since for account, since in found.values_list("account", "created_at")}


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
    rows = [_held(each.invoice, None, each.code, each.parked_at) for each in parked[:first]]
    untold = _untold().select_related("invoice").order_by("at")[:first]
    rows += [_held(each.invoice, each.id, each.kind, each.at) for each in untold]
    return tuple(rows)


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
    found = Invoice.objects.filter(id=invoice).values_list("brand", flat=True).first()
    if found is None:
        raise NoSuchInvoice
    return BrandId(found)


def invoice_of_step(step: UUID) -> InvoiceId | None:
    """Return the invoice of a step, or None."""
    found = DunningStep.objects.filter(id=step).values_list("invoice", flat=True).first()
    return InvoiceId(found) if found else None


def stops(invoices: Sequence[InvoiceId]) -> tuple[StopRow, ...]:
    """Return stops that hold over some invoices, the oldest first."""
    found = DunningStep.objects.filter(kind="suspend", outcome="asked", invoice__in=invoices)
    return tuple(_stop(row) for row in found.order_by("at", "id"))


def stops_free(at: datetime, *, first: int = 500) -> tuple[StopRow, ...]:
    """Return stops that hold though nothing is owed, or though their account is spared, the oldest first.

    Of all brands; spared is who promised to pay, or is never stopped.  Debts that just stand are left out,
    however many there are.
    """
    spared = DunningException.objects.filter(
        Q(until=None) | Q(until__gt=at), account=OuterRef("invoice__account"), lifted_at=None,
        kind__in=[PROMISE, NEVER_STOP],
    )  # fmt: skip
    owed = still_unpaid(Invoice.objects.filter(pk=OuterRef("invoice")))
    found = DunningStep.objects.filter(kind="suspend", outcome="asked").filter(Exists(spared) | ~Exists(owed))
    return tuple(_stop(row) for row in found.order_by("at", "id")[:first])


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
