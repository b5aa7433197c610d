"""A value that its owner deleted is on the erasure ledger once the deletion stands, and not before."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from hostkeep.flows import sweeping
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.runtime.models import Event
from hostkeep.vault import boxes, door, erasing, erasure_ledger
from hostkeep.vault.events import ValueDropped
from hostkeep.vault.keys import WrongKeyring
from hostkeep.vault.models import Item
from hostkeep.vault.wall import opened
from tests.conftest import make_act
from tests.rooms.vault.test_epochs import ring, roll

__all__ = ["ring"]

PHONE, NAME = CategoryId("phone"), CategoryId("name")


def put(subject: SubjectId) -> UUID:
    door.put(make_act(purpose="account"), subject=subject, category=PHONE, value="+31201234567")
    with opened():
        return Item.objects.get(subject=subject, category=PHONE).id


def told() -> list[UUID]:
    return [UUID(event.body["item"]) for event in Event.objects.filter(kind="ValueDropped")]


def test_a_deleted_value_is_told_and_noted_on_the_ledger(committed: str) -> None:
    subject = SubjectId(uuid4())
    item = put(subject)
    before = erasure_ledger.head().number

    door.drop(make_act(purpose="account"), subject=subject, category=PHONE)
    assert told() == [item]
    assert erasure_ledger.head().number == before, "the ledger learns of it from a worker, after the fact"
    sweeping.on_value_dropped(make_act(), ValueDropped(item))

    end = erasure_ledger.head()
    assert end.number == before + 1
    *_, line = erasure_ledger.lines_after(0, "")
    assert list(line.items) == [item]


def test_a_deletion_that_is_undone_leaves_no_line(committed: str) -> None:
    subject = SubjectId(uuid4())
    put(subject)
    before = erasure_ledger.head().number

    with pytest.raises(RuntimeError), transaction.atomic():
        door.drop(make_act(purpose="account"), subject=subject, category=PHONE)
        raise RuntimeError

    assert told() == []
    assert erasure_ledger.head().number == before
    with opened():
        assert Item.objects.filter(subject=subject, category=PHONE).exists()


def box_of(subject: SubjectId, category: CategoryId) -> boxes.Box:
    place = (subject, category, "")
    with opened():
        return boxes.look([place], brand=make_act().brand)[place]


def test_an_old_copy_of_a_deleted_value_opens_as_long_as_the_documents_say(ring: Path) -> None:
    subject = SubjectId(uuid4())
    put(subject)
    door.put(make_act(purpose="account"), subject=subject, category=NAME, value="Ann Canary")
    old = box_of(subject, PHONE)
    assert old.key.keep_class == box_of(subject, NAME).key.keep_class, "the class lives on with another value"

    door.drop(make_act(purpose="account"), subject=subject, category=PHONE)
    assert boxes.Bunch().open(old) == "+31201234567", "an old backup, and the keyring of its time"

    roll()
    with pytest.raises(WrongKeyring):
        boxes.Bunch().open(old)
    living = box_of(subject, NAME).key
    assert boxes.Bunch().open(old._replace(key=living)) == "+31201234567", "the living database and keyring as well"

    erasing.erase(make_act(), subject=subject, classes=frozenset({"account"}), why="request")
    assert boxes.Bunch().open(old._replace(key=box_of(subject, NAME).key)) is None
