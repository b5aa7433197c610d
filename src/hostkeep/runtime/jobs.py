"""The job runner: the one place besides the faces where acts are made and the clock is read."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import JobDeferrer
from procrastinate.manager import JobManager

from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import OPERATOR, ActorId, BrandId, PurposeId
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock, outbox, rescue
from hostkeep.runtime.deeds import Statement, run
from hostkeep.runtime.models import Delivery
from hostkeep.runtime.together import Question, ask

log = structlog.get_logger()

MOST_ATTEMPTS = 8
DUE_EVERY = "* * * * *"
AT_ONCE = 500
"""How many deliveries without a job get one in one go; the next minute's takes the rest."""

PATIENCE = 60.0
"""Seconds for which a moved clock waits for workers of other processes to end what they do."""

HOUR = timedelta(hours=1)
LEAPS = tuple(hours * HOUR for hours in (24, 12, 6, 3))
"""How far a moved clock goes at once where nothing falls due on the way; every day has a stop."""

EVENTS, ERRANDS, DUE = "events", "errands", "due"
"""Queues.  Whoever moves the clock does what is due by themselves, and leaves DUE alone."""

Due = Callable[[Act], int]
Errand = Callable[[Act, str], int]
Outlook = Callable[[datetime], bool]

_queue = JobManager(DjangoConnector())
"""Jobs are made over Django's connection, in a worker too: they come and go with the running transaction.

A worker's own connection commits by itself; a job made through it ran before what it carries was there.
"""

_due: dict[str, Due] = {}
_watches: dict[str, Due] = {}
_errands: dict[str, Errand] = {}
_looking: set[str] = set()
"""Errands that only look, as watches do."""
_outlooks: dict[str, Outlook] = {}
_done: Counter[str] = Counter()
"""How much this process did since it was last asked, by work and errand; deliveries under EVENTS."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A day of a moved clock, or what is left of one at either end.

    at       what the clock shows at its end
    done     how much was done on the way, by the name of the work or errand; deliveries under EVENTS
    seconds  how long that took, by the machine's own clock
    """

    at: datetime
    done: Mapping[str, int]
    seconds: float


def schedule(name: str, work: Due) -> None:
    """Make due work known: work(act) does what is due at act.at and returns how much it did."""
    _due[name] = work


def watch(name: str, work: Due) -> None:
    """Make a watch known: due work that only looks, and so need not be done at each stop of a moved clock."""
    _watches[name] = work


def foresee(name: str, outlook: Outlook) -> None:
    """Make known who can tell, of a time to come, whether anything of theirs falls due by then.

    Where nobody can, a moved clock stops at every hour.  They are asked in the order they were made known, so
    who is dear to ask comes last.
    """
    _outlooks[name] = outlook


def errand(name: str, work: Errand, *, looks: bool = False) -> None:
    """Make an errand known: work(act, about) done by a job of its own, one at a time under this name.

    about  a slug or an id, nothing personal
    looks  it changes nothing that falls due, so a moved clock goes on while another process is at it
    """
    _errands[name] = work
    if looks:
        _looking.add(name)


def send(name: str, about: str) -> bool:
    """Let an errand be run by a worker; say whether it waits now, False where it waited already."""
    task: Any = app.tasks["hostkeep.errand"]
    wish = task.configure(lock=name, queueing_lock=f"{name}:{about}")
    try:
        with transaction.atomic():
            _make(wish, name=name, about=about)
    except AlreadyEnqueued:
        return False
    return True


def is_sent(name: str, about: str) -> bool:
    """Say whether an errand waits to be begun.  One that is under way does not count: it may be past it."""
    return bool(ask(sent_question(name, about))[0][0])


def sent_question(name: str, about: str) -> Question[bool]:
    """Return the question of is_sent, for whoever asks it beside others."""
    return Question(SENT, (f"{name}:{about}",), lambda row: bool(row[0]))


SENT = "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo')"


def job_act(name: str, *, brand: BrandId, trace: str) -> Act:
    """Return the act of a job: role "system", purpose "service" until a handler says better."""
    return Act(
        actor=ActorId(f"job:{name}"),
        role="system",
        purpose=PurposeId("service"),
        at=clock.now(),
        trace=trace,
        brand=brand,
        channel="system",
    )


CARRY = """
SELECT procrastinate_defer_jobs_v1(array_agg(ROW(
  %s, %s, %s, NULL, NULL, jsonb_build_object('deliveries', deliveries),
  CASE WHEN %s > 0 THEN clock_timestamp() + make_interval(secs => %s) END
)::procrastinate_job_to_defer_v1 ORDER BY place))
FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS each (deliveries, place)
"""
"""The library's own function, called as its client does; so the jobs travel with what they carry."""


def carried(by_job: Sequence[Sequence[str]], seconds: int) -> Statement:
    """Say what makes jobs, so many seconds from now, in the running transaction.

    by_job  the deliveries that each carries, in the order in which it hands them over
    """
    task: Any = deliver
    return CARRY, [task.queue, task.name, task.priority, seconds, seconds, json.dumps(by_job)]


def _make(wish: JobDeferrer, **told: str) -> None:
    """Make a job in the running transaction.  Raises AlreadyEnqueued."""
    JobDeferrer(job_manager=_queue, job=wish.job).defer(**told)


@app.task(name="hostkeep.deliver", queue=EVENTS)
def deliver(deliveries: list[str]) -> None:
    """Hand events to handlers, one after the other.  What was handed over already is left out.

    A failure is tried again with back-off, by a job of its own, then parked and shown; it stops no other.
    """
    for row in outbox.each_waiting(deliveries, seconds=time.monotonic):
        _hand_over(row)


def _hand_over(row: Delivery) -> None:
    """Hand one event to one handler."""
    brand = BrandId(row.event.brand)
    act = job_act(row.handler.rsplit(".", 1)[-1], brand=brand, trace=str(row.event.id))
    handler = outbox.handler_of(row)
    if handler is None:
        _failed(row, LookupError(row.handler))
        return
    try:
        with running_brand.during(brand):
            handler(act, outbox.event_of(row))
    except Exception as error:  # noqa: BLE001  a poisoned event must not stop the others
        _failed(row, error)
        return
    outbox.note_done(row.id, act.at)
    _done[EVENTS] += 1


def _failed(row: Delivery, error: Exception) -> None:
    """Note a failure, then try again later or park."""
    code = error.code if isinstance(error, Foreseen) else type(error).__name__
    attempts = row.attempts + 1
    parked = attempts >= MOST_ATTEMPTS
    with transaction.atomic():
        Delivery.objects.filter(id=row.id).update(
            attempts=attempts, last_code=code[:128], state=Delivery.PARKED if parked else Delivery.WAITING
        )
        if not parked:
            outbox.defer_delivery(row.id, int(2**attempts))
    log.warning("event.failed", handler=row.handler, code=code, attempts=attempts, parked=parked)


@app.task(name="hostkeep.errand", queue=ERRANDS)
def run_errand(name: str, about: str) -> None:
    """Run one errand.  What goes wrong is logged; whoever sent it sends it again when it is due."""
    work = _errands.get(name)
    if work is None:
        return
    _do(name, lambda act: work(act, about))


@app.task(name="hostkeep.due", queue=DUE, queueing_lock="hostkeep.due")
def run_due() -> None:
    """Do all work that is due now."""
    do_due()
    look()


@app.periodic(cron=DUE_EVERY)
@app.task(name="hostkeep.tick", queue=DUE, queueing_lock="hostkeep.tick")
def tick(timestamp: int) -> None:
    """Every minute: do what is due."""
    del timestamp
    do_due()
    look()


def do_due() -> int:
    """Run every piece of scheduled work once at the present time; return how much was done."""
    return rescue.take_over() + _carry_again() + sum(_do(name, work) for name, work in _due.items())


def _carry_again() -> int:
    """Give every delivery that waits without a job a new one; return how many."""
    with transaction.atomic():
        left = rescue.left_behind(most=AT_ONCE)
        if left:
            run([carried([[delivery] for delivery in left], 0)])
    return len(left)


def look() -> int:
    """Run every watch once at the present time; return how much was done."""
    return sum(_do(name, work) for name, work in _watches.items())


def _do(name: str, work: Due) -> int:
    """Do one piece of work; one that goes wrong must not stop the next."""
    try:
        done = work(job_act(name, brand=OPERATOR, trace=f"due:{name}"))
    except Exception as error:  # noqa: BLE001  see above
        log.warning("due.failed", work=name, code=type(error).__name__)
        return 0
    _done[name] += done
    return done


def advance_clock(by: timedelta, *, tell: Callable[[Stretch], None] | None = None) -> None:
    """Move the demo's clock and do what falls due at each stop; look around at the end.

    It stops at every hour in which something falls due, and at least once a day.
    tell  hears of every day that is over, and of the end
    """
    left, began = by, time.monotonic()
    _done.clear()
    while left > timedelta():
        stride, day = _stride(left), clock.now().date()
        at = clock.advance(stride)
        left -= stride
        do_due()
        drain()
        _wait_while(_at_work)
        if tell is not None and at.date() != day and left > timedelta():
            tell(_stretch(at, began))
            began = time.monotonic()
    look()
    drain()
    _wait_while(_under_way)
    if tell is not None:
        tell(_stretch(clock.now(), began))


def _stretch(at: datetime, began: float) -> Stretch:
    """Return what was done since began, and forget it."""
    done = {name: count for name, count in _done.items() if count}
    _done.clear()
    return Stretch(at, done, time.monotonic() - began)


def _stride(left: timedelta) -> timedelta:
    """Return how far the clock may go at once, at most so far: a leap over hours of nothing, or an hour."""
    at, leaps = clock.now(), [leap for leap in LEAPS if leap <= left and _outlooks]
    for falls_due in _outlooks.values():
        while leaps and falls_due(at + leaps[0]):
            leaps.pop(0)
        if not leaps:  # whoever was made known later is dear to ask, and need not be
            break
    return leaps[0] if leaps else min(HOUR, left)


def _wait_while(busy: Callable[[], bool]) -> None:
    """Wait for what another process has under way, and do what comes of it; for PATIENCE seconds at most."""
    until = time.monotonic() + PATIENCE
    while busy() and time.monotonic() < until:
        time.sleep(0.2)
        drain()


def _at_work() -> bool:
    """Say whether news are being delivered or an errand is run, here or elsewhere, but one that only looks.

    A worker beside us may have taken the sweeper's: a clock that goes on meanwhile leaves it days behind, and
    the lights of what should be gone by then turn red.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'doing' AND queue_name = ANY(%s)"
            " AND NOT (queue_name = %s AND args ->> 'name' = ANY(%s)))",
            [_queues(), ERRANDS, sorted(_looking)],
        )
        return bool(cursor.fetchone()[0])


def _under_way() -> bool:
    """Say whether a job is being done, here or elsewhere, or waits to be begun now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'doing')")
        return bool(cursor.fetchone()[0]) or _waiting()


def drain() -> None:
    """Work off every job that waits, in this process, until none is left; but not the minute's round.

    Any worker orders that one, each minute of the machine.  It looks around too, and what it finds late while
    the clock leaps is so for that alone; and it takes as long as the leap.
    """
    if not _waiting():
        return
    connector: Any = app.connector
    with _closing_behind(), app.replace_connector(connector.get_worker_connector()) as worker:
        worker.run_worker(queues=_queues(), wait=False, install_signal_handlers=False, listen_notify=False)


@contextmanager
def _closing_behind() -> Iterator[None]:
    """Close, at the end, the connections that other threads of this process opened meanwhile.

    A worker that runs here does its jobs in threads of its own, which are gone with it: whoever drains for a
    year would hold hundreds of connections that nobody uses.  For a process that has no other threads, as the
    command that moves the clock.
    """
    opened: list[BaseDatabaseWrapper] = []
    here = threading.get_ident()

    def note(connection: BaseDatabaseWrapper, **_: object) -> None:
        if threading.get_ident() != here:
            opened.append(connection)

    connection_created.connect(note, weak=False)
    try:
        yield
    finally:
        connection_created.disconnect(note)
        for each in opened:
            if each.connection is not None:  # of a thread that is over, so not by Django's own close()
                each.connection.close()


def _waiting() -> bool:
    """Say whether a job waits to be begun now that `drain` would do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = ANY(%s)"
            " AND (scheduled_at IS NULL OR scheduled_at <= clock_timestamp()))",
            [_queues()],
        )
        return bool(cursor.fetchone()[0])


def _queues() -> list[str]:
    """Return the queues that are drained: of all that tasks have, all but DUE."""
    return sorted({task.queue for task in app.tasks.values()} - {DUE})
