"""What a program reads of an order whose payment was checked."""

from __future__ import annotations

import pytest

from hostkeep.flows import reviewing
from tests.faces.api.conftest import Program, key_for
from tests.flows.test_qualifying import Issuer, held_back, issuer, ordered, paid, staff
from tests.faces.client.conftest import Member

__all__ = ["issuer"]

pytestmark = pytest.mark.django_db(databases="__all__")


def review_of(order) -> str | None:
    program = Program("photonvps", key_for(order.member), order.member)
    return program.get(f"/orders/{order.check.order}").json()["review"]


def test_a_sound_order(issuer: Issuer) -> None:
    assert review_of(paid(ordered(Member("photonvps")))) == "passed"


@pytest.mark.parametrize(("decide", "said"), [(reviewing.let_through, "let_through"), (reviewing.refuse, "refused")])
def test_one_that_waits_and_what_a_person_said(issuer: Issuer, decide, said: str) -> None:
    order = held_back(issuer)
    assert review_of(order) == "waits"
    decide(staff(), check=order.check.id)
    assert review_of(order) == said


def test_one_that_nobody_checked(ann: Program) -> None:
    ann.puts()
    answer = ann.orders()
    assert answer.status_code == 201, answer.content
    assert ann.get(f"/orders/{answer.json()['order']}").json()["review"] is None
