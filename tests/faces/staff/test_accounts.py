"""The company closes an account: with the right, the second look, and a reason that its owner is told."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse

from hostkeep.brands.queries import policy_in_force
from hostkeep.faces.client.closed import closed_path
from hostkeep.kernel.ids import OPERATOR, BrandId
from hostkeep.messaging import links
from hostkeep.messaging.calls import handing
from hostkeep.people.closings import closing_of
from hostkeep.people.models import User
from hostkeep.people.queries import canary_of_brand
from hostkeep.promises.canaries import canary_of
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.client.conftest import PASSWORD
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import text
from tests.flows.leaving import Leaver, carries
from tests.flows.test_mailing import FakeMailer

pytestmark = pytest.mark.django_db

AGAIN = "/auth/reauthenticate/"


@pytest.fixture(autouse=True)
def mailer(monkeypatch) -> Iterator[FakeMailer]:
    fake = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: fake])
    monkeypatch.setattr(links, "_makers", {"account/closed": closed_path})
    return fake


def path_of(who: Leaver) -> str:
    return f"/staff/accounts/{who.account_id}/close/"


def proves(staff: Staff) -> None:
    """The member of staff gives their password once more."""
    login = User.objects.exclude(staff_role="").get()
    login.set_password(PASSWORD)
    login.save()
    with running_brand.during(OPERATOR):
        EmailAddress.objects.create(user=login, email="staff@hostkeep.test", verified=True, primary=True)
        staff.client.force_login(login)
    page = staff.get(AGAIN)
    assert staff.posts(page, AGAIN, password=PASSWORD).status_code == 302


def closes(staff: Staff, who: Leaver, why: str = "breach") -> HttpResponse:
    return staff.posts(staff.get(path_of(who)), path_of(who), why=why)


def test_staff_close_an_account_with_a_reason_and_its_owner_is_told(staff: Staff, mailer) -> None:
    ann = Leaver("vps6")
    staff.signs_in("owner")
    proves(staff)
    page = staff.get(path_of(ann))
    assert "V6-14" in text(page) and ann.email not in text(page)

    assert closes(staff, ann).status_code == 302

    assert ann.state == "deactivated"
    row = closing_of(ann.account_id)
    assert (row.by, row.why) == ("staff", "breach")
    carries("vps6")
    told = mailer.read().get_body(("plain",)).get_content()
    assert "VPS6 closed your account." in told and "The terms were broken." in told
    assert "Closed by the company" in text(staff.get(path_of(ann)))


def test_it_asks_for_the_password_first(staff: Staff) -> None:
    ann = Leaver("vps6")
    staff.signs_in("owner")
    answer = closes(staff, ann)
    assert answer.headers["Location"].startswith("/auth/reauthenticate/")
    assert ann.state == "open"


@pytest.mark.parametrize("why", ["", "because", "asked me to"])
def test_without_one_of_the_reasons_nothing_is_closed(staff: Staff, why) -> None:
    ann = Leaver("vps6")
    staff.signs_in("owner")
    proves(staff)
    assert closes(staff, ann, why).status_code == 422
    assert ann.state == "open"


@pytest.mark.parametrize("role", ["engineer", "sales", "clerk", "privacy"])
def test_a_role_without_the_right_closes_nothing(staff: Staff, role) -> None:
    ann = Leaver("vps6")
    staff.signs_in(role)
    proves(staff)
    assert staff.get(path_of(ann)).status_code == 403
    assert closes(staff, ann).status_code == 403
    assert ann.state == "open"


def test_a_customer_and_a_visitor_find_no_such_page(staff: Staff) -> None:
    ann = Leaver("vps6")
    assert ann.get(path_of(ann)).status_code == 404
    assert staff.get(path_of(ann)).headers["Location"].startswith("/auth/login/")


def test_an_account_that_is_not_there_and_a_canary_answer_alike(staff: Staff) -> None:
    staff.signs_in("owner")
    policy = policy_in_force(BrandId("vps6"), clock.now())
    canary = canary_of(make_act("system", "account", brand="vps6", at=clock.now()), policy)
    assert canary_of_brand(BrandId("vps6")) is not None
    met = [staff.get(f"/staff/accounts/{handle}/close/") for handle in (uuid4(), canary.account)]
    assert [each.status_code for each in met] == [404, 404]


def test_closing_twice_is_one_closing(staff: Staff, mailer) -> None:
    ann = Leaver("vps6")
    staff.signs_in("owner")
    proves(staff)
    page = staff.get(path_of(ann))
    for why in ("breach", "unpaid"):
        staff.posts(page, path_of(ann), why=why)
    assert closing_of(ann.account_id).why == "breach"
    carries("vps6")
    assert len(mailer.letters) == 1
