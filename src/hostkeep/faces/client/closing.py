"""Closing the account: what would happen under this brand's policy, then the deed, then what is left."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.signin.proving import proven_lately
from hostkeep.faces.signin.states import sign_out
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.fates import fates_shown
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.pages import language_of, posted, show
from hostkeep.faces.ui.reading import TICKED, UndeclaredField
from hostkeep.faces.ui.telling import told
from hostkeep.flows import closing as flow
from hostkeep.flows.endings import ACCOUNT, ending_of
from hostkeep.kernel.act import Act
from hostkeep.policy.book import Policy
from hostkeep.runtime import clock
from hostkeep.vault.due_classes import held_and_told
from hostkeep.vault.holds import DISPUTE

HERE = "/account/privacy/close/"
KEYS = frozenset({"sure", TOKEN})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@customers_only
def close(request: HttpRequest) -> HttpResponse:
    """Show what closing would do; with a post, do it."""
    return _close(request) if request.method == "POST" else _page(request)


@proven_lately
def _close(request: HttpRequest) -> HttpResponse:
    """Close the account and sign this browser out.  Raises UndeclaredField."""
    given = posted(request)
    if set(given) - KEYS:
        raise UndeclaredField(field="?")
    if not any(value.lower() in TICKED for value in given.get("sure", ())):
        return _page(request, problem=gettext("Tick the box to close the account."), status=422)
    account = account_of(request)
    act = _act(request)
    flow.close(act, account=account.id, by="customer", once=f"close:{account.id}")
    kept = held_and_told(account.subject, act.at).get(ACCOUNT)
    sign_out(request)
    if kept is None:
        return HttpResponseRedirect("/account/closed/done/")
    return HttpResponseRedirect(f"/account/closed/done/{'argued' if kept.bases == {DISPUTE} else 'held'}/")


@require_safe
@never_cache
def done(request: HttpRequest) -> HttpResponse:
    """Say what is left, to whoever closed an account a moment ago: it names nobody."""
    return _done(request, stays=False)


@require_safe
@never_cache
def done_held(request: HttpRequest) -> HttpResponse:
    """Say the same to whose account a hold keeps of which they may be told."""
    return _done(request, stays=True)


@require_safe
@never_cache
def done_argued(request: HttpRequest) -> HttpResponse:
    """Say the same where such a hold is over a dispute."""
    return _done(request, stays=True, argued=True)


def _done(request: HttpRequest, *, stays: bool, argued: bool = False) -> HttpResponse:
    """Draw the page that says it is done.  stays, argued: as of an Ending."""
    policy: Policy = request.policy  # type: ignore[attr-defined]
    zone = request.brand.zone  # type: ignore[attr-defined]
    ending = ending_of(policy, at=clock.now(), zone=zone)
    return show(request, "client/close_done.html", {"ending": ending, "stays": stays, "argued": argued})


def _act(request: HttpRequest) -> Act:
    """Return the act of a customer who leaves."""
    return act_of(request, role="customer", purpose="account")


def _page(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    """Draw the page."""
    account, act = account_of(request), _act(request)
    policy: Policy = request.policy  # type: ignore[attr-defined]
    found = flow.preview(act, account=account.id)
    zone, language = request.brand.zone, language_of(request)  # type: ignore[attr-defined]
    context = {
        "services": told(act, found.services),
        "owed": found.unpaid,
        "ending": found.ending,
        "fates": fates_shown(found.fates, policy, at=act.at, zone=zone, language=language),
        "problem": problem,
    }
    return show(request, "client/close.html", context, status=status)


closing_urls = [
    path("privacy/close/", close, name="account_close"),
    path("closed/done/", done, name="account_close_done"),
    path("closed/done/held/", done_held, name="account_close_done_held"),
    path("closed/done/argued/", done_argued, name="account_close_done_argued"),
]
"""Under /account/."""
