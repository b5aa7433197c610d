"""Pages that are the same for every visitor without a cookie: drawn once a second, then handed out."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.http import HttpRequest, HttpResponse

from hostkeep.brands.queries import FRESH
from hostkeep.faces.ui.acts import brand_id_of
from hostkeep.faces.ui.pages import language_of
from hostkeep.faces.ui.signals import sends_signal

View = Callable[[HttpRequest], HttpResponse]
Key = tuple[str, str, str, str, bool]

MOST = 256
"""Pages kept; the oldest goes first, so that strange query texts cannot fill the memory."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A finished page.  at: the machine's own steady clock."""

    body: bytes
    content_type: str
    at: float


_pages: OrderedDict[Key, Drawn] = OrderedDict()


def forget() -> None:
    """Throw away what was drawn."""
    _pages.clear()


def still(view: View) -> View:
    """Keep what a view draws for visitors without any cookie, as long as brands and versions are believed.

    A page for somebody who brings a cookie is always drawn anew: it may show a cart or an account.
    """

    @wraps(view)
    def shown(request: HttpRequest) -> HttpResponse:
        if request.method != "GET" or request.META.get("HTTP_COOKIE"):
            return view(request)
        digest = getattr(getattr(request, "policy", None), "digest", "")
        path, signal = request.get_full_path(), sends_signal(request)
        key = (brand_id_of(request), digest, language_of(request), path, signal)
        kept = _pages.get(key)
        if kept is not None and time.monotonic() - kept.at < FRESH:
            return HttpResponse(kept.body, content_type=kept.content_type)
        response = view(request)
        if response.status_code == 200 and not response.cookies:  # noqa: PLR2004  OK
            _pages[key] = Drawn(response.content, response.headers["Content-Type"], time.monotonic())
            while len(_pages) > MOST:
                _pages.popitem(last=False)
        return response

    return shown
