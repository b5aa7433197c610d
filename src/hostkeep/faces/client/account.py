"""The client area's door: a signed-in customer of this brand, and their account."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode

from hostkeep.faces.ui import accounts
from hostkeep.people.queries import AccountRow

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def account_of(request: HttpRequest) -> AccountRow:
    """Return the signed-in customer's account.  Raises NoSuchAccount."""
    return accounts.account_of(request)


def customers_only(view: View[P]) -> View[P]:
    """Let signed-in customers of this brand in; send the others to the login, and back afterwards."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if accounts.account_or_none(request) is None:
            query = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"/auth/login/?{query}")
        return view(request, *args, **kwargs)

    return checked
