"""New rows of several tables go in one text, as the ORM would write them; one that stands already is not written."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hostkeep.billing.models import Series
from hostkeep.runtime.inserting import insert, insert_new
from hostkeep.runtime.models import Delivery, Event
from hostkeep.runtime.together import BEGIN
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


def an_event() -> Event:
    return Event(kind="Told", body={"it": "'; %s"}, brand="vps6", trace=uuid4().hex, at=NOON)


def test_rows_of_two_tables_are_one_way_to_the_server() -> None:
    events = [an_event(), an_event()]
    deliveries = [Delivery(event=event, handler=f"h{n}") for n, event in enumerate(events)]
    with CaptureQueriesContext(connection) as asked:
        insert(events, deliveries, [])
    assert len(asked) == 1
    for row in events:
        kept = Event.objects.get(id=row.id)
        assert (kept.body, kept.trace, kept.at) == (row.body, row.trace, NOON)
    assert set(Delivery.objects.filter(event__in=events).values_list("handler", "state")) == {
        ("h0", Delivery.WAITING), ("h1", Delivery.WAITING),
    }  # fmt: skip


def test_a_row_that_was_inserted_is_saved_as_one_that_stands() -> None:
    row = an_event()
    insert([row])
    row.kind = "Changed"
    row.save(update_fields=["kind"])
    assert Event.objects.get(id=row.id).kind == "Changed"


def test_one_that_stands_already_is_not_written() -> None:
    def series() -> Series:
        return Series(brand="vps6", kind="invoice", year=1999)

    assert insert_new(series())
    assert not insert_new(series())
    assert Series.objects.filter(year=1999).count() == 1


def test_nothing_is_no_statement() -> None:
    with CaptureQueriesContext(connection) as asked:
        insert([], [])
    assert not asked
    with CaptureQueriesContext(connection) as asked:
        insert()
    assert not asked


def test_columns_are_those_of_the_orm() -> None:
    """The text names each column that Django's own would, in the same order."""
    with CaptureQueriesContext(connection) as asked:
        insert([an_event()])
        Event.objects.bulk_create([an_event()])
    ours, theirs = (each["sql"].split(" VALUES ")[0].removeprefix(f"{BEGIN}; ") for each in asked)
    assert ours == theirs
