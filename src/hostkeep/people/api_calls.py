"""What the API keeps of calls: their pace, the day of the last one, and answers that may be asked again.

No deeds: like sessions they are how a deed arrives, and none of it stands in the audit; the deed itself does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from hostkeep.kernel.act import Act
from hostkeep.people.errors import CallReused, CallStillRunning
from hostkeep.people.models import ApiCall, ApiKey, ApiPace
from hostkeep.people.queries import KeyRow
from hostkeep.people.rules.tokens import hash_of
from hostkeep.vault import sealing

KEPT = timedelta(hours=24)
"""How long an answer may be asked again."""

LEASE = timedelta(minutes=2)
"""How long a call may run before it counts as lost with its process."""

COUNTED = timedelta(minutes=2)
"""How long a count of calls is needed, a slow process's clock included."""

COUNT = """
INSERT INTO people_apipace (key_id, minute, count) VALUES (%s, %s, 1)
ON CONFLICT (key_id) DO UPDATE SET
  count = CASE WHEN excluded.minute > people_apipace.minute THEN 1 ELSE people_apipace.count + 1 END,
  minute = GREATEST(excluded.minute, people_apipace.minute)
RETURNING count
"""


@dataclass(frozen=True, slots=True)
class Begun:
    """A call that is ours to answer.  turn: who answers, should the lease run out meanwhile."""

    id: UUID
    turn: UUID


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that was answered before.  answer: what was kept of it."""

    answer: Any


def count_call(key: KeyRow, at: datetime) -> int:
    """Count one call of a key; return how many it made in this minute, by all processes together.

    Notes the day of the call where it is a new one.
    """
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [key.id, at.replace(second=0, microsecond=0)])
        count = int(cursor.fetchone()[0])
    if key.used_on != at.date():
        ApiKey.objects.filter(id=key.id).update(used_on=at.date())
    return count


def begin_call(key: KeyRow, *, once: str, content: str, at: datetime) -> Begun | Answered:
    """Take a call up, or return the answer it got before.

    once     the caller's idempotency key, good for this key of the API alone
    content  all that the call says; the same must come again under the same once

    Raises CallStillRunning and CallReused.
    Source: draft-ietf-httpapi-idempotency-key-header, sections 2.6 and 2.7.
    """
    turn, said = uuid4(), sealing.dated_hash("api-call", content)
    fresh = ApiCall(
        key_id=key.id, once=hash_of(once), content=said, turn=turn, leased_to=at + LEASE, expires_at=at + KEPT
    )
    with transaction.atomic():
        ApiCall.objects.bulk_create([fresh], ignore_conflicts=True)
        row = ApiCall.objects.select_for_update().filter(key_id=key.id, once=fresh.once).first()
        if row is None:  # dropped by its first caller a moment ago
            raise CallStillRunning
        if row.turn == turn:
            return Begun(row.id, turn)
        if row.expires_at > at:
            if row.content and row.content not in sealing.dated_hashes("api-call", content):
                raise CallReused
            if row.state == ApiCall.ANSWERED:
                return Answered(row.answer)
            if row.leased_to > at:
                raise CallStillRunning
        row.state, row.content, row.turn, row.answer = ApiCall.RUNNING, said, turn, None
        row.leased_to, row.expires_at = at + LEASE, at + KEPT
        row.save()
    return Begun(row.id, turn)


def finish_call(begun: Begun, answer: Any) -> None:
    """Keep the answer of a call, sealed; one whose lease went to somebody else is left to them."""
    ApiCall.objects.filter(id=begun.id, turn=begun.turn).update(state=ApiCall.ANSWERED, answer=answer)


def drop_call(begun: Begun) -> None:
    """Forget a call that was not answered, so that it can be tried again."""
    ApiCall.objects.filter(id=begun.id, turn=begun.turn).delete()


def forget_old(act: Act) -> int:
    """Delete calls whose day is over, and counts of minutes that are over; return how many.

    A count says to the minute when a key was last used; only the day of it shall be kept.
    """
    gone, _ = ApiCall.objects.filter(expires_at__lte=act.at).delete()
    counts, _ = ApiPace.objects.filter(minute__lte=act.at - COUNTED).delete()
    return gone + counts
