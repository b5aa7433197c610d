"""Closing a customer's account in the company's name: what would happen, why, the deed, and what it left."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.faces.signin.confirming import confirm_first, confirmed_lately
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.staff.ended import ended_of
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.fates import fates_shown
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.telling import told_if_allowed
from hostkeep.flows import closing as flow
from hostkeep.kernel.ids import AccountId
from hostkeep.people.closings import closing_of
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.queries import AccountRow, account, canary_accounts
from hostkeep.people.rules.closing import OPEN, REASONS


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only("accounts")
def close(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Show what closing an account would do; with a post, close it and tell its owner.

    Raises NoSuchAccount, also for a canary, which belongs to nobody.
    """
    row = account(AccountId(wanted))
    if row.id in canary_accounts():
        raise NoSuchAccount
    if request.method != "POST":
        return _page(request, row)
    if not confirmed_lately(request):
        return confirm_first(request.path)
    why = request.POST.get("why", "")
    if why not in REASONS:
        return _page(request, row, problem=gettext("Say why the account is closed."), status=422)
    act = act_of(request, role=role_of(request), purpose="account", brand=row.brand)
    flow.close(act, account=row.id, by="staff", once=f"close:{row.id}", why=why)
    messages.success(request, gettext("The account is being closed. Its owner is told by mail."))
    return HttpResponseRedirect(request.path)


def _page(request: HttpRequest, row: AccountRow, *, problem: str = "", status: int = 200) -> HttpResponse:
    """Draw the page."""
    act = act_of(request, role=role_of(request), purpose="account", brand=row.brand)
    shop, language = brand(row.brand), language_of(request)
    ended = ended_of(act, row, language)
    if ended is not None:
        context = {"row": row, "shop": shop, "ended": ended}
        return show(request, "staff/account_ended.html", context, status=status)
    found = flow.preview(act, account=row.id)
    policy = policy_for(row.brand, row.subject, act.at)
    context = {
        "row": row,
        "shop": shop,
        "is_open": row.state == OPEN,
        "closing": closing_of(row.id),
        "services": told_if_allowed(act, found.services),
        "unpaid": found.unpaid,
        "ending": found.ending,
        "fates": fates_shown(found.fates, policy, at=act.at, zone=shop.zone, language=language),
        "reasons": REASONS.items(),
        "problem": problem,
    }
    return show(request, "staff/account_close.html", context, status=status)


account_urls = [path("accounts/<uuid:wanted>/close/", close, name="staff_account_close")]
"""Under /staff/."""
