"""What every page knows: its brand, the policy, the lights, where one can go.  Views end with `show`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, gettext

from hostkeep.brands.queries import BrandRow, VersionRow, versions_of
from hostkeep.faces.ui.field_checks import Reader
from hostkeep.faces.ui.lights import Lights, gather
from hostkeep.faces.ui.signals import sends_signal
from hostkeep.faces.ui.words import LANGUAGES
from hostkeep.promises import ledger
from hostkeep.runtime import addresses, clock


@dataclass(frozen=True, slots=True)
class Link:
    """A way to another page.

    here   whether the reader is there
    icon   a name in the sprite, for the back office
    count  a number beside the label, or 0
    code   of a link to another language: that language
    """

    href: str
    label: str
    here: bool = False
    icon: str = ""
    count: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """Links under a heading, in the rail of the back office."""

    title: str
    links: tuple[Link, ...]


def show(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Answer with a page.  What all pages share comes from `shared`."""
    return render(request, template, {**(context or {})}, status=status)


def shared(request: HttpRequest) -> dict[str, Any]:
    """Give templates what all pages share; named in settings as a context processor.

    Reads from the request what middleware left there: brand, policy, cart_count.
    """
    brand: BrandRow | None = getattr(request, "brand", None)
    user = getattr(request, "user", None)
    now = _clock(request)
    return {
        "brand": brand,
        "site_name": brand.id if brand else "Hostkeep",
        "policy": getattr(request, "policy", None),
        "version": _version(request, brand, now),
        "coming": SimpleLazyObject(lambda: _coming(brand, now())),
        "demo_mail": addresses.operator_url("/demo/mail/") if settings.HOSTKEEP.demo else "",
        "lights": SimpleLazyObject(lambda: lights_of(request)),
        "cart_count": getattr(request, "cart_count", 0),
        "signed_in": bool(user and user.is_authenticated),
        "privacy_signal": sends_signal(request),
        "nav": _nav(request) if brand else (),
        "other_languages": _other_languages(request, brand),
        "LANGUAGE_CODE": language_of(request),
        "messages": get_messages(request),
        "now": now,
    }


def language_of(request: HttpRequest) -> str:
    """Return the language the page is shown in."""
    return getattr(request, "LANGUAGE_CODE", None) or get_language() or "en"


def reader_of(request: HttpRequest) -> Reader:
    """Return who fills a form in: the page's language and the brand's country."""
    brand: BrandRow | None = getattr(request, "brand", None)
    return Reader(language_of(request), brand.seller.get("country", "") if brand else "")


def posted(request: HttpRequest) -> Mapping[str, Sequence[str]]:
    """Return every key of the body with its values; a file counts by its key, so that none slips in."""
    keys: dict[str, Sequence[str]] = {key: list(values) for key, values in request.POST.lists()}
    return keys | {key: [""] for key in request.FILES if key not in keys}


def lights_of(request: HttpRequest) -> Lights | None:
    """Return how the promises of this host's brand stand, or None on the operator's host."""
    brand: BrandRow | None = getattr(request, "brand", None)
    if brand is None:
        return None
    found = ledger.lights_of(brand.id, _clock(request)())
    return gather(found.pairs, found.at)


def _version(request: HttpRequest, brand: BrandRow | None, now: Callable[[], datetime]) -> VersionRow | None:
    """Return the version this request runs under: of those with one text, the newest whose day has come."""
    policy = getattr(request, "policy", None)
    if brand is None or policy is None:
        return None
    same = [row for row in versions_of(brand.id) if row.digest == policy.digest]
    if len(same) < 2:  # noqa: PLR2004  the clock is read only where two versions have the same text
        return same[0] if same else None
    return next((row for row in same if row.effective_at <= now()), same[-1])


def _coming(brand: BrandRow | None, now: datetime) -> tuple[VersionRow, ...]:
    """Return the versions that are announced and not in force yet, the next one first."""
    rows = versions_of(brand.id) if brand else ()
    current = max((row.version for row in rows if row.effective_at <= now), default=0)
    return tuple(row for row in reversed(rows) if row.version > current)


def _nav(request: HttpRequest) -> tuple[Link, ...]:
    """Link the shop's main pages."""
    pages = (
        ("/", gettext("Shop")),
        ("/privacy/", gettext("Privacy")),
        ("/privacy/promises/", gettext("Promises")),
        ("/contact/", gettext("Contact")),
    )
    kept = getattr(request, "kept_language", "")
    return tuple(Link(href + kept, label, here=request.path == href) for href, label in pages)


def _other_languages(request: HttpRequest, brand: BrandRow | None) -> tuple[Link, ...]:
    """Link this page in the brand's other languages."""
    here = language_of(request)
    links = []
    for code in brand.languages if brand else LANGUAGES:
        if code != here and code in LANGUAGES:
            query = request.GET.copy()
            query["lang"] = code
            links.append(Link(f"?{query.urlencode()}", LANGUAGES[code], code=code))
    return tuple(links)


def _clock(request: HttpRequest) -> Callable[[], datetime]:
    """Return a clock that is read at most once a page: not at all where the request says when it came."""
    came: datetime | None = getattr(request, "at", None)
    read: list[datetime] = [came] if came else []

    def now() -> datetime:
        if not read:
            read.append(clock.now())
        return read[0]

    return now
