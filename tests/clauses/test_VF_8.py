"""VF-8: nothing goes to anybody outside without a permission for that very one, which can be taken back."""

from __future__ import annotations

import pytest

from tests.clauses import permitting
from tests.faces.client.conftest import Member

BRAND, CLAUSE = "vpsfast", "VF-8"


@pytest.fixture
def ann(db) -> Member:
    return Member(BRAND)


def test_VF_8_accepting_the_policy_permits_nobody(ann: Member) -> None:
    permitting.accepting_the_policy_permits_nobody(ann)


def test_VF_8_a_permission_is_a_choice_of_its_own_for_one_recipient_and_ends_at_once(ann: Member) -> None:
    permitting.a_permission_is_for_one_recipient_and_ends_at_once(ann, CLAUSE)


def test_VF_8_what_the_law_compels_is_no_matter_of_consent(ann: Member) -> None:
    permitting.what_the_law_compels_is_no_matter_of_consent(ann, CLAUSE)


def test_VF_8_a_permission_that_cannot_be_taken_back_would_be_noticed(ann: Member, monkeypatch) -> None:
    permitting.where_nothing_can_be_taken_back_the_permission_stands(ann, monkeypatch)
