"""A customer's act writes and deletes nobody else's values, whatever page let it through."""

from __future__ import annotations

from uuid import uuid4

import pytest

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.vault import door
from hostkeep.vault.nyms import nym_of
from tests.conftest import make_act

NAME = CategoryId("name")


@pytest.fixture
def ann(db: None) -> SubjectId:
    subject = SubjectId(uuid4())
    door.put(make_act("visitor", "account"), subject=subject, category=NAME, value="Ann Canary")
    return subject


def name_of(subject: SubjectId) -> str:
    sealed = door.reveal(make_act("customer", "account", own=subject), subject=subject, category=NAME)
    return "" if sealed is None else sealed.open()


@pytest.mark.parametrize("own", [None, SubjectId(uuid4())])
def test_another_customer_neither_overwrites_nor_deletes(ann: SubjectId, own: SubjectId | None) -> None:
    thief = make_act("customer", "account", own=own)
    with pytest.raises(door.Refused):
        door.put(thief, subject=ann, category=NAME, value="Eve")
    with pytest.raises(door.Refused):
        door.drop(thief, subject=ann, category=NAME)
    assert name_of(ann) == "Ann Canary"
    assert Entry.objects.using("audit").filter(verb="vault.value.refused", thing=nym_of(ann)).count() == 2


def test_their_own_they_do(ann: SubjectId) -> None:
    mine = make_act("customer", "account", own=ann)
    door.put(mine, subject=ann, category=NAME, value="Ann Fields")
    assert name_of(ann) == "Ann Fields"
    door.drop(mine, subject=ann, category=NAME)
    assert name_of(ann) == ""
