"""A copied cookie must not outlive the lock it came in by."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from hostkeep.audit.models import Entry
from hostkeep.faces.signin.links import reset_path
from hostkeep.faces.signin.logins import enrol_totp
from hostkeep.kernel.ids import BrandId
from hostkeep.people.actions.staying import begin_stay
from hostkeep.people.queries import stays_of
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from tests.codes import code_of
from tests.conftest import make_act
from tests.faces.client.conftest import PASSWORD
from tests.faces.shop.conftest import HERE, hidden

NEW = "another horse entirely"
AT = {"host": "vps6.localhost", **HERE}


@pytest.fixture
def stolen(ann) -> Client:
    """A browser with nothing but a copy of ann's cookie for staying signed in."""
    act = make_act("customer", "authentication", brand="vps6", at=clock.now())
    thief = Client()
    thief.cookies["__Host-keep"] = begin_stay(act, user=ann.user, life=timedelta(days=30)).cookie
    return thief


def is_in(browser: Client) -> bool:
    return browser.get("/account/", headers=AT).status_code == 200


def log_in(browser: Client, email: str, **more: str):
    page = browser.get("/auth/login/", headers=AT)
    typed = {**hidden(page, "/auth/login/"), "login": email, "password": PASSWORD, **more}
    return browser.post("/auth/login/", typed, headers=AT)


def test_the_copy_works_until_then(stolen: Client) -> None:
    assert is_in(stolen)


def test_a_changed_password_ends_every_series(ann, stolen: Client) -> None:
    page = ann.get("/auth/password/change/")
    typed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert ann.sends(page, "/auth/password/change/", **typed).status_code == 302
    assert stays_of(ann.user, clock.now()) == ()
    assert not is_in(stolen)
    assert ann.get("/account/").status_code == 200


def test_a_reset_password_ends_every_series_and_every_session(ann, stolen: Client) -> None:
    fresh = Client()
    page = fresh.get(reset_path(str(ann.user)), headers=AT, follow=True)
    path = page.request["PATH_INFO"]
    typed = {**hidden(page, path), "password1": NEW, "password2": NEW}
    assert fresh.post(path, typed, headers=AT).status_code == 302
    assert not is_in(stolen)
    assert ann.get("/account/").status_code == 302


def test_a_new_second_factor_ends_every_series(
    ann, stolen: Client, django_capture_on_commit_callbacks, monkeypatch
) -> None:
    ann.client = Client()
    log_in(ann.client, ann.email)
    again = "/auth/reauthenticate/"
    ann.sends(ann.get(again), again, password=PASSWORD)
    page = ann.get("/auth/2fa/totp/activate/")
    secret = re.search(r"\b[A-Z2-7]{32}\b", page.content.decode())
    assert secret is not None
    code = code_of(secret[0], monkeypatch)
    with django_capture_on_commit_callbacks(execute=True):
        assert ann.sends(page, "/auth/2fa/totp/activate/", code=code).status_code == 302
    assert not is_in(stolen)


def test_no_series_begins_before_the_second_factor(ann) -> None:
    enrol_totp(ann.user)
    fresh = Client()
    answer = log_in(fresh, ann.email, stay="on")
    assert answer["Location"].startswith("/auth/2fa/")
    assert "__Host-keep" not in fresh.cookies
    assert stays_of(ann.user, clock.now()) == ()


def test_the_choice_of_an_unfinished_login_is_not_the_next_ones(member) -> None:
    ann, bob = member("vps6"), member("vps6", "bob")
    enrol_totp(ann.user)
    shared = Client()
    log_in(shared, ann.email, stay="on")
    with running_brand.during(BrandId("vps6")):  # fifteen minutes later the library forgets it
        held = shared.session
        del held["account_login"]
        held.save()
    assert log_in(shared, bob.email)["Location"] == "/account/"
    assert "__Host-keep" not in shared.cookies
    assert stays_of(bob.user, clock.now()) == ()


def test_a_made_up_cookie_writes_nothing(db) -> None:
    before = Entry.objects.count()
    stranger = Client()
    stranger.cookies["__Host-keep"] = "made.up"
    assert stranger.get("/cart/", headers=AT).status_code == 200
    assert stranger.cookies["__Host-keep"].value == ""
    assert Entry.objects.count() == before


def test_an_address_that_has_an_account_costs_a_password_hash_too(ann, monkeypatch) -> None:
    from hostkeep.people.models import User

    hashed: list[str] = []
    true = User.set_password
    monkeypatch.setattr(User, "set_password", lambda self, raw: (hashed.append(raw), true(self, raw))[0])
    typed = {
        "name": "Eve", "phone": "+31201234567", "address": "Keizersgracht 7", "city": "Amsterdam",
        "postal_code": "1015 CJ", "country": "NL", "password1": NEW, "accept_policy": "on", "adult": "on",
    }  # fmt: skip
    page = Client().get("/auth/signup/", headers=AT).content.decode()
    names = set(re.findall(r'name="([a-z0-9_]+)"', page))
    fitting = {key: value for key, value in typed.items() if key in names}
    answers = [
        Client().post("/auth/signup/", {**fitting, "email": email}, headers=AT)
        for email in (ann.email, "fresh@example.test")
    ]
    assert [a.status_code for a in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert hashed == [NEW, NEW]
    assert EmailAddress.objects.filter(user_id=ann.user).count() == 1
