"""What a customer sees of a service, and who else does not."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from hostkeep.audit.models import Entry
from hostkeep.flows import clerk
from hostkeep.provisioning import queries
from hostkeep.provisioning.actions.asking import close_service, queue_action
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import Verb
from tests.faces.services.conftest import Customer, a_customer
from tests.faces.shop.conftest import Browser, text

pytestmark = pytest.mark.django_db(databases="__all__")
VIEWS = ("", "access/wireguard.conf/", "access/wireguard.conf/file/", "access/wireguard.conf/renew/")


def revealed() -> int:
    return Entry.objects.using("audit").filter(verb="vault.value.revealed").count()


def test_an_empty_list_says_what_will_stand_there(customer: Customer) -> None:
    assert "No services yet" in text(customer.browser.get("/account/services/"))


def test_the_list_shows_state_and_address(customer: Customer) -> None:
    service = customer.room.builds("wireguard")
    page = text(customer.browser.get("/account/services/"))
    assert f"/account/services/{service}/" in page
    assert "Active" in page
    assert "10.77.0.2" in page


def test_a_building_is_followed_step_by_step_without_scripts(customer: Customer) -> None:
    service = customer.room.orders("wireguard")
    unpaid = text(customer.page(service))
    assert "Waiting for your payment" in unpaid
    assert "http-equiv" not in unpaid

    customer.room.pays(service)
    building = text(customer.page(service))
    assert "Building your service" in building
    assert f'<meta http-equiv="refresh" content="5; url=/account/services/{service}/">' in building
    assert '<progress value="2" max="5"' in building
    assert building.count('class="is-done"') == 2

    customer.room.works()
    running = text(customer.page(service))
    assert "Your devices" in running
    assert "http-equiv" not in running


def test_a_failure_is_told_in_plain_words(customer: Customer) -> None:
    customer.room.drivers["fake"].tricks = ["refuse"]
    service = customer.room.builds("fake")
    page = text(customer.page(service))
    assert "There is no free place at the moment." in page
    assert "capacity.full" not in page
    assert "http-equiv" not in page


def test_the_configuration_is_shown_with_a_qr_code_and_saved_as_a_file(customer: Customer) -> None:
    service = customer.room.builds("wireguard")
    closed = customer.page(service)
    assert "PrivateKey" not in text(closed)
    before = revealed()

    opened = customer.shows(service, "wireguard.conf")
    assert opened.status_code == 200
    assert opened["Cache-Control"] == "no-store"
    assert 'class="qr"' in text(opened)
    shown = re.search(r'<pre class="code" id="plain" tabindex="0">(.*?)</pre>', text(opened), re.S)
    assert shown
    assert shown.group(1).strip() == customer.room.secret(service, "wireguard.conf").strip()

    saved = customer.saves(service, "wireguard.conf")
    assert saved["Cache-Control"] == "no-store"
    assert saved["Content-Disposition"] == 'attachment; filename="vpn-1.conf"'
    assert saved.content.decode().strip() == shown.group(1).strip()
    assert revealed() == before + 3, "each look is recorded"


def test_five_devices_have_five_configurations(customer: Customer) -> None:
    service = customer.room.builds("wireguard", spec={"devices": "5"})
    names = re.findall(r'access/(wireguard[^/]*)/"', text(customer.page(service)))
    assert names == ["wireguard.conf", *(f"wireguard-{n}.conf" for n in range(2, 6))]
    texts = {customer.saves(service, name).content for name in names}
    assert len(texts) == 5


def test_a_new_key_replaces_the_old_one_and_a_second_click_changes_nothing(customer: Customer) -> None:
    service = customer.room.builds("wireguard")
    old = customer.room.secret(service, "wireguard.conf")
    page = customer.page(service)
    path = f"/account/services/{service}/access/wireguard.conf/renew/"
    assert customer.browser.sends(page, path).status_code == 302
    assert customer.browser.sends(page, path).status_code == 302
    customer.room.later(seconds=60)
    customer.room.works()

    new = customer.room.secret(service, "wireguard.conf")
    assert new not in {None, old}
    assert [row.verb for row in queries.work_of(service)] == [Verb.RENEW, Verb.CREATE]


@pytest.mark.parametrize("view", VIEWS)
def test_another_customers_service_does_not_exist(customer: Customer, view: str) -> None:
    service = customer.room.builds("wireguard")
    other = a_customer(customer.room)
    before = revealed()
    path = f"/account/services/{service}/{view}"
    mine = other.browser.get("/account/services/")
    token = text(mine).partition('name="form_token" value="')[2].partition('"')[0]
    answer = other.browser.post(path, form_token=token) if view else other.browser.get(path)

    assert answer.status_code in {403, 404}
    assert "PrivateKey" not in text(answer)
    assert revealed() == before
    assert len(queries.work_of(service)) == 1
    if not view:
        assert answer.status_code == 404


@pytest.mark.parametrize("view", VIEWS)
def test_a_visitor_is_sent_to_the_login(customer: Customer, view: str) -> None:
    service = customer.room.builds("wireguard")
    visitor = Browser("vpn")
    path = f"/account/services/{service}/{view}"
    answer = visitor.post(path) if view else visitor.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/auth/login/")


@pytest.mark.parametrize("view", VIEWS[1:])
def test_a_look_changes_nothing(customer: Customer, view: str) -> None:
    service = customer.room.builds("wireguard")
    assert customer.browser.get(f"/account/services/{service}/{view}").status_code == 405


def test_a_post_without_the_sessions_token_is_refused(customer: Customer) -> None:
    service = customer.room.builds("wireguard")
    before = revealed()
    answer = customer.browser.post(f"/account/services/{service}/access/wireguard.conf/")
    assert answer.status_code == 403
    assert revealed() == before


@pytest.mark.parametrize("name", ["access", "wireguard-9.conf", "..", "x" * 300])
def test_a_secret_that_is_not_there_is_not_found(customer: Customer, name: str) -> None:
    service = customer.room.builds("wireguard")
    page = customer.page(service)
    known = f"/account/services/{service}/access/wireguard.conf/"
    token = re.search(r'name="form_token" value="([^"]+)"', text(page))
    assert token
    answer = customer.browser.post(known.replace("wireguard.conf", name), form_token=token.group(1))
    assert answer.status_code == 404


def test_an_unknown_service_is_not_found(customer: Customer) -> None:
    assert customer.page(uuid4()).status_code == 404


def test_a_machine_that_a_demo_clerk_filled_in_says_so(customer: Customer) -> None:
    service = customer.room.builds("manual", spec={"cpu": "2", "memory_mb": "2048", "disk_gb": "50"})
    waiting = text(customer.page(service))
    assert "a member of our staff does it" in waiting
    customer.room.later(seconds=3)
    clerk.fill_open_tasks(customer.room.act)

    page = text(customer.page(service))
    assert "a demo clerk, a program, filled in" in page
    assert "192.0.2.1" in page
    assert "ssh root@192.0.2.1" in page
    assert "2 cores" in page
    assert "2 GB" in page
    secret = customer.room.secret(service)
    assert secret
    assert secret not in page
    assert secret in text(customer.shows(service, "access"))


def test_suspended_and_ended_services_say_so(customer: Customer) -> None:
    service = customer.room.builds("wireguard")
    queue_action(customer.room.act, service=service, verb=Verb.SUSPEND, once="s")
    customer.room.works()
    assert "This tunnel is stopped." in text(customer.page(service))
    close_service(customer.room.act, service=service)
    assert "This tunnel is being ended." in text(customer.page(service))
    customer.room.works()
    page = text(customer.page(service))
    assert queries.service(service).state is State.CLOSED
    assert "This service has ended" in page
    assert "10.77.0.2" not in page


def test_the_pages_speak_vietnamese(customer: Customer) -> None:
    service = customer.room.builds("wireguard")
    page = text(customer.browser.get(f"/account/services/{service}/", lang="vi"))
    assert 'lang="vi"' in page
    assert "Your devices" not in page


@pytest.mark.parametrize("path", ["services/not-a-uuid/", "services/00000000-0000-0000-0000-00000000000g/"])
def test_an_address_that_is_none_is_not_found(customer: Customer, path: str) -> None:
    assert customer.browser.get(f"/account/{path}").status_code == 404
