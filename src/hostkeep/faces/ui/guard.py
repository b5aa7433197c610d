"""The cookie guard: a wrapper outside Django, which sees the headers as they leave, however they were set.

No cookie leaves that the brand's policy does not declare, none lives longer than declared, none holds
anything but a short token, and none that waits for a yes is set where nobody said one.  None that comes in
under another name or in another shape is seen.  What it drops or trims it counts.

All our cookies are named "__Host-...": a browser keeps such a cookie for the path "/" and this host alone.
So one deletion removes it wherever it was set.  Source: RFC 6265bis, "The __Host- Prefix".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from http.cookies import CookieError, Morsel, SimpleCookie
from typing import Any

import structlog

from hostkeep.brands.queries import brand_by_host, policy_in_force
from hostkeep.faces.ui.signals import withheld
from hostkeep.kernel.ids import OPERATOR, BrandId
from hostkeep.policy.book import Cookie
from hostkeep.policy.vocabulary.terms import terms
from hostkeep.runtime import clock
from hostkeep.runtime.tallies import tally

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
log = structlog.get_logger()

SESSION = "__Host-sid"
OPERATOR_MANIFEST: Mapping[str, int | None] = {SESSION: None}
"""The operator's host sets the session cookie alone.  Name -> most seconds it lives; None: browser's end."""

TOKEN = re.compile(r"[A-Za-z0-9_.:~-]{1,256}")
"""What a cookie of ours may hold: a random token or a word.  No JSON, no escapes, no address of mail."""

DELETED = "Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax; Expires=Thu, 01 Jan 1970 00:00:00 GMT"

Header = tuple[str, str]


class CookieGuard:
    """Wraps a WSGI application (PEP 3333)."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Guard one request both ways."""
        brand, cookies, manifest = _declared(environ)
        kept_back = withheld(environ, cookies) | _not_agreed(environ, cookies)
        left_over = _left_over(environ, manifest) if brand != OPERATOR else []
        if "HTTP_COOKIE" in environ:
            environ["HTTP_COOKIE"] = _only_declared(environ["HTTP_COOKIE"], manifest)
        manifest = {name: life for name, life in manifest.items() if name not in kept_back}

        def guarded(status: str, headers: list[Header], *rest: Any) -> Any:
            kept = _guarded(headers, brand, manifest)
            gone = [("Set-Cookie", f'{name}=""; {DELETED}') for name in left_over]
            return start_response(status, [*kept, *gone], *rest)

        return self.inner(environ, guarded)


def _declared(environ: Environ) -> tuple[BrandId, Collection[Cookie], Mapping[str, int | None]]:
    """Return the brand of the host, the cookies of its policy, and how long each may live.

    Where the policy cannot be read, no cookie is declared.
    """
    raw = str(environ.get("HTTP_HOST", "")).lower()
    try:
        row = brand_by_host(raw.rsplit(":", 1)[0].rstrip("."))
        if row is None:
            return OPERATOR, (), OPERATOR_MANIFEST
        cookies = policy_in_force(row.id, clock.now()).cookies.values()
    except Exception as error:  # noqa: BLE001  without a database the page breaks in the application, not here
        log.warning("cookie.no_policy", code=type(error).__name__)
        return OPERATOR, (), {}
    return row.id, cookies, _lives(cookies)


def _lives(cookies: Collection[Cookie]) -> Mapping[str, int | None]:
    """Return the names that may be set, and the longest each may live."""
    return {each.name: int(each.life.total_seconds()) if each.life else None for each in cookies}


def _not_agreed(environ: Environ, cookies: Iterable[Cookie]) -> frozenset[str]:
    """Return the cookies that wait for a yes which this request does not bring.

    A yes comes with a post, by which its user ticked it, or was given before if the browser has the cookie.
    """
    if environ.get("REQUEST_METHOD") == "POST":
        return frozenset()
    return frozenset(each.name for each in cookies if each.asked) - _names(environ)


def _left_over(environ: Environ, manifest: Mapping[str, int | None]) -> list[str]:
    """Return the cookies of ours in this browser that the policy no longer declares: they are deleted."""
    return sorted((_names(environ) & set(terms("cookie"))) - set(manifest))


def _names(environ: Environ) -> frozenset[str]:
    """Return the names of the cookies that a browser sent."""
    pairs = str(environ.get("HTTP_COOKIE", "")).split(";")
    return frozenset(pair.partition("=")[0].strip() for pair in pairs) - {""}


def _only_declared(header: str, manifest: Mapping[str, int | None]) -> str:
    """Return a Cookie header without the names that are not declared, and without what is no token."""
    pairs = (pair.strip() for pair in header.split(";"))
    split = ((pair, *pair.split("=", 1)) for pair in pairs if "=" in pair)
    return "; ".join(
        pair for pair, name, value in split if name in manifest and TOKEN.fullmatch(value.strip('"'))
    )


def _guarded(headers: list[Header], brand: BrandId, manifest: Mapping[str, int | None]) -> list[Header]:
    """Return the headers with every cookie dropped, trimmed or passed, and counted."""
    if not any(_sets_cookie(name) for name, _ in headers):
        return headers
    kept: list[Header] = []
    for name, value in headers:
        if not _sets_cookie(name):
            kept.append((name, value))
            continue
        verdict, cookie, text = judge(value, manifest)
        _count(brand, verdict, cookie)
        if text:
            kept.append((name, text))
    return kept


def _sets_cookie(name: str) -> bool:
    """Say whether a header sets a cookie; the second one is obsolete, and some programs still read it."""
    return name.strip().lower() in {"set-cookie", "set-cookie2"}


def judge(header: str, manifest: Mapping[str, int | None]) -> tuple[str, str, str]:
    """Return ("sent" | "trimmed" | "dropped", the cookie's name, the header to send or an empty text)."""
    try:
        morsels = list(SimpleCookie(header).values())
    except CookieError:
        morsels = []
    if len(morsels) != 1:
        return "dropped", "?", ""
    morsel = morsels[0]
    if morsel.key not in manifest or not (_deletes(morsel) or TOKEN.fullmatch(morsel.value)):
        return "dropped", morsel.key, ""
    trimmed = _trim(morsel, manifest[morsel.key])
    morsel["secure"] = morsel["httponly"] = True
    morsel["samesite"], morsel["path"], morsel["domain"] = "Lax", "/", ""
    return ("trimmed" if trimmed else "sent"), morsel.key, morsel.OutputString()


def _trim(morsel: Morsel[str], longest: int | None) -> bool:
    """Cut a cookie's life to the declared one; say whether there was something to cut.  A deletion passes."""
    if _deletes(morsel):
        return False
    has_life = bool(morsel["max-age"] or morsel["expires"])
    if longest is None:
        morsel["max-age"] = morsel["expires"] = ""
        return has_life
    asked = str(morsel["max-age"])
    if has_life and asked.isdigit() and int(asked) <= longest:
        return False
    morsel["expires"] = ""
    if has_life:
        morsel["max-age"] = str(longest)
    return has_life


def _deletes(morsel: Morsel[str]) -> bool:
    """Say whether this removes a cookie from the browser."""
    return morsel.value == "" and (str(morsel["max-age"]) == "0" or "1970" in str(morsel["expires"]))


def _count(brand: BrandId, verdict: str, name: str) -> None:
    """Count what became of a cookie; a database that is away must not take the page with it."""
    try:
        tally(brand=brand, kind=f"cookie.{verdict}", name=name, at=_now())
    except Exception as error:  # noqa: BLE001  counting must not break an answer
        log.warning("cookie.not_counted", cookie=name, code=type(error).__name__)


def _now() -> datetime:
    """Return the time; the guard stands outside the faces that make acts."""
    try:
        return clock.now()
    except Exception:  # noqa: BLE001  the clock's row cannot be read when the database is away
        return datetime.now(UTC)
