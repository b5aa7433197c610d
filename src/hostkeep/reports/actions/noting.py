"""Writing down how recurring revenue moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from django.db import connection

from hostkeep.audit.recorded import recorded_many
from hostkeep.kernel.act import Act
from hostkeep.reports.models import Standing
from hostkeep.reports.rules.monthly import Moved, Seen


@dataclass(frozen=True, slots=True)
class Noted:
    """What was written down.  ids: the subscriptions it was about."""

    ids: Sequence[UUID]
    kind: ClassVar[str] = "subscriptions.subscription"


@dataclass(frozen=True, slots=True)
class Dated:
    """A move and the day of the brand's zone on which it happened."""

    move: Moved
    day: date


@recorded_many("reports.movements.noted")
def note_movements(act: Act, *, found: Sequence[Dated]) -> Noted:
    """Write down moves of act.brand's subscriptions, each once: what was noted already changes nothing.

    found  some hundred; each says what was noted before, and is left out where that is not so any more

    Writes the Standing of each subscription and adds to the day's Movement.
    """
    took = [each for each in found if _take(act, each.move)]
    for each in took:
        _add(act, each)
    return Noted([each.move.subscription for each in took])


def _take(act: Act, move: Moved) -> bool:
    """Put a subscription's new standing in place of the one that was noted; say whether that was there."""
    was = Standing.objects.filter(subscription=move.subscription, brand=act.brand)
    if move.before is not None:
        was = was.filter(minor=move.before.minor, currency=move.before.currency.code)
    if move.after is None:
        return bool(was.delete()[0])
    if move.before is not None:
        return bool(was.update(minor=move.after.minor))
    return _insert(act, move.subscription, move.after)


def _insert(act: Act, subscription: UUID, seen: Seen) -> bool:
    """Note a subscription for the first time; say whether nobody else did."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reports_standing (subscription, brand, currency, minor) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (subscription) DO NOTHING",
            [subscription, act.brand, seen.currency.code, seen.minor],
        )
        return bool(cursor.rowcount == 1)


def _add(act: Act, dated: Dated) -> None:
    """Add a move to its day."""
    move = dated.move
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reports_movement (brand, currency, day, kind, count, minor)"
            " VALUES (%s, %s, %s, %s, 1, %s) ON CONFLICT (brand, currency, day, kind)"
            " DO UPDATE SET count = reports_movement.count + 1,"
            " minor = reports_movement.minor + excluded.minor",
            [act.brand, move.seen.currency.code, dated.day, move.kind.value, move.minor],
        )
