"""VPN-1: what is given to get and use the service is seen by our own staff alone and serves the service alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId
from hostkeep.messaging.errors import NoSuchStream
from hostkeep.people.models import User
from hostkeep.runtime import clock
from hostkeep.vault import door
from tests.clauses.asking import EMAIL, asks, refusal_on_record
from tests.clauses.mails import queued
from tests.faces.api.conftest import Program, key_for
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import HERE
from tests.rooms.brands.announcements import announce, changed

BRAND = BrandId("vpn")
ROLES = ("visitor", "customer", "system", "support", "billing", "engineer", "abuse", "privacy", "owner", "clerk")
YEAR = timedelta(days=365)
FOREIGN = ("marketing", "statistics", "offers", "newsletter", "product_news", "improvement")


@pytest.mark.parametrize("purpose", FOREIGN)
@pytest.mark.parametrize("role", ROLES)
def test_VPN_1_no_role_reads_the_address_for_marketing_or_statistics(scene, role: str, purpose: str) -> None:
    with pytest.raises(door.Refused) as no:
        asks(scene(BRAND), purpose, role)

    assert no.value.clause == "VPN-1"


def test_VPN_1_no_such_purpose_is_in_the_policy_and_the_refusal_is_on_record(scene) -> None:
    assert not set(FOREIGN) & set(policy_in_force(BRAND, clock.now()).purposes)

    with pytest.raises(door.Refused):
        asks(scene(BRAND), "statistics", "owner", trace="vpn1-log")

    assert refusal_on_record("vpn1-log") == ("email", "statistics", "VPN-1")


def test_VPN_1_the_service_itself_may_read_it(scene) -> None:
    asks(scene(BRAND), "service", "system")


def test_VPN_1_a_policy_that_lets_statistics_in_would_be_noticed(db, scene) -> None:
    wider = changed(
        BRAND,
        ("purposes:\n", "purposes:\n  statistics: legitimate_interest\n"),
        ("  allow:\n", "  allow:\n  - {categories: [email], purposes: [statistics], roles: [system]}\n"),
    )
    announce(BRAND, wider)

    found = {purpose for c, purpose, _ in policy_in_force(BRAND, clock.now() + YEAR).table if c == EMAIL}
    assert "statistics" in found


def test_VPN_1_another_customers_key_and_another_brands_read_nothing(db) -> None:
    ann, eve, elsewhere = Member(BRAND), Member(BRAND, "eve"), Member("vps6", "ann")
    for who in (eve, elsewhere):
        seen = Program(BRAND, key_for(who), who).get("/account")
        assert ann.email not in seen.content.decode()
        assert ann.account.number not in seen.content.decode()
    assert Program(BRAND, key_for(elsewhere), elsewhere).get("/account").status_code == 401
    assert Program(BRAND, "hk_000000000000_plugin").get("/account").status_code == 401


def test_VPN_1_staff_without_a_role_see_nothing(db) -> None:
    ann = Member(BRAND)
    nobody = Client()
    nobody.force_login(User.objects.create(brand="", staff_role=""))

    for path in ("/staff/", "/staff/orders/", "/staff/services/"):
        answer = nobody.get(path, headers={"host": "localhost", **HERE})
        assert answer.status_code in {302, 403}, path
        assert ann.email not in answer.content.decode()


@pytest.mark.parametrize("stream", ["newsletter", "offers", "announcements", "product_news"])
def test_VPN_1_no_newsletter_exists(db, stream: str) -> None:
    with pytest.raises(NoSuchStream) as no:
        queued(Member(BRAND), stream)

    assert no.value.clause == "VPN-1"
