"""A deed writes its entries, events and jobs at its end, all at once; what was taken back is not among them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from hostkeep.audit.models import Entry
from hostkeep.audit.recorded import recorded
from hostkeep.billing.events import InvoicePaid
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref
from hostkeep.runtime import deeds, outbox
from hostkeep.runtime.models import Delivery, Event
from tests.conftest import make_act

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Done:
    id: UUID

    @property
    def ref(self) -> Ref:
        return Ref("test.thing", self.id)


@recorded("test.thing.done")
def inner(act: Act, *, thing: UUID, fails: Exception | None = None) -> Done:
    outbox.publish(act, InvoicePaid(InvoiceId(thing), AccountId(thing)))
    if fails:
        raise fails
    return Done(thing)


@recorded("test.thing.all_done")
def outer(act: Act, *, things: list[UUID], taken_back: UUID | None = None) -> Done:
    for thing in things:
        inner(act, thing=thing)
        if taken_back:
            with pytest.raises(LookupError):
                inner(act, thing=taken_back, fails=LookupError())
    return Done(things[0])


@pytest.fixture
def act() -> Act:
    return replace(make_act(brand="vps6"), trace=uuid4().hex)


def verbs(act: Act) -> list[tuple[str, UUID]]:
    return list(Entry.objects.filter(trace=act.trace).order_by("id").values_list("verb", "thing"))


def events(act: Act) -> list[str]:
    return [row.body["invoice"] for row in Event.objects.filter(trace=act.trace).order_by("kind", "body")]


def jobs(act: Act) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs j JOIN runtime_delivery d ON j.args->'deliveries' ? d.id::text"
            " JOIN runtime_event e ON e.id = d.event_id WHERE e.trace = %s",
            [act.trace],
        )
        return int(cursor.fetchone()[0])


def test_whatever_a_deed_consists_of_it_says_so_in_one_statement(act: Act) -> None:
    things = [uuid4() for _ in range(3)]
    with CaptureQueriesContext(connection) as asked:
        outer(act, things=things)

    writing = [each["sql"] for each in asked if "INSERT" in each["sql"]]
    assert len(writing) == 1
    assert verbs(act) == [*(("test.thing.done", thing) for thing in things), ("test.thing.all_done", things[0])]
    assert events(act) == sorted(map(str, things))
    deliveries = Delivery.objects.filter(event__trace=act.trace).count()
    assert jobs(act) == deliveries > 3


def test_what_a_deed_takes_back_it_does_not_tell(act: Act) -> None:
    thing, gone = uuid4(), uuid4()
    outer(act, things=[thing], taken_back=gone)

    assert verbs(act) == [("test.thing.done", thing), ("test.thing.all_done", thing)]
    assert events(act) == [str(thing)]


def test_a_deed_that_fails_leaves_nothing_for_the_next(act: Act) -> None:
    with pytest.raises(LookupError):
        inner(act, thing=uuid4(), fails=LookupError())
    with transaction.atomic():
        inner(act, thing=(thing := uuid4()))

    assert verbs(act) == [("test.thing.done", thing)]
    assert events(act) == [str(thing)]


def test_outside_a_deed_an_event_is_stored_at_once(act: Act) -> None:
    with transaction.atomic():
        outbox.publish(act, InvoicePaid(InvoiceId(thing := uuid4()), AccountId(thing)))
        assert events(act) == [str(thing)]


def test_a_note_holds_as_long_as_its_deed() -> None:
    deeds.note("word", 1)
    assert deeds.noted("word") is None
    with deeds.deed():
        deeds.note("word", 2)
        with deeds.deed():
            assert deeds.noted("word") == 2
        assert (deeds.noted("word"), deeds.noted("other")) == (2, None)
    with deeds.deed():
        assert deeds.noted("word") is None


def test_a_note_is_gone_with_its_savepoint_or_when_it_is_forgotten() -> None:
    with deeds.deed():
        with pytest.raises(LookupError), transaction.atomic():
            deeds.note("word", 1)
            raise LookupError
        assert deeds.noted("word") is None
        with transaction.atomic():
            deeds.note("word", 2)
        assert deeds.noted("word") == 2
        deeds.forget_notes()
        assert deeds.noted("word") is None
