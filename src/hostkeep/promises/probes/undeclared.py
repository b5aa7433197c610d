"""What the policy does not name, tried: a field, a cookie, a purpose."""

from __future__ import annotations

from http.cookies import SimpleCookie

from hostkeep.kernel.ids import CategoryId, PurposeId
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.sessions import COOKIE
from hostkeep.promises.control import Check, Scene, Seen, rehearsed, same_check, verdict
from hostkeep.promises.evidence.cookies import has_lifetime
from hostkeep.promises.evidence.tables import written
from hostkeep.promises.personas import persona
from hostkeep.promises.stranger import Answer
from hostkeep.promises.tempter import WISH
from hostkeep.vault import door

REFUSED = 422
EVIL = "evil"
COUNTERS = frozenset({"runtime_tally", "runtime_cache"})
"""Tables that count what happened: they know nobody."""


@same_check
def refuses_field(form: str, path: str, field: str) -> Check:
    """Send a form with one field more than the policy names."""

    def look(scene: Scene) -> Seen:
        declared = scene.policy.forms[form]
        somebody = persona(declared)
        with rehearsed():
            before = written()
            answer = scene.browser().post(path, somebody.posting(**{field: "1990-01-31"}))
            stored = rows_since(before)
        good = answer.status == REFUSED and declared.closed_by in answer.body and not stored
        return verdict(good, f"{answer.status} {declared.closed_by}, {stored} rows")

    return Check(gettext_noop("A form is sent with a field that the policy does not name"), look)


@same_check
def refuses_purpose(category: str, purpose: str) -> Check:
    """Ask for a value of the canary's for a purpose that the policy does not give it."""

    def look(scene: Scene) -> Seen:
        act = scene.act.for_purpose(PurposeId(purpose))
        try:
            door.reveal(act, subject=scene.canary.subject, category=CategoryId(category))
        except door.Refused as refusal:
            return Seen("passed", f"{category}, {purpose}: {refusal.clause}")
        return Seen("failed", f"{category}, {purpose}")

    return Check(gettext_noop("A value is asked for a purpose that the policy does not name"), look)


@same_check
def drops_cookie() -> Check:
    """Let a page set a cookie of a name that the policy does not declare."""

    def look(scene: Scene) -> Seen:
        if not _tempted(scene, f"{COOKIE}=wished; Path=/"):
            return Seen("unsure", "the tempter does not stand behind the guard")
        left = _tempted(scene, f"{EVIL}=1; Path=/; Max-Age=86400")
        return verdict(not left, f"{EVIL}: {left}")

    return Check(gettext_noop("A page sets a cookie that the policy does not name"), look)


@same_check
def cuts_lifetime() -> Check:
    """Let a page give the session's cookie a lifetime."""

    def look(scene: Scene) -> Seen:
        left = _tempted(scene, f"{COOKIE}=wished; Path=/; Max-Age=86400")
        if not left:
            return Seen("unsure", "the tempter does not stand behind the guard")
        return verdict(not any(has_lifetime(header) for header in left), f"{COOKIE}: {len(left)}")

    return Check(gettext_noop("A page gives the cookie of the visit a lifetime"), look)


def rows_since(before: dict[str, int]) -> int:
    """Return how many rows the running transaction wrote since, counters aside."""
    now = written()
    return sum(count - before.get(table, 0) for table, count in now.items() if table not in COUNTERS)


def _tempted(scene: Scene, wish: str) -> list[str]:
    """Return the Set-Cookie headers of the wished name that came through the guard."""
    name = wish.partition("=")[0]
    with rehearsed():
        answer: Answer = scene.stranger.request("GET", scene.brand.host, "/", environ={WISH: wish})
    return [header for header in answer.cookies if name in SimpleCookie(header)]
