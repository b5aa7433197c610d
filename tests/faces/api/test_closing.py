"""A program previews and closes its owner's account, if its key was given that right by itself."""

from __future__ import annotations

import pytest

from hostkeep.people.models import Account
from tests.faces.api.conftest import Program, key_for
from tests.faces.client.conftest import Member

pytestmark = pytest.mark.django_db
HERE = "/account/closing"


def program(brand: str = "vps6", *scopes: str) -> Program:
    member = Member(brand)
    return Program(brand, key_for(member, scopes or ("account:read", "account:close")), member)


def state(of: Program, account) -> str:
    return Account.objects.get(id=account).state


@pytest.mark.parametrize(
    ("brand", "login", "what"),
    [("vps6", "limited", "deactivate"), ("photonvps", "none", "erase"), ("vpn", "link", "archive")],
)
def test_a_preview_says_what_the_policy_would_do_and_does_nothing(brand, login, what) -> None:
    app = program(brand)
    said = app.get(HERE).json()
    assert said["login"] == login
    assert what in {fate["what"] for fate in said["fates"] if fate["category"] == "email"}
    assert state(app, app.account.id) == "open"


def test_closing_ends_the_account_and_the_key_that_closed_it() -> None:
    app = program()
    account = app.account
    answer = app.post(HERE, {"number": account.number})
    assert (answer.status_code, answer.json()) == (200, {"state": "deactivated", "waits": 0})
    assert app.get(HERE).status_code == 401
    assert app.post(HERE, {"number": account.number}).status_code == 401


def test_where_all_is_erased_at_once_the_call_is_still_answered_once() -> None:
    app = program("photonvps")
    account = app.account
    answer = app.post(HERE, {"number": account.number}, once="c-1")
    assert (answer.status_code, answer.json()["state"]) == (200, "closed")
    assert app.post(HERE, {"number": account.number}, once="c-1").status_code == 401


@pytest.mark.parametrize("told", [{"number": "12345678"}, {"number": ""}, {}, {"number": "1", "force": True}])
def test_a_call_that_does_not_name_the_account_closes_nothing(told) -> None:
    app = program()
    assert app.post(HERE, told).status_code == 422
    assert state(app, app.account.id) == "open"


def test_a_key_without_the_right_closes_nothing() -> None:
    app = program("vps6", "account:read", "account:write")
    answer = app.post(HERE, {"number": app.account.number})
    assert (answer.status_code, answer.json()["scope"]) == (403, "account:close")
    assert state(app, app.account.id) == "open"


def test_another_accounts_number_closes_nobody() -> None:
    app, ben = program(), Member("vps6", "ben")
    assert app.post(HERE, {"number": ben.account.number}).status_code == 422
    assert ben.account.state == "open"
    assert app.account.state == "open"
