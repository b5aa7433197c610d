"""The demo's clerk, at several tasks at once."""

from __future__ import annotations

import time

from hostkeep.flows import clerk
from hostkeep.provisioning import queries
from hostkeep.provisioning.events import TaskOpened
from hostkeep.provisioning.models import Lease
from hostkeep.provisioning.rules.lifecycle import State
from tests.rooms.provisioning.conftest import Room, fake, room, set_up
from tests.rooms.vault.test_two_at_once import at_once

__all__ = ["fake", "room", "set_up"]


def test_two_tasks_at_once_get_two_addresses(committed: str, room: Room, monkeypatch) -> None:
    services = [room.builds("manual") for _ in range(4)]
    opened = [TaskOpened(row.id) for row in queries.open_tasks()]
    assert len(opened) == 4
    look = clerk.addresses_leased

    def slowly(pool: str) -> frozenset[str]:
        taken = look(pool)
        time.sleep(0.2)  # whoever looks now sees the same
        return taken

    monkeypatch.setattr(clerk, "addresses_leased", slowly)
    raised = at_once(*(lambda event=event: clerk.on_task_opened(room.act, event) for event in opened))

    assert raised == []
    assert {queries.service(service).state for service in services} == {State.ACTIVE}
    leased = list(Lease.objects.values_list("address", flat=True))
    assert len(leased) == len(set(leased)) == 4


def test_one_task_done_by_two_at_once_is_done_once(committed: str, room: Room) -> None:
    room.builds("manual")
    (row,) = queries.open_tasks()
    event = TaskOpened(row.id)
    assert at_once(*(lambda: clerk.on_task_opened(room.act, event) for _ in range(3))) == []
    assert Lease.objects.count() == 1
