"""An objection counts at once, reaches what it may reach, and is its owner's alone to make and to take back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connections

from hostkeep.audit.models import Entry
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PurposeId, SubjectId
from hostkeep.vault import objecting, objections
from hostkeep.vault.consenting import NotYours
from tests.conftest import make_act

OFFERS, BILLING = PurposeId("offers"), PurposeId("billing")


@pytest.fixture
def ann(db: None) -> SubjectId:
    return SubjectId(uuid4())


def by_owner(subject: SubjectId, brand: str = "vps6") -> Act:
    return make_act("customer", "rights", own=subject, brand=brand)


def said(subject: SubjectId) -> frozenset[str]:
    return objections.standing([subject]).get(subject, frozenset())


def test_an_objection_stands_once_and_until_it_is_taken_back(ann: SubjectId) -> None:
    first = objecting.object_to(by_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    again = objecting.object_to(by_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
    assert first.id == again.id
    assert said(ann) == {"offers"}

    objecting.take_back(by_owner(ann), subject=ann, purpose=OFFERS)
    assert said(ann) == frozenset()
    assert [row.ended_at is not None for row in objections.objections_of(by_owner(ann), subject=ann)] == [True]
    with pytest.raises(objecting.NoObjection):
        objecting.take_back(by_owner(ann), subject=ann, purpose=OFFERS)


def test_nobody_objects_to_what_the_contract_needs(ann: SubjectId) -> None:
    with pytest.raises(objecting.NothingToObject) as no:
        objecting.object_to(by_owner(ann), subject=ann, purpose=BILLING, how="client_area")
    assert no.value.clause == "V6-11"
    assert said(ann) == frozenset()


def test_a_restriction_is_for_all_and_only_where_the_policy_grants_it(ann: SubjectId) -> None:
    objecting.restrict(by_owner(ann), subject=ann, how="client_area")
    assert said(ann) == {""}
    with pytest.raises(objecting.NothingToObject):
        objecting.restrict(by_owner(ann, "vpsfast"), subject=ann, how="client_area")


@pytest.mark.parametrize("role", ["customer", "support", "system"])
def test_nobody_objects_for_another(ann: SubjectId, role: str) -> None:
    other = SubjectId(uuid4())
    act = make_act(role, "rights", own=other if role == "customer" else None)
    with pytest.raises(NotYours):
        objecting.object_to(act, subject=ann, purpose=OFFERS, how="client_area")
    assert said(ann) == frozenset()
    if role == "customer":
        assert objections.objections_of(act, subject=ann) == ()


def test_two_at_once_make_one(committed: str) -> None:
    ann = SubjectId(uuid4())

    def object_once(_n: int) -> str:
        try:
            done = objecting.object_to(by_owner(ann), subject=ann, purpose=OFFERS, how="client_area")
            return str(done.id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(object_once, range(4)))
    assert len(ids) == 1
    assert Entry.objects.filter(verb="vault.objection.made").count() >= 1
