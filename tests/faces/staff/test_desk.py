"""The back office: who gets in, what the desk counts, orders without persons, deliveries put back on their way."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import pytest
from django.test import Client

from hostkeep.audit.models import Entry
from hostkeep.faces.staff.access import ROOMS
from hostkeep.people.models import User
from hostkeep.runtime import outbox
from hostkeep.runtime.deeds import Statement
from hostkeep.runtime.models import Delivery, Event
from hostkeep.runtime.parked import parked_count
from hostkeep.shop.queries.orders import orders_of
from tests.conftest import NOON
from tests.faces.shop.conftest import HERE, text

PAGES = {"/staff/": "desk", "/staff/orders/": "orders", "/staff/parked/": "tasks"}
PERSONAL = ("Ann Fields", "+31201234567", "Keizersgracht", "1015 CJ", "ann@example.test")


def a_parked_delivery(handler: str = "flows.activation.on_invoice_paid") -> Delivery:
    body = {"invoice": str(uuid.uuid4()), "account": str(uuid.uuid4())}
    event = Event.objects.create(kind="InvoicePaid", body=body, brand="vps6", trace="t", at=NOON)
    return Delivery.objects.create(event=event, handler=handler, state="parked", attempts=8, last_code="ValueError")


@pytest.mark.parametrize("path", PAGES)
def test_a_visitor_is_sent_to_the_login(db, path: str) -> None:
    answer = Client().get(path, headers={"host": "localhost"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/auth/login/?next=%2Fstaff%2F")


@pytest.mark.parametrize("path", PAGES)
def test_staff_without_a_second_factor_stay_outside(db, path: str) -> None:
    client = Client()
    client.force_login(User.objects.create(brand="", staff_role="owner"))
    answer = client.get(path, headers={"host": "localhost", **HERE})
    assert answer.status_code == 403
    assert "second factor" in text(answer)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", ["owner", "support", "billing", "sales", "engineer", "abuse", "privacy", "clerk"])
def test_a_role_opens_its_rooms_and_no_other(staff, role: str, path: str) -> None:
    staff.signs_in(role)
    may = role in ROOMS[PAGES[path]]
    answer = staff.get(path)
    assert answer.status_code == (200 if may else 403)
    if may:
        assert answer["Cache-Control"] == "no-store"
        assert f'href="{path}" aria-current="page"' in text(answer)


def test_the_rail_shows_open_rooms_alone(staff) -> None:
    staff.signs_in("privacy")
    page = text(staff.get("/staff/"))
    assert 'href="/staff/"' in page
    for path in ("/staff/orders/", "/staff/payments/", "/staff/services/", "/staff/tasks/", "/staff/parked/"):
        assert path not in page


def test_a_brands_host_has_no_back_office(ann) -> None:
    for path in PAGES:
        assert ann.get(path).status_code == 404


def test_a_customers_login_is_none_of_staff(ann) -> None:
    client = Client()
    client.force_login(User.objects.get(pk=ann.user))
    assert client.get("/staff/", headers={"host": "localhost", **HERE}).status_code == 302


def test_the_desk_counts_and_names_nobody(staff, ordered) -> None:
    a_parked_delivery()
    staff.signs_in("owner")
    page = text(staff.get("/staff/"))
    for value in PERSONAL:
        assert value not in page
    assert "1 piece of work was given up and needs a person." in page
    assert "people.account.opened" in page or "shop.order.placed" in page or "vault.value" in page
    row = page.split('<a href="/staff/orders/?brand=vps6">')[1].split("</tr>")[0]
    assert row.count(">1<") == 3


def test_orders_are_listed_by_brand_without_a_person(staff, ordered) -> None:
    (order,) = orders_of(ordered.account.id)
    staff.signs_in("sales")
    for query, seen in (({}, True), ({"brand": "vps6"}, True), ({"brand": "vpn"}, False), ({"brand": "'x"}, True)):
        page = text(staff.get("/staff/orders/", **query))
        assert (order.number in page) == seen
        assert (ordered.account.number in page) == seen
        for value in PERSONAL:
            assert value not in page
    assert staff.get("/staff/orders/", page="99999").status_code == 302


def test_an_order_shows_its_parts_and_its_customer_as_a_number(staff, ordered) -> None:
    (order,) = orders_of(ordered.account.id)
    staff.signs_in("support")
    page = text(staff.get(f"/staff/orders/{order.id}/"))
    for value in PERSONAL:
        assert value not in page
    assert ordered.account.number in page
    assert "Postal address" in page
    assert "••••••••" in page
    assert "/staff/services/" in page
    assert "shop.order.placed" in page
    opened = Entry.objects.using("audit").filter(verb="vault.value.revealed", role="support")
    assert not opened.exists()
    assert staff.get(f"/staff/orders/{uuid.uuid4()}/").status_code == 404


def test_a_parked_delivery_is_shown_and_put_back_once(staff, db) -> None:
    deferred: list[tuple[str, int]] = []
    before = list(outbox._carry)

    def carry(by_job: Sequence[Sequence[str]], seconds: int) -> Statement:
        deferred.extend((delivery, seconds) for deliveries in by_job for delivery in deliveries)
        return "SELECT 1", []

    outbox.carry_with(carry)
    try:
        delivery = a_parked_delivery()
        staff.signs_in("engineer")
        page = staff.get("/staff/parked/")
        assert "flows.activation.on_invoice_paid" in text(page)
        path = f"/staff/parked/{delivery.id}/retry/"
        assert staff.posts(page, path).status_code == 302
        assert deferred == [(str(delivery.id), 0)]
        delivery.refresh_from_db()
        assert (delivery.state, delivery.attempts, parked_count()) == ("waiting", 0, 0)
        assert Entry.objects.get(verb="runtime.delivery.retried").thing == delivery.id
        assert staff.posts(page, path).status_code == 409
        assert len(deferred) == 1
        assert "Nothing is parked" in text(staff.get("/staff/parked/"))
    finally:
        outbox._carry[:] = before


def test_a_role_without_the_room_puts_nothing_back(staff, db) -> None:
    delivery = a_parked_delivery()
    staff.signs_in("billing")
    page = staff.get("/staff/payments/bank-file/")
    answer = staff.posts(page, f"/staff/parked/{delivery.id}/retry/")
    assert answer.status_code == 403
    assert "Your role does not open this page." in text(answer)
    delivery.refresh_from_db()
    assert delivery.state == "parked"


def test_the_desk_asks_the_database_within_its_budget(staff, ordered, django_assert_max_num_queries) -> None:
    (order,) = orders_of(ordered.account.id)
    staff.signs_in("owner")
    for path, most in (("/staff/", 22), ("/staff/orders/", 28), (f"/staff/orders/{order.id}/", 38)):
        staff.get(path)
        with django_assert_max_num_queries(most):
            staff.get(path)
