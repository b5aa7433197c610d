"""Keys of staff for the API of one brand: with the staff member's role, made after signing in anew."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hostkeep.brands.queries import all_brands, brand
from hostkeep.faces.signin.making import shown_once
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.key_forms import REFUSED, asked_key, key_page
from hostkeep.faces.ui.pages import show
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, UserId
from hostkeep.people.actions.keys import KeyMade, end_key, end_keys
from hostkeep.people.errors import NoSuchUser
from hostkeep.people.queries import keys_of

HERE = "/staff/keys/"


@require_safe
@never_cache
@staff_only("keys")
def keys(request: HttpRequest) -> HttpResponse:
    """List the staff member's own keys, and offer to make one."""
    return _page(request)


@require_POST
@staff_only("keys")
def end(request: HttpRequest, key: UUID) -> HttpResponse:
    """End one of the staff member's own keys.  Raises NoSuchKey, also for another's."""
    end_key(_act(request), user=_user(request), key=key)
    messages.success(request, gettext("That key opens nothing any more."))
    return HttpResponseRedirect(HERE)


@require_POST
@staff_only("keys")
def end_all(request: HttpRequest) -> HttpResponse:
    """End every key of the staff member."""
    end_keys(_act(request), user=_user(request))
    messages.success(request, gettext("No key opens anything any more."))
    return HttpResponseRedirect(HERE)


def _act(request: HttpRequest) -> Act:
    """Return the act of a staff member who looks after their locks."""
    return act_of(request, role=role_of(request), purpose="authentication")


def _user(request: HttpRequest) -> UserId:
    """Return the staff member's login.  Raises NoSuchUser for a visitor, whom staff_only keeps out anyway."""
    if request.user.pk is None:
        raise NoSuchUser
    return UserId(request.user.pk)


def _page(
    request: HttpRequest, *, made: KeyMade | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    """Draw the page."""
    context = key_page(request.POST, keys_of(_user(request)), _act(request), made=made, problem=problem)
    shops = {"shops": all_brands(), "usual_shop": request.POST.get("shop", "")}
    return show(request, "staff/keys.html", {**context, **shops}, status=status)


@shown_once(guard=staff_only("keys"), page=_page, here=HERE, refused=REFUSED)
def make(request: HttpRequest) -> KeyMade:
    """Make the key that the form asks for, at one brand; this page is the only one that ever shows it.

    Raises NoSuchBrand.
    """
    shop = brand(BrandId(request.POST.get("shop", "")))
    return asked_key(_act(request).of_brand(shop.id), request.POST, user=_user(request), account=None)


key_urls = [
    path("keys/", keys, name="staff_keys"),
    path("keys/make/", make, name="staff_key_make"),
    path("keys/end/", end_all, name="staff_keys_end"),
    path("keys/<uuid:key>/end/", end, name="staff_key_end"),
]
"""Under /staff/."""
