"""Keys of staff: their role at one brand, after the lock once more."""

from __future__ import annotations

import time

import pytest
from django.http import HttpResponse

from hostkeep.kernel.ids import BrandId
from hostkeep.people.models import User
from hostkeep.people.queries import key_of_text
from hostkeep.runtime import clock
from tests.faces.client.test_keys_page import key_on
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import text

HERE = "/staff/keys/"


def proves(staff: Staff) -> None:
    """As if the second factor had just been given anew."""
    session = staff.client.session
    user = session["_auth_user_id"]
    session["account_authentication_methods"] = [{"method": "mfa", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = user
    session.save()


def makes(staff: Staff, **values: object) -> HttpResponse:
    sent = {"scope": ["policy:announce"], "life": "90", "shop": "vps6", **values}
    return staff.posts(staff.get(HERE), f"{HERE}make/", **sent)


@pytest.mark.parametrize("role", ["owner", "privacy"])
def test_a_staff_key_carries_the_role_at_one_brand(staff: Staff, role: str) -> None:
    staff.signs_in(role)
    proves(staff)

    key = key_on(makes(staff))

    row = key_of_text(BrandId("vps6"), key, clock.now())
    assert row is not None and (row.role, row.account, row.scopes) == (role, None, {"policy:announce"})
    assert key_of_text(BrandId("vpn"), key, clock.now()) is None
    assert key not in text(staff.get(HERE)) and row.prefix in text(staff.get(HERE))


def test_without_the_lock_given_anew_there_is_no_key(staff: Staff) -> None:
    staff.signs_in("owner")
    answer = makes(staff)
    assert answer.status_code == 302 and not key_on(answer)


def test_support_is_offered_no_announcing_and_cannot_ask_for_it(staff: Staff) -> None:
    staff.signs_in("support")
    proves(staff)
    assert "policy:announce" not in text(staff.get(HERE))
    answer = makes(staff)
    assert answer.status_code == 422 and not key_on(answer)


def test_a_key_is_ended(staff: Staff) -> None:
    staff.signs_in("owner")
    proves(staff)
    key = key_on(makes(staff))
    staff.posts(staff.get(HERE), f"{HERE}end/")
    assert key_of_text(BrandId("vps6"), key, clock.now()) is None


def test_a_customer_sees_no_such_page(staff: Staff) -> None:
    staff.client.force_login(User.objects.create(brand=""))
    assert staff.get(HERE).status_code == 302
