"""Links of sign-in that were used, are too old or never were: one answer for all, which tells nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from allauth.account import views
from allauth.account.models import get_emailconfirmation_model
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from hostkeep.faces.signin.backend import is_here
from hostkeep.people.errors import LinkOver

View = Callable[..., HttpResponseBase]


def works_once(view: View) -> View:
    """Raise LinkOver where a page of the sign-in library has nothing behind its link."""

    @wraps(view)
    def opened(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            raise LinkOver from None
        if _is_spent(getattr(response, "context_data", None) or {}):
            raise LinkOver
        return response

    return opened


def _is_spent(shown: Mapping[str, Any]) -> bool:
    """Say whether the library found nothing.  shown: what its page would tell."""
    return bool(shown.get("token_fail")) or not shown.get("can_confirm", True)


def at_home(view: View) -> View:
    """Raise LinkOver where a confirmation is opened at another brand's host than its login's.

    There is nothing to confirm there, and its button would say that there is.
    """

    @wraps(view)
    def opened(request: HttpRequest, /, *args: Any, key: str, **kwargs: Any) -> HttpResponseBase:
        found = get_emailconfirmation_model().from_key(key)
        if found is not None and not is_here(found.email_address.user):
            raise LinkOver
        return view(request, *args, key=key, **kwargs)

    return opened


confirm_email = at_home(works_once(views.confirm_email))
reset_password = works_once(views.password_reset_from_key)
