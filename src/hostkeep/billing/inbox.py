"""Call-backs that came: each stands in a row of its own, and that row is the queue that workers work off.

Taking one is a single statement, so that a gateway has its answer before anything follows from it.  What
follows is a recorded deed of a worker (actions.paying.record_notice and its like), which marks the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID, uuid4

from django.db.models import Q

from hostkeep.billing.models import GatewayNotice
from hostkeep.billing.rules.attempts import TOLD, AttemptState
from hostkeep.drivers.payments import About, Declined, Disputed, Notice, Outcome, Settled, Unknown, Waiting
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import Money, money
from hostkeep.runtime.together import Question, ask

Fate = Literal["new", "known", "elsewhere"]

MOST_ATTEMPTS = 8
"""How often a call-back is tried before it waits for a person."""

LATER = tuple(timedelta(minutes=2**tries - 1) for tries in range(MOST_ATTEMPTS))
"""How long after it came a call-back is tried again, by how often it was: 0, 1, 3, 7 ... 127 minutes.

What is out for an hour, as a database or a key folder may be, parks nothing.
"""

TAKE = "SELECT billing_take_notice(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
"""Looks whose the thing is that a call-back speaks of, then keeps it: the first of its event alone."""


@dataclass(frozen=True, slots=True)
class Waits:
    """A call-back that a worker has to look after.  id: of its row, for parking it."""

    id: UUID
    brand: BrandId
    gateway: str
    notice: Notice


@dataclass(frozen=True, slots=True)
class Parked:
    """A call-back that waits for a person.  event: the gateway's own id of it; about: what it speaks of."""

    id: UUID
    brand: BrandId
    gateway: str
    event: str
    about: str
    at: datetime


def take(act: Act, *, gateway: str, notice: Notice) -> Fate:
    """Keep what a call-back means, whose signature held, until a worker comes.

    "known": the same event came before.  "elsewhere": it speaks of another brand's thing, and is not kept.
    One statement; it commits by itself unless the caller is in a transaction.
    """
    [[fate]] = ask(taking(act, gateway=gateway, notice=notice))
    return cast("Fate", fate)


def taking(act: Act, *, gateway: str, notice: Notice) -> Question[Fate]:
    """Return the statement of take, for whoever asks something else in the same way to the server."""
    return Question(TAKE, _row(act, gateway, notice), _fate)


def _fate(row: Sequence[Any]) -> Fate:
    return cast("Fate", row[0])


def keep(act: Act, *, gateway: str, notice: Notice) -> GatewayNotice:
    """Keep a call-back, or find it again, inside a deed that does what follows; return its row, locked.

    Only modules of `billing.actions` call this.
    """
    take(act, gateway=gateway, notice=notice)
    row = GatewayNotice.objects.select_for_update().get(gateway=gateway, event=notice.event)
    if row.state != "done":
        row.state = "done"
        row.save(update_fields=["state"])
    return row


def waiting(at: datetime, first: int = 100) -> tuple[Waits, ...]:
    """Return call-backs whose turn has come, of all brands, those that came first coming first."""
    turn = Q(attempts=0)
    for tries in range(1, MOST_ATTEMPTS):
        turn |= Q(attempts=tries, at__lte=at - LATER[tries])
    rows = GatewayNotice.objects.filter(turn, state="new").order_by("attempts", "at", "id")[:first]
    return tuple(Waits(row.id, BrandId(row.brand), row.gateway, _notice(row)) for row in rows)


def waiting_one(*, gateway: str, event: str) -> Waits | None:
    """Return one call-back that waits for a worker, by the gateway's own id of it, or None."""
    row = GatewayNotice.objects.filter(gateway=gateway, event=event, state="new").first()
    return Waits(row.id, BrandId(row.brand), row.gateway, _notice(row)) if row else None


def put_back(waits: Waits) -> bool:
    """Count a try that went wrong; say whether the call-back is parked now: a person has to look at it."""
    row = GatewayNotice.objects.get(id=waits.id)
    row.attempts += 1
    row.state = "parked" if row.attempts >= MOST_ATTEMPTS else row.state
    GatewayNotice.objects.filter(id=row.id, state="new").update(attempts=row.attempts, state=row.state)
    return row.state == "parked"


def park(waits: Waits) -> bool:
    """Leave a call-back to a person; say whether it is the first of its thing that they are to look at."""
    alike = GatewayNotice.objects.filter(
        gateway=waits.gateway, about=waits.notice.about, proof=getattr(waits.notice.outcome, "proof", "")
    )
    is_first = not alike.filter(attempts=MOST_ATTEMPTS).exclude(id=waits.id).exists()
    state = "parked" if is_first else "done"
    GatewayNotice.objects.filter(id=waits.id, state="new").update(state=state, attempts=MOST_ATTEMPTS)
    return is_first


def settle(waits: Waits) -> None:
    """Mark a call-back from which nothing follows any more."""
    GatewayNotice.objects.filter(id=waits.id, state="new").update(state="done")


def parked(first: int = 50) -> tuple[Parked, ...]:
    """Return call-backs that wait for a person, of all brands, oldest first."""
    rows = GatewayNotice.objects.filter(state="parked").order_by("at", "id")[:first]
    return tuple(
        Parked(row.id, BrandId(row.brand), row.gateway, row.event, row.about, row.at) for row in rows
    )


def parked_count() -> int:
    """Return how many call-backs wait for a person, over all brands."""
    return GatewayNotice.objects.filter(state="parked").count()


def _row(act: Act, gateway: str, notice: Notice) -> tuple[UUID | str | int | datetime | None, ...]:
    """Cut a notice down to what is kept of it, in the order of billing_take_notice."""
    amount, proof, fee, of = _money(notice)
    return (
        uuid4(), gateway, notice.event, act.brand, notice.once, notice.about, _said(notice)[:32], proof[:140],
        of[:140], amount.minor if amount else None, fee, amount.currency.code if amount else "", act.at,
    )  # fmt: skip


def _money(notice: Notice) -> tuple[Money | None, str, int, str]:
    """Return the amount that a notice speaks of, the gateway's id of it, a fee, and the payment disputed."""
    if notice.disputed is not None:
        said = notice.disputed
        return said.amount, said.proof, said.fee, said.of
    if isinstance(notice.outcome, Settled):
        return notice.outcome.amount, notice.outcome.proof, 0, notice.of
    return None, getattr(notice.outcome, "handle", ""), 0, ""


def _said(notice: Notice) -> str:
    """Say in a word how the thing stands."""
    if notice.disputed is not None:
        return notice.disputed.state
    word = TOLD[type(notice.outcome)]
    return f"{word}:{notice.outcome.code}" if isinstance(notice.outcome, Declined) else word


def _notice(row: GatewayNotice) -> Notice:
    """Read a row as the notice it was."""
    about = cast("About", row.about)
    if about == "dispute" and row.minor is not None:
        state = cast("Literal['open', 'won', 'lost']", row.outcome)
        said = Disputed(row.proof, row.of, money(row.minor, row.currency), row.fee_minor, state)
        return Notice(row.event, "", Waiting(None), about, said)
    return Notice(row.event, row.once, _outcome(row), about, of=row.of)


def _outcome(row: GatewayNotice) -> Outcome:
    """Read how the thing stood."""
    word, _, code = row.outcome.partition(":")
    state = cast("AttemptState", word)
    if state == "settled" and row.minor is not None:
        return Settled(row.proof, money(row.minor, row.currency))
    if state == "declined":
        return Declined(code)
    return Waiting(None, row.proof) if state == "waiting" else Unknown()
