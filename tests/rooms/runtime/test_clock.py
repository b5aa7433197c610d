"""The demo's clock is one for all: whoever moves it, everybody's next act stands at the new time."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hostkeep.runtime import clock, jobs
from hostkeep.runtime.models import Clock

DAY = timedelta(days=1)


def moved_elsewhere(by: timedelta) -> None:
    """Move the clock as another process does: over a connection of its own, and nobody here is told."""

    def move() -> None:
        Clock.objects.filter(id=1).update(ahead=clock.ahead() + by)
        connection.close()

    thread = Thread(target=move)
    thread.start()
    thread.join()


@pytest.mark.usefixtures("committed")
def test_a_clock_that_another_process_moves_is_seen_by_the_next_act() -> None:
    clock.advance(DAY)
    begun = clock.now()

    moved_elsewhere(3 * DAY)

    assert clock.ahead() == 4 * DAY
    assert 3 * DAY <= clock.now() - begun < 4 * DAY
    assert jobs.job_act("test", brand="vps6", trace="t").at - begun >= 3 * DAY  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_clock_that_nobody_moved_stands_nowhere_ahead_and_is_asked_in_one_query() -> None:
    Clock.objects.all().delete()
    with CaptureQueriesContext(connection) as asked:
        assert clock.ahead() == timedelta()
    assert len(asked) == 1
