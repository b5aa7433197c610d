"""The rules and the customer: the version that applies to them, what changed since the last visit."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hostkeep.brands.actions.telling import accept_changes
from hostkeep.brands.applying import before, notices_of, rejected, to_accept, version_for
from hostkeep.brands.queries import VersionRow, policy_by_digest
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.flows.policy_change import show_changes
from hostkeep.people.actions.joining import accept_statements
from hostkeep.people.queries import AccountRow
from hostkeep.policy.render.changes import ChangeGroup, say_changes

HERE = "/account/policy/"

AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
"""What browsers, new and old, say in when they fetch a page that nobody sees yet."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One change as its reader sees it.  groups: what it changes, grouped by kind of clause."""

    version: VersionRow
    groups: tuple[ChangeGroup, ...]


@require_safe
@never_cache
@customers_only
def changes(request: HttpRequest) -> HttpResponse:
    """Show the rules in force for the customer, and once what changed since their last visit.

    Showing it counts as telling, from now on.
    """
    account, language = account_of(request), language_of(request)
    act = act_of(request, role="customer", purpose="policy_change")
    fresh = show_changes(act, account) if _is_read(request) else ()
    context = {
        "mine": version_for(account.brand, account.subject, act.at),
        "to_accept": to_accept(account.brand, account.subject, act.at),
        "fresh": [_chapter(account, row, language) for row in fresh],
        "notices": notices_of(account.brand, account.subject),
        "rejected": rejected(account.brand, account.subject),
        "onward": _onward(request),
        "now_at": act.at,
    }
    return show(request, "client/changes.html", context)


@require_POST
@customers_only
def accept(request: HttpRequest) -> HttpResponse:
    """Accept what was rejected, or what is newer.  It is acceptance of rules, never a consent."""
    account = account_of(request)
    act = act_of(request, role="customer", purpose="policy_change")
    row = to_accept(account.brand, account.subject, act.at)
    accept_changes(act, subject=account.subject)
    accept_statements(
        act, subject=account.subject, statements=["accept_policy"], version=row.version, digest=row.digest,
        form="client_area",
    )  # fmt: skip
    messages.success(request, gettext("Saved."))
    return HttpResponseRedirect(HERE)


def _chapter(account: AccountRow, row: VersionRow, language: str) -> Chapter:
    """Say what one version changes."""
    held = before(account.brand, row)
    new = policy_by_digest(row.digest)
    old = policy_by_digest(held.digest) if held else new
    return Chapter(row, tuple(say_changes(old, new, language)))


def _is_read(request: HttpRequest) -> bool:
    """Say whether somebody reads the page: one that fetches ahead, or the head alone, does not."""
    said = " ".join(request.headers.get(name, "") for name in AHEAD)
    return request.method == "GET" and "prefetch" not in said and "preview" not in said


def _onward(request: HttpRequest) -> str:
    """Return where the login was on its way to: a path of this host, else the first page of the account."""
    wanted = request.GET.get("next", "")
    here = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if here and wanted.startswith("/") else "/account/"
