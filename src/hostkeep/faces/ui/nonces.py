"""Nonces: on a page made for one person, a script runs only if the page itself drew it.

A page that anybody may keep, as a visitor without cookies gets it, cannot carry a number used once: whoever
kept it would show old numbers.  Such a page allows the script files of this host.  No page has a script in
its own text.
Why: docs/decisions/2026-11-26-script-nonces.md.
"""

from __future__ import annotations

import secrets

from django.http import HttpRequest

NONE, FILES = "'none'", "'self'"


def is_personal(request: HttpRequest) -> bool:
    """Say whether the answer is for this browser alone, and kept by nobody (`Cache-Control: no-store`)."""
    return bool(request.COOKIES)


def nonce_of(request: HttpRequest) -> str:
    """Return the number of this answer's scripts, drawn at the first call; empty where it may be kept."""
    if not is_personal(request):
        return ""
    known: str = getattr(request, "csp_nonce", "")
    if not known:
        known = secrets.token_urlsafe(16)
        request.csp_nonce = known  # type: ignore[attr-defined]
    return known


def sources_of(request: HttpRequest) -> str:
    """Return what `script-src` allows for the answer that was drawn."""
    if not is_personal(request):
        return FILES
    known = getattr(request, "csp_nonce", "")
    return f"'nonce-{known}'" if known else NONE
