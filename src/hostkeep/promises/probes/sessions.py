"""Sessions, used where they are worth nothing: after their end, and at somebody else's host."""

from __future__ import annotations

from datetime import timedelta

from hostkeep.brands.queries import all_brands
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.actions.canaries import age_sessions
from hostkeep.people.sessions import idle_of
from hostkeep.promises.control import Check, Scene, Seen, rehearsed, same_check, verdict
from hostkeep.promises.signing import INSIDE, LOGOUT, is_inside, sign_in, sign_out

IN, OUT = "in", "out"


@same_check
def refused_after_signing_out() -> Check:
    """Log in, keep a copy of the cookie, log out, and come back with the copy."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            browser = scene.browser()
            sign_in(scene, browser)
            copy = dict(browser.cookies)
            sign_out(browser)
            browser.cookies = copy
            inside = is_inside(browser)
        return verdict(not inside, IN if inside else OUT)

    return Check(gettext_noop("A cookie is used again after logging out"), look)


@same_check
def refused_after_idle_limit() -> Check:
    """Log in, let the idle limit pass, and come back with the cookie."""

    def look(scene: Scene) -> Seen:
        limit = idle_of(scene.brand.id, scene.act.at)
        with rehearsed():
            browser = scene.browser()
            sign_in(scene, browser)
            aged = age_sessions(scene.act, user=scene.canary.user, by=limit + timedelta(seconds=1))
            inside = is_inside(browser)
        good = aged.count > 0 and not inside
        return verdict(good, f"{IN if inside else OUT} after {limit}")

    return Check(gettext_noop("A cookie is used again after the idle limit"), look)


@same_check
def worthless_elsewhere() -> Check:
    """Log in here, and carry the cookie to the host of every other brand."""

    def look(scene: Scene) -> Seen:
        foreign = [brand.host for brand in all_brands() if brand.id != scene.brand.id]
        with rehearsed():
            here = scene.browser()
            sign_in(scene, here)
            let_in = [host for host in foreign if _is_known_at(scene, host, here.cookies)]
        return verdict(foreign and not let_in, f"{len(foreign)} hosts {' '.join(let_in)}".strip())

    return Check(gettext_noop("A session is carried to the hosts of other shops"), look)


def _is_known_at(scene: Scene, host: str, cookies: dict[str, str]) -> bool:
    """Say whether a host answers the bearer of these cookies otherwise than somebody without any."""
    for path in (LOGOUT, INSIDE):
        with_them = scene.stranger.request("GET", host, path, cookies=cookies)
        if with_them.status != scene.stranger.request("GET", host, path).status:
            return True
    return False
