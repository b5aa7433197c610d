"""What staff see of services and do by hand; never what opens a service."""

from __future__ import annotations

import pytest

from hostkeep.audit.models import Entry
from hostkeep.provisioning import queries
from hostkeep.provisioning.models import Task
from hostkeep.provisioning.rules.lifecycle import State
from tests.faces.services.conftest import Customer, Staff
from tests.faces.shop.conftest import text
from tests.told import told

pytestmark = pytest.mark.django_db(databases="__all__")


def test_services_are_listed_by_state_and_brand(customer: Customer, staff: Staff) -> None:
    running, waiting = customer.room.builds("wireguard"), customer.room.orders("wireguard")
    staff.signs_in("engineer")
    everything = text(staff.get("/staff/services/"))
    assert str(running) in everything
    assert str(waiting) in everything
    ordered = text(staff.get("/staff/services/", state="ordered", brand="vpn"))
    assert str(running) not in ordered
    assert str(waiting) in ordered
    assert str(waiting) not in text(staff.get("/staff/services/", brand="vps6"))
    assert staff.get("/staff/services/", state="nonsense", brand="'; --", page="99999").status_code == 200


def test_no_page_of_staff_opens_a_secret(customer: Customer, staff: Staff) -> None:
    service = customer.room.builds("wireguard")
    private = customer.room.secret(service, "wireguard.conf").split("PrivateKey = ")[1].split("\n")[0]
    staff.signs_in("owner")
    for path in ("/staff/services/", f"/staff/services/{service}/", "/staff/tasks/"):
        page = text(staff.get(path))
        assert private not in page
        assert "ann@example.test" not in page


def test_a_task_is_done_with_access_data_that_only_the_customer_can_read(customer: Customer, staff: Staff) -> None:
    service = customer.room.builds("manual")
    task = queries.open_tasks()[0].id
    staff.signs_in("engineer")
    assert f"/staff/tasks/{task}/" in text(staff.get("/staff/tasks/"))

    page = staff.get(f"/staff/tasks/{task}/")
    typed = {"address": "192.0.2.44", "login_name": "root", "secret": "tr0ub4dor"}
    assert staff.posts(page, f"/staff/tasks/{task}/", **typed).status_code == 302

    row = queries.service(service)
    assert row.state is State.ACTIVE
    assert told(row).facts == {"address": "192.0.2.44", "login": "root"}
    assert customer.room.secret(service) == "tr0ub4dor"
    assert Task.objects.get(id=task).done_role == "engineer"
    assert Entry.objects.filter(verb="provisioning.task.completed").count() == 1
    assert "tr0ub4dor" not in text(staff.get(f"/staff/services/{service}/"))
    assert "This task is closed." in text(staff.get(f"/staff/tasks/{task}/"))
    assert staff.posts(page, f"/staff/tasks/{task}/", **typed).status_code == 409


@pytest.mark.parametrize(
    "typed",
    [
        {"address": "not an address"},
        {"login_name": "ann@example.test"},
        {"secret": "x" * 5000},
        {"address": "1" * 300},
    ],
)
def test_what_cannot_be_right_is_sent_back_and_changes_nothing(
    customer: Customer, staff: Staff, typed: dict[str, str]
) -> None:
    service = customer.room.builds("manual")
    task = queries.open_tasks()[0].id
    staff.signs_in("support")
    page = staff.get(f"/staff/tasks/{task}/")
    answer = staff.posts(page, f"/staff/tasks/{task}/", **typed)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in text(answer)
    assert queries.service(service).state is State.BUILDING
    assert queries.open_tasks()


def test_what_was_given_up_is_shown_and_tried_again(customer: Customer, staff: Staff) -> None:
    customer.room.drivers["fake"].tricks = ["refuse"]
    service = customer.room.builds("fake")
    staff.signs_in("engineer")
    page = staff.get("/staff/tasks/")
    assert "The server is full." in text(page)
    action = queries.parked_work()[0].id
    assert staff.posts(page, f"/staff/tasks/retry/{action}/").status_code == 302
    customer.room.later(seconds=5)
    customer.room.works()
    assert queries.service(service).state is State.ACTIVE
    assert staff.posts(page, f"/staff/tasks/retry/{action}/").status_code == 409


@pytest.mark.parametrize("role", ["billing", "sales", "privacy"])
def test_other_roles_are_kept_out(customer: Customer, staff: Staff, role: str) -> None:
    service = customer.room.builds("manual")
    task = queries.open_tasks()[0].id
    staff.signs_in(role)
    page = staff.get("/staff/")
    for path in ("/staff/services/", f"/staff/services/{service}/", "/staff/tasks/", f"/staff/tasks/{task}/"):
        assert staff.get(path).status_code == 403
    assert staff.posts(page, f"/staff/tasks/{task}/", secret="x").status_code == 403
    assert queries.service(service).state is State.BUILDING


def test_visitors_and_customers_are_kept_out(customer: Customer, staff: Staff) -> None:
    task = "/staff/tasks/"
    assert staff.get(task).status_code == 302
    assert customer.browser.get(task).status_code == 404


def test_an_unknown_service_or_task_is_not_found(staff: Staff, db: None) -> None:
    staff.signs_in("owner")
    nobody = "00000000-0000-0000-0000-000000000000"
    assert staff.get(f"/staff/services/{nobody}/").status_code == 404
    assert staff.get(f"/staff/tasks/{nobody}/").status_code == 404
