"""VF-6: tools keep the details safe: sealed storage, a second factor, guessing slowed, a new password that ends all."""

from __future__ import annotations


import pytest
from django.db import models
from django.test import Client

from hostkeep.faces.signin import locks
from hostkeep.faces.signin.logins import enrol_totp, known_login
from hostkeep.kernel.ids import BrandId
from hostkeep.people.fields import SealedEmailField
from hostkeep.people.queries import key_of_text
from hostkeep.promises.evidence.tables import holding
from hostkeep.promises.personas import persona
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from tests.clauses.logins import at, is_in, logs_in
from tests.codes import code_of
from tests.faces.api.conftest import key_for
from tests.faces.client.conftest import PASSWORD, Member
from tests.faces.shop.conftest import hidden

BRAND = BrandId("vpsfast")
SECOND, CHANGE = "/auth/2fa/authenticate/", "/auth/password/change/"
NEW = "another horse entirely"


@pytest.fixture
def ann(db) -> Member:
    return Member(BRAND)


def changes_password(member: Member) -> None:
    page = member.get(CHANGE)
    answer = member.sends(page, CHANGE, oldpassword=PASSWORD, password1=NEW, password2=NEW)
    assert answer.status_code == 302


def test_VF_6_nothing_of_a_sign_up_is_in_clear_outside_the_vault(shop, scene) -> None:
    somebody = persona(scene(BRAND).policy.forms["signup"])

    assert shop(BRAND).post("/auth/signup/", somebody.posting()).status == 302

    assert holding(somebody.marks) == ()


def test_VF_6_an_address_kept_in_clear_would_be_noticed(shop, scene, monkeypatch) -> None:
    somebody = persona(scene(BRAND).policy.forms["signup"])
    monkeypatch.setattr(SealedEmailField, "get_prep_value", models.EmailField.get_prep_value)

    shop(BRAND).post("/auth/signup/", somebody.posting())

    assert holding(somebody.marks) != ()


@pytest.mark.parametrize("weak", ["password1234", "qwertyuiop", "1234567890", "short"])
def test_VF_6_a_password_that_everybody_knows_opens_no_account(shop, scene, weak: str) -> None:
    somebody = persona(scene(BRAND).policy.forms["signup"])

    assert shop(BRAND).post("/auth/signup/", somebody.posting(password1=weak)).status == 200

    with running_brand.during(BRAND):
        assert known_login(somebody.email) is None


def test_VF_6_guesses_are_slowed_down(ann: Member) -> None:
    browser = Client()
    for number in range(10):
        logs_in(ann, browser, password=f"a guess {number}")

    answer = logs_in(ann, browser)

    assert answer.status_code != 302
    assert not is_in(ann, browser)


def test_VF_6_without_a_limit_the_tenth_guess_would_get_in(ann: Member, monkeypatch) -> None:
    from hostkeep.faces.signin.adapter import BrandAdapter

    monkeypatch.setattr(BrandAdapter, "pre_authenticate", lambda *_, **__: None)
    browser = Client()
    for number in range(10):
        logs_in(ann, browser, password=f"a guess {number}")

    assert logs_in(ann, browser).status_code == 302


def test_VF_6_sign_in_asks_for_the_second_factor_that_was_set_up(ann: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = enrol_totp(ann.user)
    browser = Client()

    answer = logs_in(ann, browser)
    assert answer["Location"].startswith(SECOND)
    assert not is_in(ann, browser)

    page = browser.get(SECOND, headers=at(ann))
    sent = {**hidden(page, SECOND), "code": "000000"}
    browser.post(SECOND, sent, headers=at(ann))
    assert not is_in(ann, browser)

    browser.post(SECOND, {**sent, "code": code_of(secret, monkeypatch)}, headers=at(ann))
    assert is_in(ann, browser)


def test_VF_6_a_new_password_ends_every_other_session_and_every_key(ann: Member) -> None:
    other, key = Client(), key_for(ann)
    logs_in(ann, other)
    assert is_in(ann, other)

    changes_password(ann)

    assert not is_in(ann, other)
    assert key_of_text(BRAND, key, clock.now()) is None
    assert logs_in(ann, Client()).status_code != 302, "the old password is refused"
    assert is_in(ann, ann.client), "whoever changed it stays"


def test_VF_6_a_new_password_that_ends_no_key_would_be_noticed(ann: Member, monkeypatch) -> None:
    monkeypatch.setattr(locks, "end_keys", lambda *_, **__: None)
    key = key_for(ann)

    changes_password(ann)

    assert key_of_text(BRAND, key, clock.now()) is not None
