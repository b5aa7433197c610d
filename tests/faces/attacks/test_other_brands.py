"""What one brand gave out opens nothing at another, nor at the operator's own host."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.test import Client, RequestFactory

from hostkeep.faces.signin.backend import BrandBackend
from hostkeep.faces.signin.links import confirm_path, reset_path
from hostkeep.kernel.ids import OPERATOR, BrandId
from hostkeep.people.models import User
from hostkeep.runtime import brand as running_brand
from tests.faces.client.conftest import PASSWORD
from tests.faces.shop.conftest import HERE, hidden

ELSEWHERE = ["photonvps.localhost", "localhost"]


@pytest.mark.parametrize("host", ELSEWHERE)
def test_a_confirmation_link_moves_no_address(ann, host: str) -> None:
    row = EmailAddress.objects.get(user_id=ann.user)
    EmailAddress.objects.filter(pk=row.pk).update(verified=False)
    with running_brand.during(BrandId("vps6")):
        path = confirm_path(str(row.pk))
    Client().post(path, headers={"host": host, **HERE})
    with running_brand.during(BrandId("vps6")):
        assert EmailAddress.objects.filter(email=ann.email, verified=False).count() == 1
    ann.client.post(path, headers={"host": "vps6.localhost", **HERE})
    Client().post(path, headers={"host": "vps6.localhost", **HERE})
    with running_brand.during(BrandId("vps6")):
        assert EmailAddress.objects.filter(email=ann.email, verified=True).count() == 1


@pytest.mark.parametrize("host", ELSEWHERE)
def test_a_reset_link_sets_no_password(ann, host: str) -> None:
    thief = Client()
    page = thief.get(reset_path(str(ann.user)), headers={"host": host, **HERE}, follow=True)
    path = page.request["PATH_INFO"]
    typed = {
        **hidden(page, path),
        "password1": "another horse entirely",
        "password2": "another horse entirely",
    }
    thief.post(path, typed, headers={"host": host, **HERE})
    assert User.objects.get(pk=ann.user).check_password(PASSWORD)


def test_a_login_is_known_at_its_own_brand_alone(ann) -> None:
    for brand, known in ((BrandId("vps6"), True), (BrandId("photonvps"), False), (OPERATOR, False)):
        with running_brand.during(brand):
            assert (BrandBackend().get_user(ann.user) is not None) is known


def test_a_session_that_names_a_foreign_login_is_nobodys(ann) -> None:
    request = RequestFactory().get("/")
    with running_brand.during(BrandId("vps6")):
        request.session = ann.client.session
        assert get_user(request).is_authenticated
    with running_brand.during(BrandId("photonvps")):
        assert not get_user(request).is_authenticated


@pytest.mark.parametrize(("demo", "status"), [(True, 302), (False, 421)])
def test_the_loopbacks_number_is_a_host_in_the_demo_alone(db, settings, demo: bool, status: int) -> None:
    from dataclasses import replace

    settings.HOSTKEEP = replace(settings.HOSTKEEP, demo=demo)
    assert Client().get("/staff/", headers={"host": "127.0.0.1", **HERE}).status_code == status


@pytest.mark.parametrize(
    "there", ["//evil.test/", "https://evil.test/", "/\\evil.test/", "javascript:alert(1)"]
)
def test_a_login_leads_nowhere_else(ann, there: str) -> None:
    fresh = Client()
    at = {"host": "vps6.localhost", **HERE}
    page = fresh.get("/auth/login/", {"next": there}, headers=at)
    typed = {**hidden(page, "/auth/login/"), "login": ann.email, "password": PASSWORD, "next": there}
    answer = fresh.post("/auth/login/", typed, headers=at)
    assert (answer.status_code, answer["Location"]) == (302, "/account/")
