"""How the account is locked: password, second factor, passkeys, browsers that stay signed in."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.signin import staying
from hostkeep.faces.signin.factors import factors_of
from hostkeep.faces.signin.states import sign_out
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import show
from hostkeep.flows import agreeing
from hostkeep.kernel.ids import UserId
from hostkeep.people.actions.leaving import end_ways_in
from hostkeep.people.actions.staying import end_stay
from hostkeep.people.queries import live_sessions, stays_of


@require_safe
@customers_only
def security(request: HttpRequest) -> HttpResponse:
    """Show the locks."""
    act = act_of(request, role="customer", purpose="authentication")
    user = user_of(request)
    context = {
        "factors": factors_of(request),
        "keep": staying.declared(request),
        "stays": stays_of(user, act.at),
        "sessions": live_sessions(user, act.at),
    }
    return show(request, "client/security.html", context)


@require_POST
@customers_only
def end(request: HttpRequest, stay: UUID) -> HttpResponse:
    """End a browser that stays signed in.  Another login's does not exist."""
    act = act_of(request, role="customer", purpose="authentication")
    user = user_of(request)
    if stay not in {row.id for row in stays_of(user, act.at)}:
        raise Http404
    end_stay(act, stay=stay, user=user)
    staying.settle(request, act)
    staying.forget_if_ended(request, act)
    messages.success(request, gettext("That browser no longer stays signed in."))
    return HttpResponseRedirect("/account/security/")


@require_POST
@customers_only
def end_everywhere(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere: all browsers, this one too, and all programs."""
    act = act_of(request, role="customer", purpose="authentication")
    account, user = account_of(request), user_of(request)
    end_ways_in(act, user=user)
    agreeing.stays_lapsed(act, user=user, subject=account.subject)
    sign_out(request)
    return HttpResponseRedirect("/auth/login/")


def user_of(request: HttpRequest) -> UserId:
    """Return the signed-in login.  Raises Http404 for a visitor, whom customers_only keeps out anyway."""
    if request.user.pk is None:
        raise Http404
    return UserId(request.user.pk)
