"""Looking at what subscriptions come to, once an hour, and noting what is not as it was.

Whatever moved a subscription - an order, a change, a price, a renewal, an end - the look sees it: nobody has
to remember to tell.  What happened between two looks and was undone again is not seen, and is no movement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hostkeep.audit.rounds import go_through
from hostkeep.brands.queries import BrandRow, all_brands
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, BrandId
from hostkeep.reports.actions.noting import Dated, note_movements
from hostkeep.reports.queries.recurring import standing_of, standings, standings_digest
from hostkeep.reports.rules.monthly import Seen, a_month, moved
from hostkeep.runtime.tallies import last_tallied, tally
from hostkeep.subscriptions.queries.paying import PayingRow, ended, paying, paying_digest

EVERY = timedelta(hours=1)
KIND = "recurring"

PAGE = 1000
"""Subscriptions looked at in one go, and at most so many moves in one transaction."""


def look_due(act: Act) -> int:
    """Look at each brand whose hour has come; return how many moves were noted.

    A brand that goes wrong does not stop the next.
    """
    seen = go_through(
        act, all_brands(), lambda row: _look(act, row), event="observing.failed", about=lambda row: row.id
    )
    return sum(seen)


def _look(act: Act, row: BrandRow) -> int:
    """Look at a brand if its hour has come; return how many moves were noted."""
    last = last_tallied(brand=OPERATOR, kind=KIND, name=str(row.id))
    if last is not None and act.at - last < EVERY:
        return 0
    count = look(act, row)
    tally(brand=OPERATOR, kind=KIND, name=str(row.id), at=act.at)
    return count


def look(act: Act, row: BrandRow) -> int:
    """Look at a brand's subscriptions now and note what moved; return how many moves it was.

    Page by page, each page in a transaction: killed in between, the next look notes the rest.  Where all
    stands as it did when a look found nothing, it would find nothing again, and no page is read.
    """
    stands = _stands(row)
    if _quiet.get(row.id) == stands:
        return 0
    under = act.of_brand(row.id)
    count = sum(len(note_movements(under, found=page).ids) for page in _moves(under, row))
    if not count and _stands(row) == stands:  # else somebody changed it while it was read
        _quiet[row.id] = stands
    return count


_quiet: dict[BrandId, tuple[str, str]] = {}
"""How it stood at each brand when this process last looked and found that nothing had moved."""


def _stands(row: BrandRow) -> tuple[str, str]:
    """Return what changes with all that a look compares: what is paid for, and what was noted of it."""
    return paying_digest(row.id), standings_digest(row.id)


def _moves(act: Act, row: BrandRow) -> Iterator[Sequence[Dated]]:
    """Return what moved, in pages: what is paid for first, then what ended."""
    zone, after = ZoneInfo(row.zone), None
    while page := paying(row.id, after=after, first=PAGE):
        before = standing_of([each.id for each in page])
        yield [each for found in page for each in _moved(found, before.get(found.id), act.at, zone)]
        after = page[-1].id
    after = None
    while stood := standings(row.id, after=after, first=PAGE):
        gone = ended(list(stood))
        yield [
            Dated(move, _day(when, act.at, zone))
            for name, when in gone.items() for move in moved(name, stood[name], None)
        ]  # fmt: skip
        after = max(stood)


def _moved(found: PayingRow, before: Seen | None, at: datetime, zone: ZoneInfo) -> Iterator[Dated]:
    """Return how a subscription that is paid for differs from when it was last looked at."""
    now = Seen(a_month(found.price.minor, unit=found.unit, count=found.count), found.price.currency)
    since = found.paying_at if before is None else at
    return (Dated(move, _day(since, at, zone)) for move in moved(found.id, before, now))


def _day(when: datetime | None, at: datetime, zone: ZoneInfo) -> date:
    """Return the brand's day on which something happened: when it was seen, where that is not known."""
    return min(when or at, at).astimezone(zone).date()
