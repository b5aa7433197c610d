"""The cookie guard: the outermost wrapper of the application.

No cookie leaves that the brand's policy does not declare, none lives longer than declared, and none that
comes in under another name is seen.  What it drops or trims it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from http.cookies import CookieError, Morsel, SimpleCookie
from typing import Any

import structlog

from hostkeep.brands.queries import brand_by_host, policy_in_force
from hostkeep.faces.ui.signals import withheld
from hostkeep.kernel.ids import OPERATOR, BrandId
from hostkeep.policy.book import Cookie
from hostkeep.runtime import clock
from hostkeep.runtime.tallies import tally

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
log = structlog.get_logger()

SESSION = "__Host-sid"
OPERATOR_MANIFEST: Mapping[str, int | None] = {SESSION: None}
"""The operator's host sets the session cookie alone.  Name -> most seconds it lives; None: browser's end."""

Header = tuple[str, str]


class CookieGuard:
    """Wraps a WSGI application (PEP 3333)."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Guard one request both ways."""
        brand, cookies = _declared(environ)
        manifest = _lives(cookies) if brand != OPERATOR else OPERATOR_MANIFEST
        kept_back = withheld(environ, cookies)
        if "HTTP_COOKIE" in environ:
            environ["HTTP_COOKIE"] = _only_declared(environ["HTTP_COOKIE"], manifest)
        manifest = {name: life for name, life in manifest.items() if name not in kept_back}

        def guarded(status: str, headers: list[Header], *rest: Any) -> Any:
            return start_response(status, _guarded(headers, brand, manifest), *rest)

        return self.inner(environ, guarded)


def _declared(environ: Environ) -> tuple[BrandId, Collection[Cookie]]:
    """Return the brand of the host and the cookies of its policy."""
    raw = str(environ.get("HTTP_HOST", "")).lower()
    row = brand_by_host(raw.rsplit(":", 1)[0].rstrip("."))
    if row is None:
        return OPERATOR, ()
    return row.id, policy_in_force(row.id, clock.now()).cookies.values()


def _lives(cookies: Collection[Cookie]) -> Mapping[str, int | None]:
    """Return the names that may be set, and the longest each may live."""
    return {each.name: int(each.life.total_seconds()) if each.life else None for each in cookies}


def _only_declared(header: str, manifest: Mapping[str, int | None]) -> str:
    """Return a Cookie header without the names that are not declared."""
    pairs = (pair.strip() for pair in header.split(";"))
    return "; ".join(pair for pair in pairs if pair.partition("=")[0] in manifest)


def _guarded(headers: list[Header], brand: BrandId, manifest: Mapping[str, int | None]) -> list[Header]:
    """Return the headers with every cookie dropped, trimmed or passed, and counted."""
    if not any(name.lower() == "set-cookie" for name, _ in headers):
        return headers
    kept: list[Header] = []
    for name, value in headers:
        if name.lower() != "set-cookie":
            kept.append((name, value))
            continue
        verdict, cookie, text = judge(value, manifest)
        _count(brand, verdict, cookie)
        if text:
            kept.append((name, text))
    return kept


def judge(header: str, manifest: Mapping[str, int | None]) -> tuple[str, str, str]:
    """Return ("sent" | "trimmed" | "dropped", the cookie's name, the header to send or an empty text)."""
    try:
        morsels = list(SimpleCookie(header).values())
    except CookieError:
        morsels = []
    if len(morsels) != 1:
        return "dropped", "?", ""
    morsel = morsels[0]
    if morsel.key not in manifest:
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
