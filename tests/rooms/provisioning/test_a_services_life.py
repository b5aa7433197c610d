"""After the building: suspended, resumed, a new key, closed; and what staff do by hand."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from uuid import uuid4

import pytest

from hostkeep.drivers.conformance.machines import FakeProvisioner
from hostkeep.flows import clerk
from hostkeep.kernel.ids import ActorId
from hostkeep.provisioning import queries
from hostkeep.provisioning.actions.asking import begin_building, close_service, queue_action
from hostkeep.provisioning.actions.claiming import claim_action
from hostkeep.provisioning.actions.forgetting import forget_secret
from hostkeep.provisioning.actions.tasks import complete_task
from hostkeep.provisioning.errors import (
    AskedDifferently,
    NoSuchService,
    NoSuchStep,
    NoSuchTask,
    StillBusy,
    TaskClosed,
)
from hostkeep.provisioning.events import TaskOpened
from hostkeep.provisioning.models import Lease, Task
from hostkeep.provisioning.rules.access import access_data
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import Stage, Verb
from hostkeep.runtime.models import Event
from tests.rooms.provisioning.conftest import Room
from tests.told import told

pytestmark = pytest.mark.django_db(databases="__all__")


def state(service) -> State:
    return queries.service(service).state


def test_it_is_suspended_and_resumed_when_the_driver_has_answered(room: Room, fake: FakeProvisioner) -> None:
    service = room.builds()
    queue_action(room.act, service=service, verb=Verb.SUSPEND, once="s1")
    assert state(service) is State.ACTIVE
    room.works()
    assert state(service) is State.SUSPENDED

    queue_action(room.act, service=service, verb=Verb.RESUME, once="r1")
    room.works()
    assert state(service) is State.ACTIVE
    assert Event.objects.filter(kind="ServiceActivated").count() == 1
    assert [verb for verb, _ in fake.asked] == ["create", "suspend", "resume"]


def test_a_lost_answer_to_a_suspension_is_looked_up_and_not_asked_again(
    room: Room, fake: FakeProvisioner
) -> None:
    service = room.builds()
    fake.tricks = ["lose"]
    queue_action(room.act, service=service, verb=Verb.SUSPEND, once="s1")
    room.works()
    assert state(service) is State.ACTIVE
    room.later(minutes=1)
    room.works()
    assert state(service) is State.SUSPENDED
    assert [verb for verb, _ in fake.asked] == ["create", "suspend", "look_up"]


def test_a_refused_suspension_changes_no_state(room: Room, fake: FakeProvisioner) -> None:
    service = room.builds()
    fake.tricks = ["refuse"]
    queue_action(room.act, service=service, verb=Verb.SUSPEND, once="s1")
    room.works()
    assert state(service) is State.ACTIVE
    assert queries.piles_by_brand() == {"vpn": queries.BrandPile(parked=1)}
    assert queries.open_task_count() == 0


def test_the_same_key_asks_once_and_for_one_thing(room: Room) -> None:
    service = room.builds()
    first = queue_action(room.act, service=service, verb=Verb.SUSPEND, once="s1")
    assert queue_action(room.act, service=service, verb=Verb.SUSPEND, once="s1") == first
    with pytest.raises(AskedDifferently):
        queue_action(room.act, service=service, verb=Verb.RENEW, once="s1", target="access")
    with pytest.raises(StillBusy):
        queue_action(room.act, service=service, verb=Verb.RENEW, once="n1", target="access")
    with pytest.raises(NoSuchStep):
        queue_action(room.act, service=service, verb=Verb.RESUME, once="r1")


def test_a_new_secret_takes_the_place_of_the_old_one(room: Room) -> None:
    service = room.builds()
    old = room.secret(service)
    queue_action(room.act, service=service, verb=Verb.RENEW, once="n1", target="access")
    room.works()
    assert room.secret(service) not in {None, old}
    assert state(service) is State.ACTIVE


def test_closed_means_gone_with_its_secrets_and_addresses(room: Room, fake: FakeProvisioner) -> None:
    service = room.builds()
    Lease.objects.create(pool="p", address="10.0.0.2", service_id=service, since=room.act.at)
    close_service(room.act, service=service)
    assert state(service) is State.CLOSING
    assert room.secret(service)
    room.works()

    row = queries.service(service)
    assert (row.state, told(row).facts, told(row).kept) == (State.CLOSED, {}, ())
    assert room.secret(service) is None
    assert not Lease.objects.filter(until=None).exists()
    assert fake.look_up(claim_ask(row)).code == "never_asked"
    assert close_service(room.act, service=service).state is State.CLOSED
    assert queries.services_of(room.account) == (row,)


def claim_ask(row: queries.ServiceRow):
    from hostkeep.drivers.machines import Ask

    return Ask("x", row.handle, {}, {})


def test_an_unpaid_service_is_closed_without_asking_anybody_and_stays_closed(
    room: Room, fake: FakeProvisioner
) -> None:
    service = room.orders()
    assert close_service(room.act, service=service).state is State.CLOSED
    room.pays(service)
    room.works()
    assert state(service) is State.CLOSED
    assert fake.asked == []
    with pytest.raises(NoSuchStep):
        begin_building(room.act, service=service, driver="fake")


def test_closing_waits_for_a_driver_at_work_and_drops_what_only_waits(
    room: Room, fake: FakeProvisioner
) -> None:
    fake.tricks = ["wait"]
    service = room.builds()
    room.later(seconds=20)
    taken = claim_action(room.act, action=queries.work_of(service)[0].id)
    with pytest.raises(StillBusy):
        close_service(room.act, service=service)
    assert taken

    other = room.builds("manual")
    room.later(minutes=1)
    close_service(room.act, service=other)
    assert [row.stage for row in queries.work_of(other)][-1] is Stage.DROPPED
    assert Task.objects.get(service=other, kind="create").state == "dropped"


def test_staff_build_by_hand(room: Room) -> None:
    service = room.builds("manual")
    (task,) = queries.open_tasks()
    assert (task.kind, told(task).title, task.service) == (Verb.CREATE, "Solo", service)
    assert state(service) is State.BUILDING
    room.later(days=3)
    assert room.works() == 0, "nobody polls a person"

    staff = replace(room.act, actor=ActorId(f"staff:{uuid4()}"), role="engineer")
    access = access_data(address="192.0.2.7", login="root", secret="corr3ct horse")
    complete_task(staff, task=task.id, access=access)

    row = queries.service(service)
    assert row.state is State.ACTIVE
    assert told(row).facts == {"address": "192.0.2.7", "login": "root"}
    assert room.secret(service) == "corr3ct horse"
    assert queries.work_of(service)[0].done_role == "engineer"
    assert Task.objects.get(id=task.id).done_by == staff.actor
    assert "corr3ct" not in str(list(Task.objects.values())) + str(list(Event.objects.values()))
    with pytest.raises(TaskClosed):
        complete_task(staff, task=task.id, access=access)
    with pytest.raises(NoSuchTask):
        complete_task(staff, task=uuid4(), access=access)


def test_staff_work_under_the_customers_policy_from_the_operators_host(room: Room) -> None:
    service = room.builds("manual")
    (task,) = queries.open_tasks()
    staff = replace(room.act, brand="", role="engineer")
    complete_task(staff, task=task.id, access=access_data(address="", login="", secret="s3cret"))
    assert room.secret(service) == "s3cret"


def test_the_demo_clerk_fills_tasks_in_with_addresses_that_lead_nowhere(room: Room) -> None:
    services = [room.builds("manual") for _ in range(3)]
    assert clerk.fill_open_tasks(room.act) == 0, "not at once"
    room.later(seconds=3)
    assert clerk.fill_open_tasks(room.act) == 3
    assert clerk.fill_open_tasks(room.act) == 0

    rows = [queries.service(service) for service in services]
    addresses = [ip_address(told(row).facts["address"]) for row in rows]
    assert len(set(addresses)) == 3
    assert all(address in ip_network("192.0.2.0/24") for address in addresses)
    assert {row.state for row in rows} == {State.ACTIVE}
    assert len({room.secret(service) for service in services}) == 3
    assert {queries.work_of(service)[0].done_role for service in services} == {"clerk"}


def test_the_demo_clerk_ends_services_too(room: Room) -> None:
    service = room.builds("manual")
    clerk.on_task_opened(room.act, TaskOpened(queries.open_tasks()[0].id))
    clerk.on_task_opened(room.act, TaskOpened(uuid4()))
    close_service(room.act, service=service)
    room.works()
    room.later(seconds=3)
    assert clerk.fill_open_tasks(room.act) == 1
    assert state(service) is State.CLOSED
    assert room.secret(service) is None


def test_a_secret_that_may_be_shown_once_is_forgotten(room: Room) -> None:
    service = room.builds()
    forget_secret(room.act, service=service, name="access")
    forget_secret(room.act, service=service, name="access")
    assert room.secret(service) is None
    assert told(queries.service(service)).kept == ()
    with pytest.raises(NoSuchService):
        forget_secret(room.act, service=uuid4(), name="access")
    queue_action(room.act, service=service, verb=Verb.RENEW, once="n1", target="access")
    room.works()
    assert room.secret(service)
