"""A service that is to be something else: asked of a driver that can, left to staff where it cannot."""

from __future__ import annotations

import pytest

from hostkeep.drivers.conformance.machines import FakeProvisioner
from hostkeep.drivers.machines import Ask, Done, Outcome
from hostkeep.provisioning import queries
from hostkeep.provisioning.actions.asking import close_service, end_when_idle, queue_action
from hostkeep.provisioning.actions.changing import change_service
from hostkeep.provisioning.actions.claiming import claim_action
from hostkeep.provisioning.actions.tasks import complete_task
from hostkeep.provisioning.errors import NoSuchService, StillBusy
from hostkeep.provisioning.models import Action
from hostkeep.provisioning.rules.access import access_data
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import Verb
from tests.rooms.provisioning.conftest import Room
from tests.told import told

pytestmark = pytest.mark.django_db(databases="__all__")
BIG = {"devices": "5"}


class Resizer(FakeProvisioner):
    """One that can change what runs."""

    def change(self, ask: Ask) -> Outcome:
        self.asked.append((f"change to {ask.spec['devices']}", ask.once))
        return Done({"devices": ask.spec["devices"]}, {})


def changes(room: Room, service, *, spec=None, once: str = "change:1"):
    return change_service(room.act, service=service, title="Group", product="group", spec=BIG if spec is None else spec, once=once)


def test_a_driver_that_can_is_asked_once_with_the_new_sizes(room: Room) -> None:
    driver = room.drivers["fake"] = Resizer()
    service = room.builds()
    assert changes(room, service).asked
    room.works()
    changes(room, service)
    room.works()
    assert [verb for verb, _ in driver.asked if verb.startswith("change")] == ["change to 5"]
    seen = told(queries.service(service))
    assert (seen.title, seen.product, seen.spec, seen.state) == ("Group", "group", BIG, State.ACTIVE)
    assert seen.facts["devices"] == "5"


def test_what_a_driver_cannot_do_is_a_task_for_staff(room: Room) -> None:
    service = room.builds()
    secret = room.secret(service)
    changes(room, service)
    room.works()
    (task,) = queries.open_tasks()
    assert (task.kind, task.service) == (Verb.CHANGE, service)
    complete_task(room.act, task=task.id, access=access_data(address="", login="", secret=""))
    assert Action.objects.get(verb="change").stage == "done"
    assert queries.service(service).state is State.ACTIVE
    assert room.secret(service) == secret


def test_what_does_not_run_takes_the_name_and_asks_nobody(room: Room) -> None:
    service = room.orders()
    assert not changes(room, service).asked
    assert told(queries.service(service)).product == "group"
    assert not Action.objects.exists()


def test_the_same_sizes_ask_nobody(room: Room) -> None:
    service = room.builds()
    assert not changes(room, service, spec={}).asked
    assert told(queries.service(service)).spec == {"devices": "1"}


def sizes(driver: Resizer) -> list[str]:
    return [verb for verb, _ in driver.asked if verb.startswith("change")]


def test_what_other_work_keeps_back_is_asked_for_when_that_is_done(room: Room) -> None:
    driver = room.drivers["fake"] = Resizer()
    service = room.builds()
    queue_action(room.act, service=service, verb=Verb.RENEW, once="r", target="access")
    assert not changes(room, service).asked
    assert told(queries.service(service)).spec == BIG
    for _ in range(3):
        room.works()
    assert sizes(driver) == ["change to 5"]
    assert queries.left_to_do() == ()


def test_what_was_changed_while_it_stood_still_is_made_so_when_it_runs_again(room: Room) -> None:
    driver = room.drivers["fake"] = Resizer()
    service = room.builds()
    queue_action(room.act, service=service, verb=Verb.SUSPEND, once="s")
    room.works()
    assert queries.service(service).state is State.SUSPENDED
    assert not changes(room, service).asked
    for _ in range(2):
        room.works()
    assert sizes(driver) == []
    assert queries.left_to_do() == ()
    queue_action(room.act, service=service, verb=Verb.RESUME, once="g")
    for _ in range(3):
        room.works()
    assert sizes(driver) == ["change to 5"]


def test_sizes_that_wait_to_be_asked_for_outlive_a_change_without_any(room: Room) -> None:
    driver = room.drivers["fake"] = Resizer()
    service = room.builds()
    queue_action(room.act, service=service, verb=Verb.SUSPEND, once="s")
    room.works()
    changes(room, service)
    changes(room, service, spec={}, once="change:2")  # another term of the same plan
    queue_action(room.act, service=service, verb=Verb.RESUME, once="g")
    for _ in range(3):
        room.works()
    assert sizes(driver) == ["change to 5"]


def test_a_change_that_waits_for_staff_makes_room_for_the_next_one(room: Room) -> None:
    service = room.builds()
    changes(room, service)
    room.works()
    (first,) = queries.open_tasks()
    assert changes(room, service, spec={"devices": "9"}, once="change:2").asked
    room.works()
    (second,) = queries.open_tasks()
    assert first.id != second.id
    assert told(second).spec == {"devices": "9"}
    assert sorted(Action.objects.filter(verb="change").values_list("stage", flat=True)) == ["dropped", "waiting"]


def test_a_service_that_is_ended_while_its_driver_is_at_work_ends_when_that_is_done(room: Room) -> None:
    service = room.builds()
    work = queue_action(room.act, service=service, verb=Verb.RENEW, once="r", target="access").action
    claim_action(room.act, action=work)
    with pytest.raises(StillBusy):
        close_service(room.act, service=service)
    for _ in range(2):
        end_when_idle(room.act, service=service)
    room.works()
    assert queries.service(service).state is State.ACTIVE
    room.later(minutes=6)  # whoever had it in hand is dead
    for _ in range(3):
        room.works()
    assert queries.service(service).state is State.CLOSED
    assert queries.left_to_do() == ()


def test_no_such_service(room: Room) -> None:
    from uuid import uuid4

    with pytest.raises(NoSuchService):
        changes(room, uuid4())
