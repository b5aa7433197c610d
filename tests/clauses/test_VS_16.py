"""VS-16: what crosses the Internet is encrypted; whoever reads what lies here passes several layers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from hostkeep.drivers.mail import Later, Taken
from hostkeep.faces.staff import access
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId
from hostkeep.people.models import User
from hostkeep.project import wiring
from hostkeep.vault import door
from tests.drivers.test_smtp import LETTER, Inbox, listening, mailer, tls
from tests.faces.client.conftest import Member
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import HERE

__all__ = ["tls"]

BRAND = BrandId("vietnam-server")
ROOMS = ("/staff/", "/staff/orders/", "/staff/services/", "/staff/payments/")


@pytest.fixture
def staff(db) -> Staff:
    return Staff()


def with_a_password_alone() -> Client:
    """An owner who gave the password and has no second factor."""
    browser = Client()
    browser.force_login(User.objects.create(brand="", staff_role="owner"))
    return browser


def opens(browser: Client, path: str) -> bool:
    return browser.get(path, headers={"host": "localhost", **HERE}).status_code == 200


def test_VS_16_a_mail_host_without_encryption_receives_nothing_and_the_letter_waits() -> None:
    inbox = Inbox()
    with listening(inbox) as target:
        assert mailer(target, starttls="required").hand_over(LETTER) == Later("no_tls")

    assert inbox.kept == []


def test_VS_16_one_with_encryption_gets_it(tls) -> None:
    inbox = Inbox()
    with listening(inbox, tls) as target:
        answer = mailer(target, starttls="required", ca=str(tls / "certificate.pem")).hand_over(LETTER)

    assert isinstance(answer, Taken)
    assert [kept[3] for kept in inbox.kept] == [True]


def test_VS_16_this_shops_mail_leaves_no_other_way() -> None:
    assert wiring._mailer(BRAND)._config.starttls == "required"


def test_VS_16_a_mailer_that_does_without_would_be_noticed() -> None:
    inbox = Inbox()
    with listening(inbox) as target:
        mailer(target, starttls="offered").hand_over(LETTER)

    assert inbox.kept != []


@pytest.mark.parametrize("path", ROOMS)
def test_VS_16_staff_without_the_second_factor_stay_outside(db, path: str) -> None:
    assert not opens(with_a_password_alone(), path)


@pytest.mark.parametrize("path", ROOMS)
def test_VS_16_staff_with_it_get_in_and_another_role_does_not(staff: Staff, path: str) -> None:
    staff.signs_in("owner")
    assert staff.get(path).status_code == 200

    other = Staff()
    other.signs_in("privacy")
    assert (other.get(path).status_code == 200) == (path == "/staff/")


def test_VS_16_a_back_office_that_forgets_the_second_factor_would_be_noticed(db, monkeypatch) -> None:
    monkeypatch.setattr(access, "has_second_factor", lambda _: True)

    assert opens(with_a_password_alone(), "/staff/")


def test_VS_16_a_customers_session_opens_no_room_of_the_back_office(db) -> None:
    ann = Member(BRAND)

    assert not opens(ann.client, "/staff/")
    assert ann.get("/staff/").status_code == 404


@pytest.mark.parametrize("role", ["support", "billing", "owner"])
def test_VS_16_behind_the_pages_the_door_asks_again_and_wants_a_reason(scene, role: str) -> None:
    there = scene(BRAND)
    act = replace(there.act, role=role, purpose=PurposeId("account"))

    with pytest.raises(door.Refused):
        door.reveal(act, subject=there.canary.subject, category=CategoryId("phone"))
    asked = door.reveal(act, subject=there.canary.subject, category=CategoryId("phone"), reason="they rang")
    assert asked is not None


def test_VS_16_behind_the_door_the_database_itself_refuses(db) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM vault.vault_item")
