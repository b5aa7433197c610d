"""A deed that weighs asks for the lock once more: password, code or passkey, not older than half an hour."""

from __future__ import annotations

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import urlencode


def confirmed_lately(request: HttpRequest) -> bool:
    """Say whether the signed-in person proved themselves within ACCOUNT_REAUTHENTICATION_TIMEOUT."""
    return bool(did_recently_reauthenticate(request))


def confirm_first(back: str) -> HttpResponseRedirect:
    """Lead to the page that asks for the lock, and back to a page of ours afterwards."""
    return HttpResponseRedirect(f"/auth/reauthenticate/?{urlencode({'next': back})}")
