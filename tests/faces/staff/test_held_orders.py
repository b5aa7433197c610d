"""Orders that were held back, in the back office: who sees them, what stands there, what a press does."""

from __future__ import annotations

import pytest

from hostkeep.billing.calls import gateways
from hostkeep.billing.queries.findings import waiting_for_a_person
from hostkeep.billing.queries.qualifying import check_of
from hostkeep.kernel.ids import BrandId
from hostkeep.provisioning.queries import services_billed_by
from hostkeep.runtime.models import Event
from tests.faces.services.conftest import Staff, staff
from tests.faces.shop.conftest import text
from tests.flows.test_qualifying import Issuer, Order, held_back, issuer, reviewed

__all__ = ["issuer", "staff"]

pytestmark = pytest.mark.django_db(databases="__all__")
LIST = "/staff/held-orders/"


def page_of(order: Order) -> str:
    return f"{LIST}photonvps/{order.check.id}/"


def test_the_list_says_why_it_waits_and_no_value(staff: Staff, issuer: Issuer) -> None:
    order = held_back(issuer)
    staff.signs_in("billing")
    listed, shown = text(staff.get(LIST)), text(staff.get(page_of(order)))
    for page in (listed, shown):
        assert "Paid from a country that this brand does not take" in page
        assert ">KP<" not in page
        assert "ann@example.test" not in page
    assert page_of(order) in listed
    assert waiting_for_a_person() == (0, 0, 1)
    assert "Ability to pay" in shown


@pytest.mark.parametrize("role", ["support", "sales", "engineer", "privacy"])
def test_who_does_not_look_after_money_decides_nothing(staff: Staff, issuer: Issuer, role: str) -> None:
    order = held_back(issuer)
    staff.signs_in(role)
    assert staff.get(LIST).status_code == 403
    assert staff.posts(staff.get("/staff/keys/"), page_of(order), do="let_through").status_code == 403
    assert order.check.waits


@pytest.mark.parametrize(("deed", "decision"), [("let_through", "let_through"), ("refuse", "refused")])
def test_a_press_is_a_decision_and_a_second_one_is_none(
    staff: Staff, issuer: Issuer, deed: str, decision: str
) -> None:
    order = held_back(issuer)
    staff.signs_in("owner")
    page = staff.get(page_of(order))
    assert f'name="do" value="{deed}"' in text(page)
    staff.posts(page, page_of(order), do=deed)
    again = staff.posts(page, page_of(order), do="refuse")
    assert order.check.decision == decision
    assert again.status_code == 409
    assert Event.objects.filter(kind="OrderReviewed").count() == 1
    assert f'name="do" value="{deed}"' not in text(staff.get(page_of(order)))


def test_a_word_that_is_none_decides_nothing(staff: Staff, issuer: Issuer) -> None:
    order = held_back(issuer)
    staff.signs_in("owner")
    assert staff.posts(staff.get(page_of(order)), page_of(order), do="something").status_code == 422
    assert order.check.waits


def test_the_customer_reads_that_a_person_looks_and_later_what_came_of_it(staff: Staff, issuer: Issuer) -> None:
    order = held_back(issuer)
    check = check_of(order.invoice)
    path = f"/account/orders/{check.order}/"
    assert "A person looks at your order." in text(order.member.get(path))
    service = services_billed_by(order.invoice)[0].id
    page = text(order.member.get(f"/account/services/{service}/"))
    assert "Waiting for a person" in page
    assert "Go to the invoice" not in page
    assert "Waiting for your payment" not in page

    staff.signs_in("owner")
    staff.posts(staff.get(page_of(order)), page_of(order), do="refuse")
    reviewed(order)
    assert "We could not take this order." in text(order.member.get(path))
    assert gateways.gateway_for("testpay", BrandId("photonvps")) is issuer
