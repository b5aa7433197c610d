"""Events that are over, or that name somebody erased, are found by an index among many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, connections

from hostkeep.runtime import kept
from hostkeep.runtime.models import Delivery, Event
from hostkeep.runtime.stores import Person
from tests.conftest import NOON, make_act

MANY = 60_000

FILL = """
INSERT INTO runtime_event (id, kind, body, brand, trace, at)
SELECT gen_random_uuid(), 'OrderPlaced', jsonb_build_object(
    'order', gen_random_uuid()::text, 'account', gen_random_uuid()::text, 'subject', gen_random_uuid()::text),
  'vps6', 'test', %s::timestamptz - interval '1 minute' * g
FROM generate_series(0, %s) g
"""
"""One a minute: some six weeks."""


@contextmanager
def plans() -> Iterator[list[str]]:
    """What the database does for each look at the events, by its own account."""
    found: list[str] = []

    def explained(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and "runtime_event" in sql:
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values)
                found.append(json.dumps(cursor.fetchone()))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(explained):
        yield found


@pytest.fixture
def many(committed: str) -> UUID:
    """Events of six weeks, one of them naming the person whose handle is returned."""
    whose = uuid4()
    folder = connections["default"].settings_dict["HOST"]
    with connection.cursor() as cursor:
        cursor.execute(FILL, [NOON, MANY])
    row = Event.objects.create(
        kind="KeysDestroyed", body={"erasure": str(uuid4()), "subject": str(whose)}, brand="vps6", trace="t", at=NOON
    )
    Delivery.objects.create(event=row, handler="test.handler", state=Delivery.DONE)
    with psycopg.connect(f"postgresql://hk_owner@/{committed}?host={folder}", autocommit=True) as line:
        line.execute("ANALYZE runtime_event, runtime_delivery")
    return whose


def reads_whole(node: Any) -> bool:
    """Whether a plan, or a part of it, reads the table of events from end to end."""
    if isinstance(node, dict):
        if node.get("Node Type") == "Seq Scan" and node.get("Relation Name") == "runtime_event":
            return True
        return any(reads_whole(each) for each in node.values())
    return isinstance(node, list) and any(reads_whole(each) for each in node)


def test_events_of_an_erased_person_are_found_by_an_index_and_go(many: UUID) -> None:
    person = Person(subjects=(many,), accounts=(uuid4(),), users=(uuid4(),))

    with plans() as seen:
        gone = kept._forget_events(make_act(at=NOON), person)  # noqa: SLF001  what the store calls

    assert gone == 1
    assert seen
    assert not [plan for plan in seen if reads_whole(json.loads(plan))]
    assert Event.objects.count() == MANY + 1


def test_events_past_their_days_are_found_by_an_index_and_go(many: UUID) -> None:
    over = NOON - timedelta(days=11)
    before = Event.objects.filter(at__lte=over - timedelta(days=kept.EVENTS_DAYS)).count()
    assert 500 < before < 2_000

    with plans() as seen:
        assert kept.STORES[0].list_due(over) == before
        gone = kept._erase_events(make_act(at=over), 500)  # noqa: SLF001  see above

    assert gone == 500
    assert seen
    assert not [plan for plan in seen if reads_whole(json.loads(plan))]


def test_the_proof_asks_the_index_too(many: UUID) -> None:
    with plans() as seen:
        assert kept.STORES[0].prove_absent(Person(subjects=(many,))) == 1
        assert kept.STORES[0].prove_absent(Person(subjects=(uuid4(),))) == 0

    assert len(seen) == 2
    assert not [plan for plan in seen if reads_whole(json.loads(plan))]
