"""How documents stand with national systems of electronic invoices.  Frozen rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from django.db.models import Q

from hostkeep.billing.models import Registration
from hostkeep.billing.rules.numbering import INVOICE, Kind
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId

State = Literal["waiting", "unknown", "registered", "refused"]


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """How a document stands with its national system.

    document_number, kind  of the document; corrects: what it corrects, or None
    number, code  the system's own for it; answer: its newest word where it is not registered, a code
    once    the key under which the system knows it
    """

    document: InvoiceId
    document_number: str
    kind: Kind
    account: AccountId
    corrects: InvoiceId | None
    brand: BrandId
    system: str
    once: str
    state: State
    number: str
    code: str
    answer: str
    tries: int
    created_at: datetime
    registered_at: datetime | None


def registration_of(document: InvoiceId) -> RegistrationRow | None:
    """Return how a document stands, or None where no system is told of it.  One query."""
    return next(iter(_rows(Q(document=document), first=1)), None)


def registrations_of(account: AccountId, *, first: int) -> tuple[RegistrationRow, ...]:
    """Return how an account's documents stand with national systems.  One query."""
    return _rows(Q(document__account=account), first=first)


def due(at: datetime, *, first: int) -> tuple[RegistrationRow, ...]:
    """Return what is to be handed in or looked up by a time, the longest waiting first.  One query.

    A note waits until what it corrects is registered; what nobody ever hands in stops it for good.  An
    invoice that follows a proforma waits for nothing: no system is told of proformas.
    """
    original = Q(document__corrects=None) | Q(document__kind=INVOICE)
    ready = original | Q(document__corrects__registration__state="registered")
    return _rows(Q(state__in=["waiting", "unknown"], next_at__lte=at) & ready, first=first)


def not_registered(*, first: int = 100) -> tuple[RegistrationRow, ...]:
    """Return what is not registered yet, refused ones first, then the oldest.  One query."""
    return _rows(~Q(state="registered"), first=first)


def _rows(which: Q, *, first: int) -> tuple[RegistrationRow, ...]:
    found = Registration.objects.filter(which).select_related("document")
    return _frozen(list(found.order_by("state", "next_at", "document_id")[:first]))


def _frozen(found: Sequence[Registration]) -> tuple[RegistrationRow, ...]:
    return tuple(
        RegistrationRow(
            InvoiceId(row.document_id), row.document.number, cast("Kind", row.document.kind),
            AccountId(row.document.account),
            InvoiceId(row.document.corrects_id) if row.document.corrects_id else None,
            BrandId(row.brand), row.system, row.once, cast("State", row.state), row.number, row.code,
            row.answer, row.tries, row.created_at, row.registered_at,
        )
        for row in found
    )  # fmt: skip
