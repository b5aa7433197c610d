"""Who may open a page of the back office: staff with a second factor, in a fitting role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode

from hostkeep.faces.signin.secondfactor import has_second_factor
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
Guarded = Callable[Concatenate[HttpRequest, P], HttpResponse]

ROOMS: Mapping[str, frozenset[str]] = MappingProxyType({
    "desk": frozenset({"owner", "support", "billing", "sales", "engineer", "abuse", "privacy", "clerk"}),
    "orders": frozenset({"owner", "sales", "billing", "support"}),
    "promos": frozenset({"owner", "sales"}),
    "payments": frozenset({"owner", "billing"}),
    "billing": frozenset({"owner", "billing"}),
    "reports": frozenset({"owner", "billing"}),
    "books": frozenset({"owner", "billing"}),
    "services": frozenset({"owner", "support", "engineer"}),
    "tasks": frozenset({"owner", "support", "engineer"}),
    "accounts": frozenset({"owner", "support", "abuse", "billing"}),
    "disputes": frozenset({"owner", "privacy", "billing"}),
    "holds": frozenset({"owner", "privacy"}),
    "people": frozenset({"owner", "support", "billing", "sales", "engineer", "abuse", "privacy"}),
    "keys": frozenset({"owner", "support", "billing", "sales", "engineer", "abuse", "privacy"}),
    "policies": frozenset({"owner", "support", "billing", "sales", "engineer", "abuse", "privacy"}),
    "promises": frozenset({"owner", "support", "billing", "sales", "engineer", "abuse", "privacy", "clerk"}),
})
"""Which roles may enter which room."""


class NotYourRoom(Foreseen):
    """A staff member without the role for this page."""

    code = "staff.room.closed"
    title = gettext_noop("Your role does not open this page.")
    status = 403


class SecondFactorMissing(Foreseen):
    """A staff member without a second factor."""

    code = "staff.second_factor.missing"
    title = gettext_noop("Staff need a second factor. Set one up under Security first.")
    status = 403


def staff_only(room: str) -> Callable[[View[P]], View[P]]:
    """Let staff in whose role fits the room; visitors go to the login, everybody else is refused."""
    allowed = ROOMS[room]

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            role = role_of(request)
            if not role:
                return HttpResponseRedirect(f"/auth/login/?{urlencode({'next': request.get_full_path()})}")
            if not has_second_factor(request):
                raise SecondFactorMissing
            if role not in allowed:
                raise NotYourRoom
            return view(request, *args, **kwargs)

        return checked

    return guard


def role_of(request: HttpRequest) -> str:
    """Return the staff role of the signed-in login on the operator's host, or an empty text."""
    if getattr(request, "brand", None) is not None or not request.user.is_authenticated:
        return ""
    return str(getattr(request.user, "staff_role", ""))
