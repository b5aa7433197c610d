"""Keys for the customer's own programs: made after signing in anew, shown once, ended at any time."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.client.security import user_of
from hostkeep.faces.signin.making import shown_once
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.key_forms import REFUSED, asked_key, key_page
from hostkeep.faces.ui.pages import show
from hostkeep.kernel.act import Act
from hostkeep.people.actions.keys import KeyMade, end_key, end_keys
from hostkeep.people.errors import NoSuchKey
from hostkeep.people.queries import keys_of

HERE = "/account/security/keys/"


@require_safe
@never_cache
@customers_only
def keys(request: HttpRequest) -> HttpResponse:
    """List the keys, and offer to make one."""
    return _page(request)


@require_POST
@customers_only
def end(request: HttpRequest, key: UUID) -> HttpResponse:
    """End one key.  Another login's does not exist."""
    act, user = _act(request), user_of(request)
    if key not in {row.id for row in keys_of(user) if row.brand == act.brand}:
        raise NoSuchKey
    end_key(act, user=user, key=key)
    messages.success(request, gettext("That key opens nothing any more."))
    return HttpResponseRedirect(HERE)


@require_POST
@customers_only
def end_all(request: HttpRequest) -> HttpResponse:
    """End every key."""
    end_keys(_act(request), user=user_of(request))
    messages.success(request, gettext("No key opens anything any more."))
    return HttpResponseRedirect(HERE)


def _act(request: HttpRequest) -> Act:
    """Return the act of a customer who looks after their locks."""
    return act_of(request, role="customer", purpose="authentication")


def _page(
    request: HttpRequest, *, made: KeyMade | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    """Draw the page."""
    act = _act(request)
    rows = [row for row in keys_of(user_of(request)) if row.brand == act.brand]
    context = key_page(request.POST, rows, act, made=made, problem=problem)
    return show(request, "client/keys.html", context, status=status)


@shown_once(guard=customers_only, page=_page, here=HERE, refused=REFUSED)
def make(request: HttpRequest) -> KeyMade:
    """Make the key that the form asks for; this page is the only one that ever shows it."""
    user, account = user_of(request), account_of(request).id
    return asked_key(_act(request), request.POST, user=user, account=account)


key_urls = [
    path("security/keys/", keys, name="keys"),
    path("security/keys/make/", make, name="key_make"),
    path("security/keys/end/", end_all, name="keys_end"),
    path("security/keys/<uuid:key>/end/", end, name="key_end"),
]
"""Under /account/."""
