"""The canary signs in and out, on the pages that everybody uses.  Only inside `rehearsed`."""

from __future__ import annotations

from hostkeep.people.actions.canaries import lend_password
from hostkeep.promises.control import Scene
from hostkeep.promises.pages import read_page
from hostkeep.promises.stranger import Answer, Browser

LOGIN = "/auth/login/"
LOGOUT = "/auth/logout/"
INSIDE = "/account/"
OK = 200
MOVED = (301, 302, 303, 307, 308)


class Unclear(Exception):
    """A page answered so that nobody can tell whether the browser is signed in."""


def sign_in(scene: Scene, browser: Browser) -> Answer:
    """Log the canary in.  Raises Unclear if that did not work."""
    lent = lend_password(scene.act, user=scene.canary.user)
    answer = browser.post(LOGIN, {"login": lent.address, "password": lent.password})
    if not is_inside(browser):
        raise Unclear(f"login answered {answer.status}")
    return answer


def sign_out(browser: Browser) -> None:
    """Log out by the form of the page.  Raises Unclear if there is none."""
    form = read_page(browser.get(LOGOUT).body).form(LOGOUT)
    if form is None:
        raise Unclear("no form to log out")
    browser.post(LOGOUT, form.inputs)


def is_inside(browser: Browser) -> bool:
    """Say whether the client area lets a browser in.  Raises Unclear."""
    answer = browser.get(INSIDE)
    if answer.status == OK:
        return True
    if answer.status in MOVED and LOGIN in answer.header("Location"):
        return False
    raise Unclear(f"{INSIDE} answered {answer.status}")
