"""People are found while the keys are rolled, and afterwards by marks under the new key alone."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.people.queries import numbers_of_subjects
from hostkeep.vault import door, epochs, marks, rolling, search
from hostkeep.vault.models import Item, Mark
from hostkeep.vault.wall import opened
from tests.conftest import make_act
from tests.rooms.vault.test_epochs import ring

__all__ = ["ring"]

EMAIL, PHONE, NUMBER = CategoryId("email"), CategoryId("phone"), CategoryId("customer_number")
VALUES = {EMAIL: "ann@example.test", PHONE: "+31201230000", NUMBER: "AB-1234"}


@pytest.fixture
def ann(ring: Path) -> SubjectId:
    subject, act = SubjectId(uuid4()), make_act("visitor", "account")
    for category in (EMAIL, PHONE):
        door.put(act, subject=subject, category=category, value=VALUES[category])
    search.note_number(act, subject=subject, number=VALUES[NUMBER])
    search.numbers_by(lambda people: dict.fromkeys(people, VALUES[NUMBER]))
    yield subject
    search.numbers_by(numbers_of_subjects)


def found(subject: SubjectId) -> bool:
    act = make_act("support", "account")
    who = {search.find(act, category=category, value=value, reason="they rang") for category, value in VALUES.items()}
    return who == {subject}


def marked(subject: SubjectId) -> dict[str, int]:
    with opened():
        return dict(Mark.objects.filter(subject=subject).values_list("category", "epoch"))


def test_everybody_is_found_before_during_and_after_a_roll(ann: SubjectId) -> None:
    assert found(ann)
    epochs.begin()
    assert found(ann)
    epochs.switch(2)
    assert found(ann)
    with opened():
        assert marks.remark(1, 2, 2) == 2
    assert found(ann)

    rolling.finish(make_act(brand=""))

    assert found(ann)
    assert marked(ann) == {"email": 2, "phone": 2, "customer_number": 2}


def test_a_value_changed_during_a_roll_is_found_by_its_new_self_alone(ann: SubjectId) -> None:
    epochs.begin()
    epochs.switch(2)
    door.put(make_act("customer", "account", own=ann), subject=ann, category=EMAIL, value="new@example.test")
    act = make_act("support", "account")

    for _ in ("during", "after"):
        assert search.find(act, category=EMAIL, value="ann@example.test", reason="they rang") is None
        assert search.find(act, category=EMAIL, value="new@example.test", reason="they rang") == ann
        rolling.finish(make_act(brand=""))


def test_a_mark_without_its_value_does_not_outlive_a_roll(ann: SubjectId) -> None:
    with opened():
        Item.objects.filter(subject=ann, category=EMAIL).delete()

    rolling.roll(make_act(brand=""))

    assert marked(ann) == {"phone": 2, "customer_number": 2}
