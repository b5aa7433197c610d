"""A query that is written once answers for whoever it is asked for."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from hostkeep.runtime.counting import NONE, Rows, tallies_of
from hostkeep.runtime.models import Delivery, Event
from hostkeep.runtime.written import objects_of, rows_of
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

written: list[UUID] = []


def kinds(whose: UUID, first: int):
    written.append(whose)
    found = Event.objects.filter(Q(id=whose) | Q(kind="none", id=whose))
    return found.values_list("kind", "id")[:first]


def counted(whose: UUID) -> Rows:
    return {
        "own": (Event.objects.filter(id=whose), "at"),
        "none": (Event.objects.filter(id=whose, kind=""), "at"),
    }


def event(kind: str) -> UUID:
    return Event.objects.create(id=uuid4(), kind=kind, body={}, brand="vps6", trace="t", at=NOON).id


def test_it_is_asked_for_one_after_the_other() -> None:
    ann, binh = event("ann"), event("binh")
    assert rows_of(kinds, ann, 3) == [("ann", ann)]
    assert rows_of(kinds, binh, 3) == [("binh", binh)]
    assert rows_of(kinds, uuid4(), 3) == []


def test_it_is_written_once_for_each_of_its_numbers() -> None:
    written.clear()
    ann = event("ann")
    assert [rows_of(kinds, ann, n) for n in (1, 0, 1, 0)] == [[("ann", ann)], [], [("ann", ann)], []]
    assert len(written) <= 2


def test_what_there_is_none_of_is_counted_too() -> None:
    ann, binh = event("ann"), event("binh")
    for who in (ann, binh):
        found = tallies_of(counted, who)
        assert (found["own"].count, found["own"].since, found["none"]) == (1, NOON, NONE)
    assert tallies_of(counted, uuid4()) == {"own": NONE, "none": NONE}


def by_id(whose: UUID):
    return Event.objects.filter(id=whose)


def by_kind(kind: str):
    return Event.objects.filter(kind=kind).order_by("trace")


def locked(whose: UUID):
    written.append(whose)
    return Event.objects.select_for_update().filter(id=whose)


def joined(whose: UUID):
    return Delivery.objects.select_related("event").filter(id=whose)


def test_objects_are_those_of_the_orm_with_what_their_fields_make_of_a_column() -> None:
    ann, _ = event("ann"), event("binh")
    Event.objects.filter(id=ann).update(body={"of": ["ann"]})
    (found,), stands = objects_of(by_id, ann), Event.objects.get(id=ann)
    assert (found, found.body, found.at) == (stands, {"of": ["ann"]}, NOON)
    found.kind = "other"
    with CaptureQueriesContext(connection) as asked:
        found.save(update_fields=["kind"])
    assert len(asked) == 1
    assert Event.objects.get(id=ann).kind == "other"
    assert objects_of(by_id, uuid4()) == []


def test_a_text_is_a_key_too() -> None:
    ann = event("ann")
    assert [row.id for row in objects_of(by_kind, "ann")] == [ann]
    assert [row.id for row in objects_of(by_kind, "ann")] == [ann]
    assert objects_of(by_kind, "'; --") == []


def test_rows_are_locked_each_time_and_in_a_transaction_alone() -> None:
    written.clear()
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert len(objects_of(locked, event("ann"))) == 1
        assert "FOR UPDATE" in asked[-1]["sql"]
    assert len(written) <= 1


def test_what_reads_more_than_rows_of_one_model_is_refused() -> None:
    with pytest.raises(ValueError, match="whole rows"):
        objects_of(joined, uuid4())


def of_these(whose: list[UUID], since: datetime, until: datetime, first: int):
    written.extend(whose)
    found = Event.objects.filter(id__in=whose, at__gte=since, at__lt=until)
    return found.order_by("kind").values_list("kind")[:first]


def of_these_or_that(whose: list[UUID], kind: str):
    return Event.objects.filter(id__in=whose, kind__in=[kind]).values_list("kind")


def test_several_handles_and_any_moments_are_asked_for_by_one_query() -> None:
    written.clear()
    ann, binh, chi = event("ann"), event("binh"), event("chi")
    late = NOON + timedelta(hours=1)

    def asked(some: tuple[UUID, ...], since: datetime, until: datetime, first: int = 9) -> list[str]:
        return [kind for (kind,) in rows_of(of_these, some, since, until, first)]

    assert asked((ann, chi), NOON, late) == ["ann", "chi"]
    assert asked((ann, binh, chi, ann), NOON, late) == ["ann", "binh", "chi"]
    assert asked((binh,), NOON, late) == ["binh"]
    assert asked((), NOON, late) == []
    assert asked((ann, binh), late, late + timedelta(hours=1)) == asked((ann, binh), NOON, NOON) == []
    assert asked((ann, binh), NOON - timedelta(days=9), late) == ["ann", "binh"]
    assert asked((ann, binh), NOON, late, 1) == ["ann"]
    assert len(written) == 2  # for each number, however many handles, and whatever the moments


def test_several_handles_beside_another_list_are_refused() -> None:
    """One of a list is written as several handles are: it would be asked for as if it were they."""
    with pytest.raises(ValueError, match="by __in"):
        rows_of(of_these_or_that, (uuid4(),), "ann")
