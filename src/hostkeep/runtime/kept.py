"""What the ground floor keeps, as stores for the sweeper: events, jobs, and the embedded server's log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from hostkeep.kernel.act import Act
from hostkeep.runtime import clock, paths, postgres
from hostkeep.runtime.models import Delivery, Event
from hostkeep.runtime.stores import Person, Store, count_of_brand, count_rows, delete_rows, nothing

CACHE, CACHE_OVER = "runtime_cache", "expires <= %(at)s"
"""The shared cache counts by the machine's clock; it reads nothing that is over, and deletes nothing."""

EVENTS_DAYS = 30
"""How long a delivered event is kept, to find out what came of it."""

PARKED_DAYS = 90
"""How long one that nobody could deliver waits for a person."""

JOBS_DAYS = 7
"""How long a job that failed is kept; one that ended well goes at once."""

LOG_DAYS = 7
"""How long a line stays in the embedded server's log.  Shorter than any policy keeps traffic."""

OVER = f"""
at <= %(at)s - make_interval(days => {EVENTS_DAYS}) AND NOT EXISTS (
  SELECT 1 FROM runtime_delivery d WHERE d.event_id = runtime_event.id AND d.state <> 'done'
    AND (d.state = 'waiting' OR runtime_event.at > %(at)s - make_interval(days => {PARKED_DAYS})))
"""  # noqa: S608  made of constants
NAMED = "jsonb_path_query_array(body, '$.*') ?| %(handles)s::text[]"
"""Whether one of the handles stands in an event; said as the index event_names has it."""
SETTLED = """
NOT EXISTS (
  SELECT 1 FROM runtime_delivery d WHERE d.event_id = runtime_event.id AND d.state <> 'done')
"""
ENDED = f"""
status IN ('succeeded', 'failed', 'cancelled', 'aborted') AND NOT EXISTS (
  SELECT 1 FROM procrastinate_events e
  WHERE e.job_id = procrastinate_jobs.id AND e.at > %(at)s - make_interval(days => {JOBS_DAYS}))
"""  # noqa: S608  made of constants
BEGINS = re.compile(rb"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
"""A line of the server's log begins with its time, in UTC.  Source: PostgreSQL, log_line_prefix."""


def _erase_events(act: Act, most: int) -> int:
    """Delete events that are over, with their deliveries."""
    return _delete_events(OVER, {"at": act.at}, most)


def _forget_events(act: Act, person: Person) -> int:
    """Delete delivered events that name an erased person's handles."""
    del act
    return _delete_events(f"{NAMED} AND {SETTLED}", _texts(person), None)


def _delete_events(condition: str, values: Mapping[str, Any], most: int | None) -> int:
    """Delete events and what hangs on them.  condition: SQL of ours."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM runtime_event WHERE {condition}"  # noqa: S608  SQL of ours
            " LIMIT %(most)s FOR UPDATE SKIP LOCKED",
            {**values, "most": most},
        )
        found = [row[0] for row in cursor.fetchall()]
        Delivery.objects.filter(event_id__in=found).delete()
        return Event.objects.filter(id__in=found).delete()[0]


def _texts(person: Person) -> dict[str, Any]:
    """Return handles as texts, as they stand in the bodies of events."""
    return {"handles": _handles(person)}


def _handles(person: Person) -> list[str]:
    """Return every handle as text."""
    return [str(each) for each in (*person.subjects, *person.accounts, *person.users)]


def _jobs_left(person: Person) -> int:
    """Count jobs in which a handle or a word of a person stands."""
    handles = [f"%{each}%" for each in _handles(person)]
    patterns = [*handles, *(f"%{word}%" for word in person.words)]
    return count_rows("procrastinate_jobs", "args::text ILIKE ANY(%(patterns)s)", {"patterns": patterns})


def log_file() -> Path:
    """Return the embedded server's log; with another server there is none of ours."""
    return postgres.folder_of(paths.data()) / "log"


def _jobs_due(at: datetime) -> int:
    """Count jobs past their days; when one ended, the queue wrote by the database's clock."""
    return count_rows("procrastinate_jobs", ENDED, {"at": clock.of_machine(at)})


def _erase_jobs(act: Act, most: int) -> int:
    """Delete jobs past their days."""
    return delete_rows("procrastinate_jobs", ENDED, {"at": clock.of_machine(act.at)}, most=most)


def _cache_due(at: datetime) -> int:
    """Count entries of the shared cache that are over."""
    return count_rows(CACHE, CACHE_OVER, {"at": clock.of_machine(at)})


def _erase_cache(act: Act, most: int) -> int:
    """Delete entries of the shared cache that are over."""
    return delete_rows(CACHE, CACHE_OVER, {"at": clock.of_machine(act.at)}, most=most)


def _in_cache(person: Person) -> int:
    """Count entries of the shared cache in which a handle or a word of a person stands in clear."""
    patterns = [f"%{each}%" for each in (*_handles(person), *person.words)]
    return count_rows(CACHE, f"{CACHE}::text ILIKE ANY(%(patterns)s)", {"patterns": patterns})


def _log_due(at: datetime) -> int:
    """Say 1 where the first line of the log is past its days."""
    try:
        with log_file().open("rb") as log:
            begun = BEGINS.match(log.readline(200))
    except OSError:
        return 0
    if begun is None:
        return 0
    first = datetime.fromisoformat(begun[1].decode("ascii")).replace(tzinfo=UTC)
    return int(first <= clock.of_machine(at) - timedelta(days=LOG_DAYS))


def _empty_log(act: Act, most: int) -> int:
    """Empty a log that is past its days: the server appends, so it goes on from the beginning."""
    if most < 1 or not _log_due(act.at):
        return 0
    with log_file().open("r+b") as log:
        log.truncate(0)
    return 1


def _in_log(person: Person) -> int:
    """Count lines of the log in which a handle or a word of a person stands."""
    wanted = [text.encode() for text in (*_handles(person), *person.words)]
    try:
        with log_file().open("rb") as log:
            return sum(any(word in line for word in wanted) for line in log)
    except OSError:
        return 0


STORES: tuple[Store, ...] = (
    Store(
        name="runtime.events",
        keep_class="account",
        what=(
            "Events by handles and their deliveries; a delivered one is kept for 30 days, one that nobody"
            " could deliver for 90."
        ),
        places=("runtime_event", "runtime_delivery"),
        list_due=lambda at: count_rows("runtime_event", OVER, {"at": at}),
        erase=_erase_events,
        forget=_forget_events,
        prove_absent=lambda person: count_rows("runtime_event", NAMED, _texts(person)),
        list_due_of=lambda at, brand: count_of_brand("runtime_event", OVER, at, brand),
    ),
    Store(
        name="runtime.jobs",
        keep_class="account",
        what="Jobs by handles; one that ended well goes at once, any other 7 days after its end.",
        places=("procrastinate_jobs", "procrastinate_events"),
        list_due=_jobs_due,
        erase=_erase_jobs,
        forget=nothing,
        prove_absent=_jobs_left,
    ),
    Store(
        name="runtime.cache",
        keep_class="security",
        what=(
            "When somebody tried to sign in and failed, under a keyed hash, for as long as its limit counts;"
            " in no log of the database and no backup."
        ),
        places=(CACHE,),
        list_due=_cache_due,
        erase=_erase_cache,
        forget=nothing,
        prove_absent=_in_cache,
    ),
    Store(
        name="runtime.server_log",
        keep_class="traffic",
        what="The embedded database's log, without values or statements; it is emptied after 7 days.",
        places=("postgres/log",),
        list_due=_log_due,
        erase=_empty_log,
        forget=nothing,
        prove_absent=_in_log,
    ),
)
