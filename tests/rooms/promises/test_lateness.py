"""What no longer comes round is told: on the pages, and by one mail for the whole house."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest

from hostkeep.audit.models import Checkpoint
from hostkeep.brands.queries import all_brands
from hostkeep.flows import scanning, sweeping
from hostkeep.flows.operator_mail import write_to_staff
from hostkeep.kernel.ids import BrandId
from hostkeep.messaging.models import Mail
from hostkeep.messaging.queries import mail
from hostkeep.promises import lateness
from hostkeep.promises.alarms import closed_alarms, open_alarms
from hostkeep.promises.events import AlarmClosed, AlarmOpened
from hostkeep.promises.models import Round
from hostkeep.promises.upkeep import upkeep
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from hostkeep.runtime.tallies import tally
from tests.conftest import NOON, make_act
from tests.rooms.promises.test_alarms import carry, plain, staff_member

HOUR = timedelta(hours=1)
ALL = {"sweeper", "scan", "sequencer", "probes"}


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(lateness, "GRACE", 0.0)
    lateness._late_since.clear()
    lateness._moved.clear()
    yield
    lateness._late_since.clear()
    lateness._moved.clear()


def sweep_done(at) -> None:
    tally(brand=BrandId(""), kind=sweeping.KIND, name=sweeping.RUN, at=at)


def all_done(at, *, but: str = "") -> None:
    """Do all that comes round, as it is done, except one."""
    if but != "sweeper":
        sweep_done(at)
    if but != "scan":
        scanning.scan(make_act(brand="", at=at))
    if but != "probes":
        for row in all_brands():
            Round.objects.create(brand=row.id, begun_at=at, checks=1, done=1)
    if but != "sequencer":
        size = Checkpoint.objects.count() + 1
        Checkpoint.objects.create(size=size, root=b"r" * 32, note="", at=at)


def look(at) -> list[str]:
    lateness.tell_late(make_act(brand="", at=at))
    return [row.kind for row in open_alarms() if row.brand == ""]


def test_after_25_hours_nothing_is_late_and_after_27_all_is(committed: str, own_logs) -> None:
    all_done(NOON)

    assert lateness.late_works(NOON + 25 * HOUR) == set()
    assert look(NOON + 25 * HOUR) == []
    assert lateness.late_works(NOON + 27 * HOUR) == ALL
    assert upkeep(NOON + 27 * HOUR).late == ALL


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_one_that_stopped_is_named_told_once_by_mail_and_told_when_it_is_over(committed: str, own_logs, name: str) -> None:
    staff_member("owner")
    all_done(NOON)
    all_done(NOON + 20 * HOUR, but=name)

    assert look(NOON + 25 * HOUR) == []
    assert look(NOON + 27 * HOUR) == [f"{name}_late"]
    assert look(NOON + 28 * HOUR) == [f"{name}_late"], "one alarm, however long"

    carry(AlarmOpened)
    (queued,) = Mail.objects.filter(template="operations/alarm_opened")
    with running_brand.during(BrandId("")):
        text = plain(write_to_staff(make_act(brand="", at=NOON), mail(queued.id)))
    assert f"An alarm was raised: {name} late" in text
    assert "All brands" in text
    assert "/staff/promises/#alarms" in text

    all_done(NOON + 29 * HOUR)
    assert look(NOON + 29 * HOUR) == []
    assert [row.kind for row in closed_alarms()] == [f"{name}_late"]
    carry(AlarmClosed)
    assert Mail.objects.filter(template="operations/alarm_closed").count() == 1


def test_what_was_never_done_is_late_a_day_after_the_house_began(committed: str) -> None:
    born = min(version.announced_at for row in all_brands() for version in lateness.versions_of(row.id))

    assert lateness.late_works(born + 25 * HOUR) == set()
    assert lateness.late_works(born + 27 * HOUR) == ALL


def test_a_clock_that_was_just_moved_wakes_nobody(committed: str, own_logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lateness, "GRACE", 300.0)
    all_done(NOON)

    assert look(NOON + 700 * HOUR) == []
    all_done(NOON + 700 * HOUR)
    assert look(NOON + 700 * HOUR) == []
    assert lateness._late_since == {}


def test_a_clock_that_leaps_day_after_day_wakes_nobody_and_one_that_stands_again_does(
    committed: str, own_logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A month is moved for longer than the grace: each leap makes late again what nobody could have done yet."""
    told: list[float] = [0.0]
    monkeypatch.setattr(lateness, "GRACE", 300.0)
    monkeypatch.setattr(lateness, "time", SimpleNamespace(monotonic=lambda: told[0]))
    all_done(NOON)

    for day in range(2, 31):
        clock.advance(24 * HOUR)
        assert look(NOON + day * 24 * HOUR) == []
        told[0] += 60.0
    told[0] += 200.0
    assert look(NOON + 30 * 24 * HOUR) == [], "late for minutes, but the clock leapt 260 seconds ago"
    told[0] += 41.0
    assert sorted(look(NOON + 30 * 24 * HOUR)) == sorted(f"{name}_late" for name in ALL)
