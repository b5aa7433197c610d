"""An alarm about a state that lasts rings once for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.audit.reading import newest_id
from hostkeep.audit.ringing import QUIET, ring_once
from hostkeep.kernel.ids import ClauseId, Ref
from tests.conftest import NOON, make_act

pytestmark = pytest.mark.usefixtures("committed")  # an alarm is entered for good: no other test may find it

KIND = "kettle_dry"


def rings(about: Ref, at=NOON, *, brand: str = "vps6", over: int = 0):
    return ring_once(make_act(brand=brand, at=at), kind=KIND, about=about, clause=ClauseId(""), over=over)


def rung(about: Ref) -> int:
    return Entry.objects.using(APART).filter(verb=f"alarm.{KIND}.raised", thing=about.id).count()


@pytest.fixture
def kettle() -> Ref:
    return Ref("kitchen.kettle", uuid4())


def test_a_state_that_lasts_rings_once_a_day(kettle: Ref) -> None:
    for hours in range(24):
        assert rings(kettle, NOON + timedelta(hours=hours)) == NOON
    assert rung(kettle) == 1
    assert rings(kettle, NOON + QUIET) == NOON + QUIET
    assert rung(kettle) == 2


def test_a_state_that_was_over_and_came_back_rings_again(kettle: Ref) -> None:
    rings(kettle)
    rings(kettle, NOON + timedelta(minutes=1), over=newest_id() - 1)
    assert rung(kettle) == 1, "what was entered before it rang says nothing of after"
    rings(kettle, NOON + timedelta(minutes=2), over=newest_id() + 1)
    assert rung(kettle) == 2


def test_another_thing_and_another_brand_ring_for_themselves(kettle: Ref) -> None:
    other = Ref("kitchen.kettle", uuid4())
    rings(kettle)
    rings(other)
    rings(kettle, brand="vpn")
    assert (rung(kettle), rung(other)) == (2, 1)


def test_of_many_that_run_into_it_at_once_one_rings(kettle: Ref) -> None:
    def one(_: int) -> None:
        try:
            rings(kettle)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(24)))
    assert rung(kettle) == 1
