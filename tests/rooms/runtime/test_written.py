"""A query that is written once answers for whoever it is asked for."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db.models import Q

from hostkeep.runtime.counting import NONE, Rows, tallies_of
from hostkeep.runtime.models import Event
from hostkeep.runtime.written import rows_of
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
