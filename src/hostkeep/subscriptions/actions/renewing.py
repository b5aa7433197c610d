"""Renewing: the next period of each subscription that is due, written with its invoice or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from hostkeep.audit.recorded import recorded, recorded_many
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref, ServiceId, SubjectId
from hostkeep.kernel.money import Money
from hostkeep.kernel.period import Period
from hostkeep.kernel.terms import Term
from hostkeep.runtime.bulk import copy_in
from hostkeep.subscriptions.boxing import BILLING, titles_wish
from hostkeep.subscriptions.discounting import off_in, spend_discounts
from hostkeep.subscriptions.errors import NoSuchSubscription
from hostkeep.subscriptions.holding import calendar_of, held
from hostkeep.subscriptions.models import Part, Subscription
from hostkeep.subscriptions.queries.courses import in_order, priced
from hostkeep.subscriptions.queries.subscriptions import due_now
from hostkeep.subscriptions.repricing import reprice
from hostkeep.subscriptions.rules.pricing import Promised, made_at, promised
from hostkeep.subscriptions.rules.projecting import amounts_of
from hostkeep.subscriptions.rules.states import Move, State, after
from hostkeep.subscriptions.rules.terms import following
from hostkeep.vault.column_door import use_columns

CHUNK = 500
"""Subscriptions of one transaction at most."""


@dataclass(frozen=True, slots=True)
class DueLine:
    """A part of what a period costs.

    unit    of one piece, for the whole period; negative for a discount
    add_on  the part, where it is an add-on: so its line can be told from the plan's
    """

    title: str
    quantity: int
    unit: Money
    add_on: UUID | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A period that is to be billed now."""

    subscription: UUID
    account: AccountId
    subject: SubjectId
    service: ServiceId
    period: Period
    lines: tuple[DueLine, ...]

    @property
    def minor(self) -> int:
        """What it comes to, in minor units."""
        return sum(line.unit.minor * line.quantity for line in self.lines)


Bill = Callable[[Act, Sequence[Due]], Mapping[UUID, InvoiceId]]
"""Issues the invoices of periods in the running transaction, and returns them by subscription."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """Subscriptions that have their next period."""

    ids: tuple[UUID, ...]
    kind: str = "subscriptions.subscription"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A subscription whose renewal was given up, or put back."""

    id: UUID

    @property
    def ref(self) -> Ref:
        """The subscription."""
        return Ref("subscriptions.subscription", self.id)


class ChunkFailed(Exception):
    """A chunk was rolled back.  ids: what it held.  Its cause is what went wrong."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        super().__init__("a chunk of renewals was rolled back")
        self.ids = tuple(ids)


@recorded_many("subscriptions.period.billed")
def renew_many(act: Act, *, bill: Bill, most: int = CHUNK, only: Sequence[UUID] | None = None) -> Renewed:
    """Bill the next period of subscriptions of act.brand that are due, oldest first.

    bill  issues their invoices; one whose period costs nothing is handed over only where the brand wants an
          invoice over nothing
    only  these alone, as far as they are due

    Those that another worker has in hand are left to it.  Writes a Period each, in the transaction of its
    invoice: a period stands with its invoice or not at all, and the database lets none be written twice.
    Raises ChunkFailed, with what was in hand; nothing was written then.
    """
    found = due_now(act.at).filter(brand=act.brand)
    if only is not None:
        found = found.filter(id__in=only)
    rows = list(found.order_by("renew_at", "id").select_for_update(skip_locked=True)[:most])
    ids = tuple(row.id for row in rows)
    if not rows:
        return Renewed(())
    try:
        _renew(act, rows, bill)
        _check_now()
    except Exception as error:
        raise ChunkFailed(ids) from error
    return Renewed(ids)


@recorded("subscriptions.renewal.stopped")
def stop_renewal(act: Act, *, subscription: UUID, code: str) -> Stopped:
    """Give a renewal up that goes wrong, until staff puts it back.

    code  why: a refusal's code or the name of an exception
    Raises NoSuchSubscription.
    """
    row = held(subscription, brand=act.brand)
    row.stopped_at, row.stopped_code = act.at, code[:128]
    row.save(update_fields=["stopped_at", "stopped_code"])
    return Stopped(row.id)


@recorded("subscriptions.renewal.put_back")
def put_back_renewal(act: Act, *, subscription: UUID) -> Stopped:
    """Let the next run try again what was given up.  Raises NoSuchSubscription (also where it was not)."""
    row = held(subscription, brand=act.brand)
    if row.stopped_at is None:
        raise NoSuchSubscription
    row.stopped_at, row.stopped_code = None, ""
    row.save(update_fields=["stopped_at", "stopped_code"])
    return Stopped(row.id)


def _renew(act: Act, rows: Sequence[Subscription], bill: Bill) -> None:
    """Write the next periods of locked rows."""
    said = promised(brand(act.brand).words)
    periods = {row.id: following(calendar_of(row), row.billed_to) for row in rows}
    reprice(act, rows, periods, said)
    parts = _parts_of(rows)
    dues = _dues(act, rows, parts, periods)
    invoices = bill(act, [due for due in dues if due.lines and (due.minor or said.zero_invoice)])
    terms = {row.id: calendar_of(row).term for row in rows}
    _write(act, dues, parts, invoices, terms)
    _move_on(rows, periods, said)
    spend_discounts([part for some in parts.values() for part in some], at=act.at)


def _check_now() -> None:
    """Let the database check now what it else checks at commit, so that a fault is this chunk's own."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _parts_of(rows: Sequence[Subscription]) -> dict[UUID, list[Part]]:
    """Return the parts of subscriptions that hold, the plan first and discounts last."""
    found: dict[UUID, list[Part]] = {row.id: [] for row in rows}
    for part in Part.objects.filter(subscription__in=rows, ended_at=None):
        found[part.subscription_id].append(part)
    return {row: in_order(some) for row, some in found.items()}


def _dues(
    act: Act,
    rows: Sequence[Subscription],
    parts: Mapping[UUID, Sequence[Part]],
    periods: Mapping[UUID, Period],
) -> list[Due]:
    """Return what is to be billed, its titles opened in one batch."""
    as_system = act.in_role("system").for_purpose(BILLING)
    wishes = [titles_wish(row, parts[row.id]) for row in rows]

    def made(titles: Sequence[Mapping[UUID, str] | None]) -> list[Due]:
        return [
            Due(
                row.id, AccountId(row.account), SubjectId(row.subject), ServiceId(row.service),
                periods[row.id], _lines(row, parts[row.id], told, periods[row.id]),
            )
            for row, told in zip(rows, titles, strict=True)
        ]  # fmt: skip

    return use_columns(as_system, wishes=wishes, fn=made)


def _lines(
    row: Subscription, parts: Sequence[Part], told: Mapping[UUID, str] | None, period: Period
) -> tuple[DueLine, ...]:
    """Return what a period costs, part by part; discounts take no more than there is.

    Raises NoSuchSubscription where what was taken is erased: nothing can be billed that cannot be named.
    """
    if told is None:
        raise NoSuchSubscription
    amounts = amounts_of([priced(part, row.currency) for part in parts], calendar_of(row), period)
    return tuple(
        DueLine(told[part.id], quantity, unit, part.id if part.add_on else None)
        for part, (quantity, unit) in zip(parts, amounts, strict=True)
    )


PERIOD = """
COPY subscriptions_period
     (id, subscription_id, starts_at, ends_at, invoice, billed_at, off_rate, off_minor, unit, count)
     FROM STDIN
"""
MOVE_ON = """
UPDATE subscriptions_subscription AS s
   SET billed_to = new.billed_to, renew_at = new.renew_at, state = new.state
  FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::text[])
       AS new (id, billed_to, renew_at, state)
 WHERE s.id = new.id
"""


def _write(
    act: Act, dues: Sequence[Due], parts: Mapping[UUID, Sequence[Part]], invoices: Mapping[UUID, InvoiceId],
    terms: Mapping[UUID, Term],
) -> None:  # fmt: skip
    """Write the periods, each with its term and the discount that it was given."""
    offs = {due.subscription: off_in(parts[due.subscription]) for due in dues}
    copy_in(PERIOD, [
        (
            uuid4(), due.subscription, due.period.start, due.period.end, invoices.get(due.subscription),
            act.at, offs[due.subscription].rate, offs[due.subscription].minor,
            terms[due.subscription].unit, terms[due.subscription].count,
        )
        for due in dues
    ])  # fmt: skip


def _move_on(rows: Sequence[Subscription], periods: Mapping[UUID, Period], said: Promised) -> None:
    """Say of each until when it is billed, and when it is due again."""
    told: list[tuple[Any, ...]] = []
    for row in rows:
        period = periods[row.id]
        state = after(State(row.state), Move.BILL)
        next_at = made_at(period, calendar_of(row), said.lead)
        told.append((row.id, period.end, next_at, state.value))
    with connection.cursor() as cursor:
        cursor.execute(MOVE_ON, [list(column) for column in zip(*told, strict=True)])
