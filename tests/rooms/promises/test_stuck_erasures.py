"""Erasures that stand still are told: on the page of promises, and by one mail while there are any."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from hostkeep.messaging.models import Mail
from hostkeep.promises.alarms import closed_alarms, open_alarms
from hostkeep.promises.events import AlarmOpened
from hostkeep.promises.stuck_erasures import tell_stuck
from hostkeep.vault import destroying, erasing, replaying
from tests.conftest import NOON, make_act
from tests.rooms.promises.test_alarms import carry, staff_member
from tests.rooms.vault.test_erasing import ACCOUNT, line_of, person

HOUR = timedelta(hours=1)


def look(at=NOON) -> list[str]:
    tell_stuck(make_act(brand="", at=at))
    return [row.kind for row in open_alarms()]


def test_one_that_stands_still_for_an_hour_rings_once_and_is_over_when_it_is_done(committed: str) -> None:
    staff_member("owner")
    ann = person()
    with transaction.atomic():
        erasing._fence(make_act(), ann, ACCOUNT, "request")
    assert look(NOON + HOUR) == []
    assert look(NOON + 2 * HOUR) == look(NOON + 3 * HOUR) == ["erasures_stuck"]
    carry(AlarmOpened)
    assert Mail.objects.filter(template="operations/alarm_opened").count() == 1
    erasing.work_off(make_act())
    assert look(NOON + 4 * HOUR) == []
    assert [row.kind for row in closed_alarms()] == ["erasures_stuck"]


def test_a_line_that_cannot_be_carried_out_rings_at_once(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line_of(person())
    with monkeypatch.context() as patch:
        patch.setattr(destroying, "carry_out", breaks)
        replaying.catch_up(make_act())
        assert "erasures_stuck" in look()


def breaks(act, line, **more) -> None:
    raise ZeroDivisionError
