"""From ordered to running, whatever the driver answers."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from hostkeep.drivers.conformance.machines import FakeProvisioner
from hostkeep.drivers.machines import Ask, Done, Outcome
from hostkeep.kernel.ids import ActionId, InvoiceId
from hostkeep.provisioning import queries
from hostkeep.provisioning.actions.asking import retry_action
from hostkeep.provisioning.actions.claiming import claim_action
from hostkeep.provisioning.actions.opening import Bought, open_service
from hostkeep.provisioning.actions.recording import record_outcome
from hostkeep.provisioning.errors import NoSuchAction, NoSuchService, NotDue, NotParked, OpenedDifferently
from hostkeep.provisioning.models import Action, Service
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import LEASE, Stage
from hostkeep.runtime.models import Event
from tests.rooms.provisioning.conftest import Room
from tests.told import told

pytestmark = pytest.mark.django_db(databases="__all__")


def state(service) -> State:
    return queries.service(service).state


def work(service) -> queries.WorkRow:
    return queries.work_of(service)[0]


def news(kind: str) -> int:
    return Event.objects.filter(kind=kind).count()


def test_a_paid_service_is_built_and_its_secret_lies_in_the_vault(room: Room, fake: FakeProvisioner) -> None:
    service = room.orders()
    assert state(service) is State.ORDERED
    room.pays(service)
    assert state(service) is State.BUILDING, "no state runs ahead of the driver"
    assert fake.asked == []
    room.works()

    row = queries.service(service)
    assert row.state is State.ACTIVE
    assert row.activated_at == room.act.at
    assert told(row).facts == {"address": "192.0.2.1"}
    assert told(row).kept == ("access",)
    assert room.secret(service) == "secret 1"
    assert news("ServiceActivated") == 1
    assert fake.made == {row.handle: 1}


def test_nothing_but_the_vault_knows_the_secret(room: Room) -> None:
    service = room.builds()
    secret = room.secret(service)
    assert secret
    for table in (Service, Action, Event):
        assert secret not in str(list(table.objects.values()))


def test_paying_twice_builds_once(room: Room, fake: FakeProvisioner) -> None:
    service = room.orders()
    room.pays(service)
    room.pays(service)
    room.works()
    room.works()
    room.pays(service)
    room.works()
    assert fake.asked == [("create", str(work(service).id))]
    assert news("ActionQueued") == 1


def test_the_same_key_opens_one_service_and_other_content_is_refused(room: Room) -> None:
    given = {
        "account": room.account,
        "subject": room.subject,
        "invoice": InvoiceId(uuid4()),
        "order_line": uuid4(),
        "once": "line:1",
    }
    bought = Bought("Solo", "solo", "fake", {"devices": "1"})
    first = open_service(room.act, bought=bought, **given)
    again = open_service(room.act, bought=bought, **given)
    assert (again.id, first.again, again.again) == (first.id, False, True)
    with pytest.raises(OpenedDifferently):
        open_service(room.act, bought=Bought("Solo", "solo", "fake", {"devices": "9"}), **given)
    assert Service.objects.count() == 1


def test_a_driver_that_is_not_set_up_here_falls_back_to_staff(room: Room) -> None:
    service = room.builds("lxd")
    assert told(queries.service(service)).driver == "manual"
    assert [task.service for task in queries.open_tasks()] == [service]


def test_a_driver_that_vanished_after_the_choice_is_shown_to_staff(room: Room) -> None:
    service = room.orders()
    room.pays(service)
    room.drivers.pop("fake")
    room.works()
    assert work(service).code == "provisioning.driver.none"
    assert state(service) is State.FAILED


def test_no_answer_is_tried_again_with_longer_and_longer_waits_then_parked(
    room: Room, fake: FakeProvisioner
) -> None:
    fake.tricks = ["drop"] * 20
    service = room.orders()
    room.pays(service)
    waits = []
    while work(service).stage is not Stage.PARKED:
        assert room.works() == 1
        due = work(service).due_at
        if due:
            waits.append((due - room.act.at) // timedelta(minutes=1))
            room.later(seconds=int((due - room.act.at).total_seconds()) - 1)
            assert room.works() == 0, "not a second too early"
            room.later(seconds=1)

    assert waits == [1, 2, 4, 8, 16, 32, 64]
    assert work(service).failures == 8
    assert work(service).code == "no_answer"
    assert state(service) is State.FAILED
    assert news("ActionParked") == 1
    assert [row.id for row in queries.parked_work()] == [work(service).id]
    assert room.works() == 0


def test_a_lost_answer_is_looked_up_and_ends_in_one_service_with_a_known_secret(
    room: Room, fake: FakeProvisioner
) -> None:
    fake.tricks = ["lose"]
    service = room.orders()
    room.pays(service)
    room.works()
    assert state(service) is State.BUILDING
    room.later(minutes=1)
    room.works()

    assert state(service) is State.ACTIVE
    assert fake.made == {queries.service(service).handle: 1}
    assert [verb for verb, _ in fake.asked] == ["create", "look_up", "create"]
    assert len({once for _, once in fake.asked}) == 1
    assert room.secret(service) == "secret 3"


def test_what_is_refused_waits_for_staff_who_may_try_again(room: Room, fake: FakeProvisioner) -> None:
    fake.tricks = ["refuse"]
    service = room.builds()
    assert state(service) is State.FAILED
    assert work(service).code == "capacity.full"

    retry_action(room.act, action=work(service).id)
    assert state(service) is State.BUILDING
    room.works()
    assert state(service) is State.ACTIVE
    with pytest.raises(NotParked):
        retry_action(room.act, action=work(service).id)
    with pytest.raises(NoSuchAction):
        retry_action(room.act, action=ActionId(uuid4()))


def test_what_takes_time_is_asked_for_again(room: Room, fake: FakeProvisioner) -> None:
    fake.tricks = ["wait"]
    service = room.builds()
    assert work(service).stage is Stage.WAITING
    assert room.works() == 0
    room.later(seconds=20)
    room.works()
    assert state(service) is State.ACTIVE
    assert work(service).failures == 0


def test_work_whose_worker_died_comes_back_when_its_lease_runs_out(room: Room, fake: FakeProvisioner) -> None:
    service = room.orders()
    room.pays(service)
    taken = claim_action(room.act, action=work(service).id)
    fake.create(taken.work.ask)

    assert room.works() == 0
    with pytest.raises(NotDue):
        claim_action(room.act, action=work(service).id)
    room.later(seconds=int(LEASE.total_seconds()))
    assert room.works() == 1
    assert state(service) is State.ACTIVE
    assert fake.made == {queries.service(service).handle: 1}


def test_work_that_kills_its_workers_is_given_up(room: Room, fake: FakeProvisioner) -> None:
    service = room.orders()
    room.pays(service)
    for _ in range(8):
        claim_action(room.act, action=work(service).id)
        room.later(minutes=5)
    room.works()
    assert work(service).code == "worker_lost"
    assert state(service) is State.FAILED
    assert fake.asked == []


def test_an_answer_that_comes_after_the_lease_is_not_entered_but_looked_into(
    room: Room, fake: FakeProvisioner
) -> None:
    service = room.orders()
    room.pays(service)
    slow = claim_action(room.act, action=work(service).id)
    room.later(minutes=5)
    room.works()
    mine = room.secret(service)

    late = record_outcome(room.act, work=slow.work, outcome=Done({"address": "192.0.2.9"}, {"access": "late"}))
    assert late.late
    assert room.secret(service) == mine
    assert told(queries.service(service)).facts == {"address": "192.0.2.1"}

    room.works()
    assert work(service).stage is Stage.DONE
    assert state(service) is State.ACTIVE
    assert news("ServiceActivated") == 1
    assert fake.made == {queries.service(service).handle: 1}


class Raising(FakeProvisioner):
    """A driver with a fault."""

    def create(self, ask: Ask) -> Outcome:
        raise ZeroDivisionError


def test_a_driver_that_raises_has_said_nothing(room: Room) -> None:
    room.drivers["fake"] = Raising()
    service = room.builds()
    assert work(service).stage is Stage.QUEUED
    assert work(service).code == "no_answer"


class Careless(FakeProvisioner):
    """A driver that gives one address to everybody."""

    def create(self, ask: Ask) -> Outcome:
        return Done({"address": "10.77.0.2", "pool": "wg 10.77.0.0/16", "leases": "10.77.0.2"}, {})


def test_an_address_is_never_leased_twice(room: Room) -> None:
    room.drivers["fake"] = Careless()
    first, second = room.builds(), room.builds()
    assert state(first) is State.ACTIVE
    assert state(second) is State.FAILED
    assert work(second).code == "provisioning.address.taken"
    assert "address" not in told(queries.service(second)).facts


def test_the_database_knows_the_states_and_one_open_piece_of_work(room: Room) -> None:
    service = room.orders()
    room.pays(service)
    with pytest.raises(IntegrityError), transaction.atomic():
        Service.objects.update(state="dancing")
    with pytest.raises(IntegrityError), transaction.atomic():
        Action.objects.create(
            service_id=service, verb="suspend", once="x", queued_at=room.act.at, due_at=room.act.at
        )


def test_an_unknown_service_does_not_exist(room: Room) -> None:
    service = room.orders()
    assert queries.service_of(room.account, service).id == service
    with pytest.raises(NoSuchService):
        queries.service_of(uuid4(), service)
    with pytest.raises(NoSuchService):
        queries.service(uuid4())


