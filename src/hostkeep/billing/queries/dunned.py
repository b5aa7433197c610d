"""An unpaid invoice as its calendar sees it: one or many, asked in one way to the server."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery

from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.models import Dispute, DunningException, DunningStep, Invoice, PaymentAttempt, TopUp
from hostkeep.billing.queries.covered import with_paid
from hostkeep.billing.rules.attempts import ON_THE_PAGE
from hostkeep.billing.rules.dunning_steps import Done, Spared
from hostkeep.billing.rules.numbering import PROFORMA
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, SubjectId
from hostkeep.kernel.money import Money, money
from hostkeep.runtime.together import ask
from hostkeep.runtime.written import rows

NOT_KNOWN_FOR = timedelta(days=14)
"""How long an outcome that no gateway tells keeps the calendar back: so long it is asked for."""


@dataclass(frozen=True, slots=True)
class DunnedRow:
    """An invoice as the calendar sees it.

    owed        what is still to pay
    done        steps that were taken; spared: exceptions of its account, those that are over among them
    held        whether a payment of it is disputed, one was asked for and it is not known what came of it, or
                its payer may be at a gateway's page this moment
    held_until  when that is over by itself: where it is the page alone; else None.  Who opens the page again
                moves it on, so the rules let what is due wait for it a bounded time (WAITS_FOR_PAGE)
    released    when a dispute of it was over last

    A payment of it may have been one of several documents at once.
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


def dunned(invoice: InvoiceId, *, at: datetime) -> DunnedRow:
    """Return one invoice.  Raises NoSuchInvoice.  As dunned_each."""
    row = dunned_each([invoice], at=at).get(invoice)
    if row is None:
        raise NoSuchInvoice
    return row


def dunned_each(invoices: Collection[InvoiceId], *, at: datetime) -> Mapping[InvoiceId, DunnedRow]:
    """Return invoices by their ids; one that is not there is left out.

    Five queries, however many, in one way to the server.
    """
    if not invoices:
        return {}
    key, since = tuple(invoices), (at - NOT_KNOWN_FOR, at - ON_THE_PAGE)
    found, taken, excepted, moving, disputed = ask(
        rows(_dunned_rows, key, *since), rows(_steps_of, key), rows(_exceptions_beside, key),
        rows(_moving_together, key, *since), rows(_disputed_beside, key),
    )  # fmt: skip
    done: dict[UUID, list[Done]] = defaultdict(list)
    for invoice, *step in taken:
        done[invoice].append(Done(*step))
    spared, together, argued = _spared(excepted), _together(moving), _argued(disputed)
    asked = (_argued_about(_Found(*row), argued) for row in found)
    return {
        InvoiceId(row.id): _dunned(row, done[row.id], spared[row.account], together.get(str(row.id), ()))
        for row in asked
    }


class _Found(NamedTuple):
    """An invoice as _dunned_rows reads it."""

    id: UUID
    brand: str
    account: UUID
    subject: UUID
    number: str
    kind: str
    gross_minor: int
    paid_minor: int
    currency: str
    issued_at: datetime
    due_at: datetime
    is_held: bool
    page_at: datetime | None
    released_at: datetime | None
    is_replaced: bool


def _dunned_rows(
    invoices: Sequence[InvoiceId], unknown_since: datetime, shown_since: datetime
) -> QuerySet[Invoice, Any]:
    """Return the query of the documents of dunned_each."""
    disputes = Dispute.objects.filter(payment__allocations__invoice=OuterRef("pk"))
    unknown, on_page = _moving(unknown_since, shown_since)
    unknown_of, on_page_of = (each.filter(invoice=OuterRef("pk")) for each in (unknown, on_page))
    released = disputes.order_by().values("payment__allocations__invoice").annotate(at=Max("closed_at"))
    found = with_paid(Invoice.objects.filter(id__in=invoices)).annotate(
        is_held=Exists(disputes.filter(state="open")) | Exists(unknown_of),
        page_at=Subquery(on_page_of.order_by("-shown_at").values("shown_at")[:1]),
        released_at=Subquery(released.values("at")),
        is_replaced=Exists(Invoice.objects.filter(corrects=OuterRef("pk"))),
    )
    return found.values_list(*_Found._fields)


def _steps_of(invoices: Sequence[InvoiceId]) -> QuerySet[DunningStep, Any]:
    """Return the query of the steps that were taken about documents."""
    found = DunningStep.objects.filter(invoice__in=invoices).order_by("at", "day")
    return found.values_list("invoice", "kind", "day", "at", "outcome")


EXCEPTION = ("account", "kind", "set_at", "until", "lifted_at")


def _exceptions_beside(invoices: Sequence[InvoiceId]) -> QuerySet[DunningException, Any]:
    """Return the query of the exceptions of the accounts of documents."""
    accounts = Invoice.objects.filter(id__in=invoices).values("account")
    found = DunningException.objects.filter(account__in=accounts).order_by("set_at", "id")
    return found.values_list(*EXCEPTION)


def _moving_together(
    invoices: Sequence[InvoiceId], unknown_since: datetime, shown_since: datetime
) -> QuerySet[PaymentAttempt, Any]:
    """Return the query of money that moves for several documents at once, of the accounts of some."""
    unknown, on_page = _moving(unknown_since, shown_since)
    accounts = Invoice.objects.filter(id__in=invoices).values("account")
    found = (unknown | on_page).filter(top_up__meant_for__isnull=False, top_up__account__in=accounts)
    return found.values_list("top_up__meant_for", "state", "shown_at")


def _disputed_beside(invoices: Sequence[InvoiceId]) -> QuerySet[Dispute, Any]:
    """Return the query of disputes of the accounts of documents, each with those that its payment was for.

    By a gateway's page, or by a transfer with the reference of several: none of a payment of one alone.
    """
    accounts = Invoice.objects.filter(id__in=invoices).values("account")
    named = TopUp.objects.filter(brand=OuterRef("payment__brand"), reference=OuterRef("payment__reference"))
    found = Dispute.objects.filter(payment__account__in=accounts).annotate(
        named=Subquery(named.values("meant_for")[:1])
    )
    return found.values_list("payment__attempt__top_up__meant_for", "named", "state", "closed_at")


def _argued(disputed: Iterable[Sequence[Any]]) -> Mapping[str, Sequence[tuple[str, datetime | None]]]:
    """Return by document how disputes of what was paid for several stand, and when each was over.

    disputed  as _disputed_beside reads it
    """
    found: dict[str, list[tuple[str, datetime | None]]] = defaultdict(list)
    for by_page, by_transfer, state, closed_at in disputed:
        for each in {one for said in (by_page, by_transfer) if said for one in json.loads(said) or ()}:
            found[each].append((state, closed_at))
    return found


def _argued_about(row: _Found, argued: Mapping[str, Sequence[tuple[str, datetime | None]]]) -> _Found:
    """Return a document with what is argued about several among which it was paid.  argued: as _argued."""
    mine = argued.get(str(row.id), ())
    over = [at for at in (row.released_at, *(at for _, at in mine)) if at is not None]
    is_open = any(state == "open" for state, _ in mine)
    return row._replace(is_held=row.is_held or is_open, released_at=max(over, default=None))


def _moving(
    unknown_since: datetime, shown_since: datetime
) -> tuple[QuerySet[PaymentAttempt], QuerySet[PaymentAttempt]]:
    """Return attempts by which money may be moving: nobody knows of it yet; its payer may be at the page."""
    found = PaymentAttempt.objects.all()
    of_stored = Q(state="waiting", visit="", method__isnull=False)
    return (
        found.filter(Q(state="unknown") | of_stored, created_at__gt=unknown_since),
        found.filter(~Q(visit=""), state="waiting", method=None, shown_at__gt=shown_since),
    )


def _together(moving: Sequence[Sequence[Any]]) -> Mapping[str, Sequence[datetime | None]]:
    """Return for documents whose money moves with that of others since when each page is shown.

    moving  as _moving_together reads it
    None: nobody knows whether it moved.
    """
    found: dict[str, list[datetime | None]] = defaultdict(list)
    for meant_for, state, shown_at in moving:
        for each in json.loads(meant_for) or ():
            found[each].append(None if state == "unknown" else shown_at)
    return found


def _dunned(
    row: _Found, done: Sequence[Done], spared: Sequence[Spared], together: Sequence[datetime | None]
) -> DunnedRow:
    """Freeze an invoice with what was added to it.  together: as in _together."""
    shown = [each for each in (row.page_at, *together) if each is not None]
    is_unknown = row.is_held or None in together
    left = row.gross_minor - int(row.paid_minor)
    if row.kind == PROFORMA and row.is_replaced:
        left = 0  # the invoice that took its place is what was paid
    return DunnedRow(
        id=InvoiceId(row.id), brand=BrandId(row.brand), account=AccountId(row.account),
        subject=SubjectId(row.subject), number=row.number, owed=money(max(0, left), row.currency),
        issued_at=row.issued_at, due_at=row.due_at, done=tuple(done), spared=tuple(spared),
        held=is_unknown or bool(shown),
        held_until=max(shown) + ON_THE_PAGE if shown and not is_unknown else None,
        released=row.released_at,
    )  # fmt: skip


def spared_of(account: AccountId) -> tuple[Spared, ...]:
    """Return the exceptions of an account as the rules see them, those that are over among them."""
    found = DunningException.objects.filter(account=account).order_by("set_at", "id")
    return tuple(_spared(found.values_list(*EXCEPTION))[account])


def _spared(excepted: Iterable[Sequence[Any]]) -> Mapping[UUID, Sequence[Spared]]:
    """Return exceptions by account; none of one that has none.  excepted: as EXCEPTION says."""
    found: dict[UUID, list[Spared]] = defaultdict(list)
    for account, *each in excepted:
        found[account].append(Spared(*each))
    return found
