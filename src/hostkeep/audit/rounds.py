"""Going through what is due: one that goes wrong keeps no other waiting, and somebody hears of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import NAMESPACE_URL, uuid5

import structlog

from hostkeep.audit.alarms import raise_alarm
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import OPERATOR, ClauseId, Ref
from hostkeep.runtime.tallies import last_tallied, tally

log = structlog.get_logger()

ALARM = "work_failed"
"""The alarm about work that nobody foresaw to go wrong."""

KIND = "work.failed"
"""The tally of such alarms, by event."""

QUIET = timedelta(days=1)
"""For so long one kind of work rings no second time."""

Row = TypeVar("Row")
Done = TypeVar("Done")


def go_through(
    act: Act, rows: Iterable[Row], do: Callable[[Row], Done], *, event: str, about: Callable[[Row], object]
) -> list[Done]:
    """Do something with each row; return what came of those that went well.

    event  what the log calls one that goes wrong: "settling.failed"
    about  its handle, for the log

    What goes wrong is logged and left for the next round; where nobody foresaw it, an alarm rings
    (`note_failure`).
    """
    done = []
    for row in rows:
        try:
            done.append(do(row))
        except Exception as error:  # noqa: BLE001  one that goes wrong must not stop the others
            note_failure(act, error, event=event, about=about(row))
    return done


def note_failure(act: Act, error: Exception, *, event: str, about: object) -> str:
    """Log that something went wrong with one of many; return the code it is logged under.

    A refusal is that one's own affair.  What nobody foresaw rings, once a day an event: a fault that comes
    back every minute is one fault.
    """
    if isinstance(error, Foreseen):
        log.warning(event, about=str(about), code=error.code, trace=act.trace)
        return error.code
    code = type(error).__name__
    log.warning(event, about=str(about), code=code, trace=act.trace)
    try:
        _ring(act, event)
    except Exception as deaf:  # noqa: BLE001  where no alarm can be written the others must still have their turn
        log.warning("alarm.failed", work=event, code=type(deaf).__name__, trace=act.trace)
    return code


def each_once(
    read: Callable[[int], Sequence[Row]], *, key: Callable[[Row], object], page: int
) -> Iterator[Row]:
    """Yield what is due page by page, each row once, until none is left that was not yielded.

    read  returns the first so many rows that are due, always in one order; what was done is due no more
    page  rows in one go

    Rows that stay due because they go wrong are read past: they keep none behind them waiting.
    """
    seen, stuck = set[object](), 0
    while True:
        found = read(page + stuck)
        fresh = [row for row in found if key(row) not in seen]
        if not fresh and len(found) < page + stuck:
            return
        stuck = len(found) - len(fresh)
        seen.update(key(row) for row in fresh)
        yield from fresh


def _ring(act: Act, event: str) -> None:
    """Raise the alarm about a kind of work, unless it rang within the day."""
    last = last_tallied(brand=OPERATOR, kind=KIND, name=event)
    if last is not None and act.at - last < QUIET:
        return
    thing = Ref("runtime.work", uuid5(NAMESPACE_URL, f"hostkeep:work:{event}"))
    raise_alarm(act.of_brand(OPERATOR), kind=ALARM, about=thing, clause=ClauseId(""))
    # After it: what could not ring rings the next time.
    tally(brand=OPERATOR, kind=KIND, name=event, at=act.at)
