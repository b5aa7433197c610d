"""Cookies: what is declared, and what leaves in everyday use."""

from __future__ import annotations

from datetime import timedelta
from http.cookies import SimpleCookie

from hostkeep.kernel.words import gettext_noop
from hostkeep.people.sessions import COOKIE, idle_of
from hostkeep.promises.control import Check, Scene, Seen, rehearsed, same_check, verdict
from hostkeep.promises.pages import read_page
from hostkeep.promises.signing import LOGIN, OK, sign_in

MINUTE = timedelta(minutes=1)
NOT_FOUND = 404


@same_check
def declares_one_of_the_visit(longest_idle: timedelta) -> Check:
    """Check that the session's cookie is the only one, ends with the browser, and idles no longer."""

    def look(scene: Scene) -> Seen:
        cookies = scene.policy.cookies
        idle = idle_of(scene.brand.id, scene.act.at)
        good = set(cookies) == {COOKIE} and cookies[COOKIE].life is None and idle <= longest_idle
        return verdict(good, f"{' '.join(sorted(cookies))}; idle {idle // MINUTE} min")

    return Check(gettext_noop("One cookie is declared, and it ends with the visit"), look)


@same_check
def declared_by(clause: str) -> Check:
    """Check that every cookie is declared by the clause, with the purpose it serves."""

    def look(scene: Scene) -> Seen:
        cookies = scene.policy.cookies.values()
        good = cookies and all(c.clause == clause and c.purpose in scene.policy.purposes for c in cookies)
        return verdict(good, " ".join(sorted(c.name for c in cookies)))

    return Check(gettext_noop("Every cookie is declared by this clause, with its purpose"), look)


@same_check
def declared_with(clause: str, *names: str) -> Check:
    """Check that a clause declares these cookies, none of which carries a secret, and what each holds."""

    def look(scene: Scene) -> Seen:
        mine = {c.name: c for c in scene.policy.cookies.values() if c.clause == clause}
        secret = {c.id for c in scene.policy.categories.values() if c.sensitivity == "secret"}
        loose = [c.name for c in mine.values() if secret & set(c.carries) or not c.holds.get("en")]
        good = set(names) <= set(mine) and not loose
        return verdict(good, " ".join(sorted(mine)))

    return Check(gettext_noop("The clause declares these cookies, and what each holds"), look)


@same_check
def signing_in_sets_one() -> Check:
    """Check that a login sets the session's cookie alone, without a lifetime."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            browser = scene.browser()
            browser.get(LOGIN)
            sign_in(scene, browser)
        names = {name for header in browser.given for name in SimpleCookie(header)}
        dated = [header for header in browser.given if has_lifetime(header)]
        return verdict(names == {COOKIE} and not dated, f"{' '.join(sorted(names))}; {len(dated)} dated")

    return Check(gettext_noop("Logging in sets this cookie alone, without a lifetime"), look)


@same_check
def reads_without(*paths: str) -> Check:
    """Check that pages read with all cookies blocked, and set none; an address not built yet is left out."""

    def look(scene: Scene) -> Seen:
        told = {}
        for path in (*paths, *_products(scene)):
            answer = scene.stranger.request("GET", scene.brand.host, path)
            if answer.status != NOT_FOUND or path == "/":
                told[path] = answer.status == OK and not answer.cookies
        bad = [path for path, good in told.items() if not good]
        return verdict(told and not bad, f"{len(told)} pages {' '.join(bad)}".strip())

    return Check(gettext_noop("Every page reads with all cookies blocked, and sets none"), look)


@same_check
def login_says_it_needs_one() -> Check:
    """Check that the login page says plainly that logging in needs a cookie."""

    def look(scene: Scene) -> Seen:
        answer = scene.stranger.request("GET", scene.brand.host, LOGIN)
        main = read_page(answer.body.partition("<main")[2].partition("</main")[0]).words
        return verdict("cookie" in main.lower(), f"{answer.status}")

    return Check(gettext_noop("The log-in page says that it needs a cookie"), look)


def has_lifetime(header: str) -> bool:
    """Say whether a Set-Cookie header gives its cookie a lifetime; a deletion is none."""
    morsels = SimpleCookie(header).values()
    return any((m["max-age"] or m["expires"]) and m.value for m in morsels)


def _products(scene: Scene) -> tuple[str, ...]:
    """Return the product pages that the front page links."""
    links = read_page(scene.stranger.request("GET", scene.brand.host, "/").body).links
    return tuple(sorted({link.partition("?")[0] for link in links if link.startswith("/products/")}))
