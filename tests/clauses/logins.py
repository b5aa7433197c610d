"""A customer who logs in on the page, from a browser that knows nothing of them yet."""

from __future__ import annotations

from django.http import HttpResponse
from django.test import Client

from tests.faces.client.conftest import PASSWORD, Member
from tests.faces.shop.conftest import HERE, hidden

LOGIN = "/auth/login/"


def at(member: Member) -> dict[str, str]:
    """The headers of a request to the member's shop."""
    return {"host": member.host, **HERE}


def logs_in(member: Member, browser: Client, **typed: str) -> HttpResponse:
    """Fill the login form in and send it."""
    page = browser.get(LOGIN, headers=at(member))
    sent = {**hidden(page, LOGIN), "login": member.email, "password": PASSWORD, **typed}
    return browser.post(LOGIN, sent, headers=at(member))


def is_in(member: Member, browser: Client) -> bool:
    """Say whether the client area lets a browser in."""
    return browser.get("/account/", headers=at(member)).status_code == 200


def reopened(browser: Client) -> Client:
    """Close a browser and open it again: what has no lifetime is gone."""
    again = Client()
    for name, morsel in browser.cookies.items():
        if morsel["max-age"] or morsel["expires"]:
            again.cookies[name] = morsel.value
            again.cookies[name]["max-age"] = morsel["max-age"]
    return again
