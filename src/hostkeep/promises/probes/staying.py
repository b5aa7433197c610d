"""Browsers that stay signed in: by choice, by a token that is good once, and not otherwise."""

from __future__ import annotations

from http.cookies import SimpleCookie

from hostkeep.kernel.words import gettext_noop
from hostkeep.people.actions.canaries import age_stays, lend_password
from hostkeep.people.actions.staying import HASTE
from hostkeep.promises.control import Check, Scene, Seen, rehearsed, same_check, verdict
from hostkeep.promises.signing import LOGIN, is_inside, sign_in
from hostkeep.promises.stranger import Browser

KEEP = "__Host-keep"
LEAST = 20
"""Characters of a random part."""


@same_check
def known_again_by_choice() -> Check:
    """Log in with the box ticked, close the browser, and come back: known again."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            keep = _stays(scene)
            again = _reopened(scene, keep)
            inside = bool(keep) and is_inside(again)
        parts = keep.split(".")
        random = bool(keep) and all(len(part) >= LEAST for part in parts)
        return verdict(inside and random, f"{KEEP}, {len(parts)} parts")

    return Check(gettext_noop("Who chose to stay signed in is known again, by a random token"), look)


@same_check
def used_token_refused() -> Check:
    """Come back with a token that was used already: refused, and the series ends for everybody."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            keep = _stays(scene)
            owner, thief = _reopened(scene, keep), _reopened(scene, keep)
            first = is_inside(owner)
            age_stays(scene.act, user=scene.canary.user, by=HASTE)  # else it might be a tab of one browser
            second, session = is_inside(thief), is_inside(owner)
            left = owner.cookies.get(KEEP, "")
            third = is_inside(_reopened(scene, left))
        said = f"first {first}, copy {second}, its session {session}, afterwards {third}".lower()
        return verdict(first and not (second or session or third), said)

    return Check(gettext_noop("A token that was used already is used again"), look)


@same_check
def unknown_without_choice() -> Check:
    """Log in without the box, close the browser, and come back: nobody."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            browser = scene.browser()
            sign_in(scene, browser)
            names = {name for header in browser.given for name in SimpleCookie(header)}
            inside = is_inside(_reopened(scene, browser.cookies.get(KEEP, "")))
        return verdict(KEEP not in names and not inside, " ".join(sorted(names)))

    return Check(gettext_noop("Somebody logs in without choosing to stay, and comes back"), look)


def _stays(scene: Scene) -> str:
    """Log the canary in with the box ticked; return the cookie that keeps it in, or an empty text."""
    lent = lend_password(scene.act, user=scene.canary.user)
    browser = scene.browser()
    browser.post(LOGIN, {"login": lent.address, "password": lent.password, "stay": "on"})
    return browser.cookies.get(KEEP, "")


def _reopened(scene: Scene, keep: str) -> Browser:
    """Return a browser that was closed and opened: only what has a lifetime is left."""
    browser = scene.browser()
    browser.cookies = {KEEP: keep} if keep else {}
    return browser
