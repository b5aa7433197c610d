"""A job comes and goes with the deed it carries, in a worker as on a page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from procrastinate.contrib.django import app

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import MailId
from hostkeep.messaging.events import MailQueued
from hostkeep.runtime import clock, jobs, outbox
from hostkeep.runtime.models import Delivery
from tests.conftest import make_act

OUTLOOKS = dict(jobs._outlooks)
"""As the house makes them known."""


@pytest.fixture
def in_a_worker(committed: str) -> Iterator[None]:
    """The connection of a worker, which commits by itself."""
    page: Any = app.connector
    with app.replace_connector(page.get_worker_connector()):
        yield


class ThoughtBetterOfIt(Exception):
    """Undoes a transaction."""


def publish() -> None:
    outbox.publish(make_act(brand="vps6"), MailQueued(mail=MailId(uuid4())))


def jobs_seen_from(alias: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'hostkeep.deliver'")
        return int(cursor.fetchone()[0])


@pytest.mark.usefixtures("in_a_worker")
def test_nobody_takes_a_job_before_what_it_carries_is_there() -> None:
    with transaction.atomic():
        publish()
        assert jobs_seen_from("default") == 1
        assert jobs_seen_from("audit") == 0
    assert jobs_seen_from("audit") == 1


@pytest.mark.usefixtures("in_a_worker")
def test_what_is_undone_leaves_no_job() -> None:
    with pytest.raises(ThoughtBetterOfIt), transaction.atomic():
        publish()
        raise ThoughtBetterOfIt
    assert jobs_seen_from("default") == 0


@pytest.mark.usefixtures("committed")
def test_a_delivery_whose_job_is_lost_gets_another_and_one_with_a_job_none() -> None:
    publish()
    publish()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = (SELECT min(id) FROM procrastinate_jobs)")
    assert jobs_seen_from("default") == 1

    jobs.do_due()
    assert jobs_seen_from("default") == 2
    jobs.do_due()
    assert jobs_seen_from("default") == 2
    assert Delivery.objects.filter(state=Delivery.WAITING).count() == 2


@pytest.mark.usefixtures("committed")
def test_what_drains_closes_the_connections_of_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds on to one, as a cycle that nobody collected yet does, holds none that is open."""
    held: list[Any] = []

    def work(*_: object) -> int:
        connection.ensure_connection()
        held.append(connection.connection)
        return 1

    monkeypatch.setitem(jobs._errands, "drained", work)
    assert jobs.send("drained", "once")
    jobs.drain()
    assert [line.closed for line in held] == [True]


@pytest.fixture
def little_work(committed: str, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """A house whose only work is to return 2, and whose only watch is to note when it looked."""
    looked: list[datetime] = []

    def look(act: Act) -> int:
        looked.append(act.at)
        return 0

    monkeypatch.setattr(jobs, "_due", {"small": lambda _: 2, "idle": lambda _: 0})
    monkeypatch.setattr(jobs, "_watches", {"looks": look})
    monkeypatch.setattr(jobs, "_outlooks", {})
    deaf = dict.fromkeys(outbox._handlers["MailQueued"], lambda *_: None)
    monkeypatch.setitem(outbox._handlers, "MailQueued", deaf)
    return looked


def test_a_moved_clock_looks_around_at_its_end_alone_whatever_a_worker_orders(little_work: list[datetime]) -> None:
    """A month takes minutes of the machine, and each orders a round that would find all late: the clock leapt."""
    jobs.tick.defer(timestamp=0)
    publish()

    jobs.advance_clock(3 * jobs.HOUR)

    assert len(little_work) == 1
    assert clock.now() - little_work[0] < jobs.HOUR


@pytest.mark.usefixtures("little_work")
def test_a_moved_clock_tells_each_day_what_was_done_on_it() -> None:
    told: list[jobs.Stretch] = []
    publish()

    jobs.advance_clock(50 * jobs.HOUR, tell=told.append)

    days = [each.at.date() for each in told]
    assert days[0] < days[1] <= days[2]
    assert sum(each.done["small"] for each in told) == 2 * 50
    assert {name for each in told for name in each.done} == {"small", jobs.EVENTS}
    assert told[0].done[jobs.EVENTS] == 1
    assert all(each.seconds >= 0 for each in told)


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(("first", "second", "goes"), [(99, 99, 24), (99, 13, 12), (7, 99, 6), (13, 4, 3), (4, 13, 3), (99, 2, 1)])
def test_a_moved_clock_goes_as_far_as_all_foresee_nothing(
    monkeypatch: pytest.MonkeyPatch, first: int, second: int, goes: int
) -> None:
    """first, second: in how many hours something of each falls due."""
    begun = clock.now()
    outlooks = {str(hours): lambda at, due=hours: at - begun >= due * jobs.HOUR for hours in (first, second)}
    monkeypatch.setattr(jobs, "_outlooks", outlooks)

    assert jobs._stride(1000 * jobs.HOUR) == goes * jobs.HOUR
    assert jobs._stride(5 * jobs.HOUR) == min(goes, 3) * jobs.HOUR


@pytest.mark.usefixtures("committed")
def test_who_is_dear_to_ask_is_not_asked_where_a_clock_stops_anyhow(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime] = []
    monkeypatch.setattr(jobs, "_outlooks", {"cheap": lambda _: True, "dear": lambda at: bool(asked.append(at))})

    assert jobs._stride(1000 * jobs.HOUR) == jobs.HOUR
    assert asked == []
    assert list(OUTLOOKS)[-1] == "sweeping", "it asks every store"


UNDER_WAY = """
WITH elsewhere AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 hour') RETURNING id)
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id)
SELECT 'errands', 'hostkeep.errand', jsonb_build_object('name', %s::text, 'about', 'all'), 'doing', id FROM elsewhere RETURNING id
"""
"""A worker of another process is at an errand, and lives."""


@pytest.mark.usefixtures("little_work")
@pytest.mark.parametrize(("name", "waits"), [("sweep", True), ("scan", False)])
def test_a_moved_clock_stops_until_a_worker_elsewhere_has_swept_but_not_for_who_only_looks(
    monkeypatch: pytest.MonkeyPatch, name: str, waits: bool
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(UNDER_WAY, [name])
        job = cursor.fetchone()[0]
    begun, seen = clock.now(), list[datetime]()

    def sleep(_: float) -> None:
        """The other process is done in the meantime."""
        seen.append(clock.now())
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [job])

    monkeypatch.setattr(jobs, "time", SimpleNamespace(sleep=sleep, monotonic=time.monotonic))
    jobs.advance_clock(30 * jobs.HOUR)

    assert [round((at - begun) / jobs.HOUR) for at in seen] == [1 if waits else 30]
