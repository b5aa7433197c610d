"""How billed periods stand: by what each is billed now, or what took that back.

Only modules of `subscriptions.actions` and `subscriptions.queries` call this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, ServiceId
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.models import Period as PeriodModel
from hostkeep.subscriptions.models import PeriodTurn, Subscription
from hostkeep.subscriptions.rules.turns import Stand, Turn

NEWEST = 50
"""Nothing is billed ahead by more periods than that."""


def stands_of(row: Subscription) -> tuple[Stand, ...]:
    """Return how the periods of a subscription stand that are its newest, oldest first.  Two queries."""
    found = PeriodModel.objects.filter(subscription=row).select_related("subscription")
    newest = with_turns(found.order_by("-starts_at")[:NEWEST])
    return tuple(stand_of(each, turns) for each, turns in reversed(newest))


def with_turns(found: Iterable[PeriodModel]) -> list[tuple[PeriodModel, list[PeriodTurn]]]:
    """Return periods with their turns, in the order of both.  One query."""
    rows, turns = list(found), defaultdict[UUID, list[PeriodTurn]](list)
    for each in PeriodTurn.objects.filter(period__in=rows).order_by("no"):
        turns[each.period_id].append(each)
    return [(row, turns[row.id]) for row in rows]


def stand_of(row: PeriodModel, turns: Sequence[PeriodTurn]) -> Stand:
    """Freeze a period, fetched with its subscription, as its newest turn left it."""
    of = row.subscription
    billed = [each.document for each in turns if each.kind == "billed"]
    invoice = billed[-1] if billed else row.invoice
    document = turns[-1].document if turns else row.invoice
    is_taken = bool(turns) and turns[-1].kind == "taken"
    return Stand(
        row.id, of.id, AccountId(of.account), ServiceId(of.service), Period(row.starts_at, row.ends_at),
        InvoiceId(document) if document else None, InvoiceId(invoice) if invoice else None,
        is_taken, len(billed), len(turns), turns[-1].at if is_taken else None,
    )  # fmt: skip


def turn(act: Act, stand: Stand, *, kind: Turn, document: InvoiceId) -> None:
    """Write what became of a period's bill."""
    PeriodTurn.objects.create(
        period_id=stand.id, no=stand.turns + 1, kind=kind, document=document, at=act.at
    )
