"""What a deed asks together it is answered in order, and its transaction costs no way of its own to the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from hostkeep.audit.models import Entry
from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref
from hostkeep.runtime import deeds
from hostkeep.runtime.inserting import insert_last
from hostkeep.runtime.models import Delivery, Event
from hostkeep.runtime.together import BEGIN, Question, ask
from hostkeep.runtime.written import objects, objects_of, rows
from tests.conftest import NOON, make_act


@dataclass(frozen=True)
class Done:
    id: UUID

    @property
    def ref(self) -> Ref:
        return Ref("test.thing", self.id)


def an_event(kind: str = "k", **said: object) -> Event:
    return Event(**{"id": uuid4(), "kind": kind, "body": {}, "brand": "vps6", "trace": "t", "at": NOON, **said})


def by_id(event: UUID):
    return Event.objects.filter(id=event)


def locked(event: UUID):
    return Event.objects.select_for_update().filter(id=event)


def several(events: list[UUID]):
    return Event.objects.filter(id__in=events).order_by("kind")


def kinds(event: UUID):
    return Event.objects.filter(id=event).values_list("kind")


@recorded("test.thing.written_last")
def writes_last(act: Act, *, rows_: list[Event], orphan: bool = False) -> Done:
    insert_last(*rows_)
    if orphan:  # what its key points to is looked for at the commit
        insert_last(Delivery(event_id=uuid4(), handler="h", state=Delivery.WAITING, attempts=0, last_code=""))
    return Done(rows_[0].id)


@pytest.mark.django_db
def test_each_question_is_answered_in_its_place() -> None:
    ann, binh = an_event("ann"), an_event("binh")
    Event.objects.bulk_create([ann, binh])
    raw: Question[int] = Question("SELECT 7 WHERE %s", [True], lambda row: row[0], before=("SET LOCAL work_mem = '4MB'",))
    asked = (objects(by_id, ann.id), rows(kinds, binh.id), raw, objects(by_id, uuid4()), objects(several, (binh.id, ann.id)))
    with CaptureQueriesContext(connection) as queries:
        found = ask(*asked)
    assert found == [[ann], [("binh",)], [7], [], [ann, binh]]
    assert len(queries) == 1
    assert objects_of(several, (binh.id,)) == [binh]


@pytest.mark.django_db
def test_none_of_several_is_asked_for_by_an_empty_list() -> None:
    assert objects_of(several, ()) == []


def test_rows_are_locked_inside_a_transaction_alone(committed: str) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        ask(objects(by_id, uuid4()), objects(locked, uuid4()))
    with transaction.atomic():
        assert ask(objects(locked, uuid4())) == [[]]


def ways(deed: Callable[[], None]) -> tuple[list[str], list[str]]:
    """What the driver sent of its own, and what it was told to send."""
    own: list[str] = []
    told: list[str] = []
    line = connection.connection
    assert line is not None
    command = psycopg.Connection._exec_command

    def noted(self: Any, text: Any, *rest: Any) -> Any:
        own.append(str(text))
        return command(self, text, *rest)

    def noting(execute: Any, sql: str, *rest: Any) -> Any:
        told.append(sql)
        return execute(sql, *rest)

    with pytest.MonkeyPatch.context() as patch, connection.execute_wrapper(noting):
        patch.setattr(psycopg.Connection, "_exec_command", noted)
        deed()
    return own, told


def test_a_deed_begins_with_its_first_question_and_commits_with_its_last_statement(committed: str) -> None:
    stands = an_event()
    Event.objects.bulk_create([stands])
    fresh = an_event()

    def deed() -> None:
        with deeds.deed():
            ask(objects(locked, stands.id))
            writes_last(make_act(brand="vps6"), rows_=[fresh])

    own, told = ways(deed)
    assert own == [], "the driver begins and commits by itself, each a way to the server"
    assert told[0].startswith(BEGIN)
    assert told[-1].endswith("COMMIT")
    assert Event.objects.filter(id=fresh.id).exists()
    assert connection.get_autocommit()
    with pytest.raises(LookupError), transaction.atomic():
        ask(objects(locked, stands.id))
        Event.objects.filter(id=stands.id).update(kind="gone")
        raise LookupError
    assert Event.objects.get(id=stands.id).kind == "k"


def test_what_fails_at_the_commit_fails_the_deed(committed: str) -> None:
    row, act = an_event(), make_act(brand="vps6")
    with pytest.raises(IntegrityError):
        writes_last(act, rows_=[row], orphan=True)
    assert not Event.objects.filter(id=row.id).exists()
    assert not Entry.objects.filter(thing=row.id).exists()
    writes_last(act, rows_=[row])
    assert Event.objects.filter(id=row.id).exists()


def test_inside_another_transaction_a_deed_commits_nothing(committed: str) -> None:
    row = an_event()
    with pytest.raises(LookupError), transaction.atomic():
        writes_last(make_act(brand="vps6"), rows_=[row])
        raise LookupError
    assert not Event.objects.filter(id=row.id).exists()


@pytest.mark.django_db
def test_no_part_of_a_whole_deed_has_a_savepoint_and_what_fails_in_it_fails_all() -> None:
    row, other, act = an_event(), an_event(), make_act(brand="vps6")
    with CaptureQueriesContext(connection) as queries, deeds.deed(whole=True):
        writes_last(act, rows_=[row])
        writes_last(act, rows_=[other])
    assert sum("SAVEPOINT" in each["sql"] for each in queries) == 2, "the test's own transaction has one, and its end"
    gone = an_event()
    with pytest.raises(transaction.TransactionManagementError), deeds.deed(whole=True):
        writes_last(act, rows_=[gone])
        with pytest.raises(LookupError), deeds.deed():
            raise LookupError
        Event.objects.count()
    assert not Event.objects.filter(id=gone.id).exists()
    with deeds.deed(), pytest.raises(LookupError), deeds.deed():
        raise LookupError  # what was whole is over: a part has its savepoint again


@pytest.mark.django_db
def test_what_was_left_is_there_when_it_is_asked_for_and_outlives_no_savepoint() -> None:
    early, late, kept = an_event(), an_event(), an_event()
    with deeds.deed():
        insert_last(early)
        with pytest.raises(LookupError), transaction.atomic():
            insert_last(late)
            deeds.write_now()
            assert [Event.objects.filter(id=each.id).exists() for each in (early, late)] == [False, True]
            raise LookupError
        insert_last(kept)
        deeds.write_now()
        assert Event.objects.filter(id__in=[early.id, late.id, kept.id]).count() == 2
    assert Event.objects.filter(id__in=[early.id, late.id, kept.id]).count() == 2
