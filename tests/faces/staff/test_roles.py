"""Every page of the back office as each role: what it links opens, what it does not own is refused in plain words."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.http import HttpResponse

from hostkeep.faces.staff.access import ROOMS
from hostkeep.faces.staff.urls import urlpatterns
from hostkeep.flows import disputing
from hostkeep.people.closings import disputes_of
from hostkeep.provisioning.queries import services_of
from hostkeep.shop.queries.orders import orders_of
from tests.faces.client.conftest import Member
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import Browser, text
from tests.faces.staff.test_staff_keys import proves
from tests.flows.leaving import Leaver

pytestmark = pytest.mark.django_db(databases="__all__")

ROLES = sorted(frozenset().union(*ROOMS.values()))
ROOM_OF = {
    "staff_desk": "desk", "staff_orders": "orders", "staff_order": "orders", "staff_parked": "tasks",
    "staff_parked_retry": "tasks", "staff_call_retry": "tasks", "staff_renewal_retry": "tasks", "staff_account_close": "accounts", "staff_dispute": "disputes",
    "staff_disputes": "disputes",
    "staff_dunning": "billing", "staff_dunning_told": "billing", "staff_dunning_again": "billing",
    "staff_dunning_lift": "billing", "staff_account_outlook": "billing", "staff_account_spare": "billing",
    "staff_statement": "payments", "staff_statement_csv": "payments", "staff_statement_pdf": "payments", "staff_document_send": "payments", "staff_document_revoke": "payments",
    "staff_account_credit": "payments", "staff_document_list": "payments", "staff_documents": "payments", "staff_invoice_by_hand": "payments", "staff_document": "payments",
    "staff_document_pdf": "payments", "staff_document_register": "payments", "staff_document_xml": "payments", "staff_credit": "payments",
    "staff_debit": "payments", "staff_service_use": "billing", "staff_service_add_ons": "billing", "staff_service_subscription": "billing", "staff_payouts": "payments", "staff_payouts_ask": "payments", "staff_held_orders": "payments", "staff_held_order": "payments",
    "staff_prices": "billing", "staff_price_new": "billing", "staff_price_count": "billing", "staff_price_withdraw": "billing",
}  # fmt: skip
"""Rooms of addresses whose path does not say them."""


def room_of(name: str, route: str) -> str:
    return ROOM_OF.get(name) or route.split("/")[0]


def filled(route: str, ids: dict[str, str]) -> str:
    """An address with real handles in its places."""
    def place(found: re.Match) -> str:
        kind, _, name = found[1].rpartition(":")
        return ids.get(name) or (str(uuid4()) if kind == "uuid" else "vps6" if kind in {"slug", "str"} else "1")

    return "/staff/" + re.sub(r"<([^>]+)>", place, route)


@pytest.fixture
def world(ordered: Member) -> dict[str, str]:
    """An order, a service and a dispute, by the names that addresses call them."""
    eve = Leaver("vpsfast", "eve")
    eve.closes()
    disputing.bring(eve.act("rights"), of=eve.account, text="It is not mine.", how="link", once=uuid4())
    order = orders_of(ordered.account.id, first=1)[0]
    services = services_of(ordered.account.id)
    return {
        "order_id": str(order.id),
        "account_id": str(ordered.account.id),
        "wanted": str(ordered.account.id),
        "service": str(services[0].id) if services else "",
        "service_id": str(services[0].id) if services else "",
        "dispute": str(disputes_of(eve.account_id)[0].id),
    }


def refused_plainly(answer: HttpResponse) -> bool:
    return answer.status_code == 403 and "Your role does not open this page." in text(answer)


@pytest.mark.parametrize("role", ROLES)
def test_every_address_opens_for_its_roles_alone(staff: Staff, world: dict[str, str], role: str) -> None:
    staff.signs_in(role)
    for pattern in urlpatterns:
        route = str(pattern.pattern)
        ids = {**world, "wanted": world["dispute"]} if route.startswith("disputes/") else world
        path, mine = filled(route, ids), role in ROOMS[room_of(pattern.name, route)]
        looked, sent = staff.get(path), staff.posts(staff.get("/staff/keys/"), path)
        if looked.status_code != 405:
            assert refused_plainly(looked) == (not mine), (role, path, looked.status_code)
            assert mine or 'class="btn is-main" href="/staff/"' in text(looked), "a way back that the host has"
        assert max(looked.status_code, sent.status_code) < 500, (role, path)
        assert mine or sent.status_code in {403, 405}, (role, path, sent.status_code)


@pytest.mark.parametrize("role", ROLES)
def test_no_page_links_what_its_reader_may_not_open(staff: Staff, world: dict[str, str], role: str) -> None:
    staff.signs_in(role)
    proves(staff)
    met: set[str] = set()
    ahead = ["/staff/", f"/staff/people/{world['account_id']}/"]
    ahead = ahead if role in ROOMS["people"] else ahead[:1]
    while ahead:
        path = ahead.pop()
        if path in met:
            continue
        met.add(path)
        answer = staff.get(path)
        assert answer.status_code == 200, (role, path, answer.status_code)
        if not answer["Content-Type"].startswith("text/html"):
            continue  # a file that is fetched: what it holds is opened at the door
        page = text(answer)
        for value in ("Ann Fields", "ann@example.test", "+31201234567", "Keizersgracht", "It is not mine."):
            assert value not in page, (role, path, "a value stands there unasked")
        links = re.findall(r'href="(/[^"#]*)', page)
        foreign = [link for link in links if link.startswith(("/privacy/", "/account/", "/contact/"))]
        assert not foreign, (role, path, "the operator's host has no such page")
        ahead += [link for link in links if link.startswith("/staff/")]
    assert len(met) >= (2 if role == "clerk" else 5), met


@pytest.mark.parametrize("role", ["billing", "privacy"])
def test_the_rail_names_the_rooms_of_the_role_and_no_other(staff: Staff, role: str) -> None:
    staff.signs_in(role)
    rail = text(staff.get("/staff/")).split('class="rail', 1)[1].split("</nav>")[0]
    for room in ("orders", "people", "payments", "services", "tasks", "disputes", "policies", "promises"):
        assert (f'href="/staff/{room}/"' in rail) == (role in ROOMS[room]), room


def test_billing_and_privacy_read_a_dispute_and_support_does_not(staff: Staff, world: dict[str, str]) -> None:
    at = f"/staff/disputes/{world['dispute']}/"
    for role in ("billing", "privacy"):
        staff.signs_in(role)
        assert "It is not mine." in text(staff.posts(staff.get(at), at, reason="to answer it"))
    staff.signs_in("support")
    answer = staff.posts(staff.get("/staff/keys/"), at, reason="to answer it")
    assert refused_plainly(answer) and "It is not mine." not in text(answer)


def test_a_login_leads_staff_to_the_back_office_and_customers_to_their_account(staff: Staff) -> None:
    staff.signs_in("support")
    assert staff.get("/auth/login/")["Location"] == "/staff/"
    customer = Browser("vpn")
    customer.signs_in()
    assert customer.get("/auth/login/")["Location"] == "/account/"
