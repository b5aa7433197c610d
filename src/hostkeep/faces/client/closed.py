"""What is left to the owner of a closed account: a copy, opting out, a dispute.

Who still has a login signs in to it; where the login is erased, the link of the closing mail stands in.
Mail programs follow links: only a form's POST acts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hostkeep.brands.applying import policy_for
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.client.exports import file_of
from hostkeep.faces.signin.pace import keep_pace
from hostkeep.faces.ui.acts import act_of, brand_id_of
from hostkeep.faces.ui.fates import left_shown
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.pages import language_of, posted, show
from hostkeep.faces.ui.reading import TICKED, UndeclaredField
from hostkeep.flows import agreeing, disputing
from hostkeep.flows.closing import ending_with, fates_of
from hostkeep.flows.endings import Ending, ending_for
from hostkeep.flows.exporting.disputes import Brought, brought_by
from hostkeep.flows.exporting.making import make_export
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, PurposeId
from hostkeep.messaging.queries import preferences_of
from hostkeep.people import closings
from hostkeep.people.actions.parting import make_link
from hostkeep.people.queries import AccountRow
from hostkeep.people.queries import account as account_row
from hostkeep.people.rules.closing import OPEN, kept_as
from hostkeep.policy.book import Policy
from hostkeep.runtime import jobs
from hostkeep.vault import consenting
from hostkeep.vault.consents import consents_of
from hostkeep.vault.exports import fetch_export

LONGEST = 4000
"""Characters of what is brought forward."""


@dataclass(frozen=True, slots=True)
class Left:
    """Whose page it is.

    how   "client_area" or "link"
    here  the page's address
    said  what was done a moment ago
    """

    account: AccountRow
    policy: Policy
    act: Act
    how: str
    here: str
    said: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@customers_only
def closed(request: HttpRequest) -> HttpResponse:
    """Show what is left to a signed-in owner; a post does one thing of it."""
    account = account_of(request)
    if account.state == OPEN:
        return HttpResponseRedirect("/account/")
    act = act_of(request, role="customer", purpose="rights")
    policy = policy_for(account.brand, account.subject, act.at)
    return _answer(request, Left(account, policy, act, "client_area", "/account/closed/"))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is left to whoever holds the link; a post does one thing of it.

    Raises LinkOver, TooOften.
    """
    keep_pace(request, "closed_link")
    seen = act_of(request, role="visitor", purpose="rights")
    link = closings.closed_link(brand_id_of(request), token, seen.at)
    account = account_row(link.account)
    act = replace(seen, role="customer", own=account.subject)
    policy = policy_for(account.brand, account.subject, act.at)
    response = _answer(request, Left(account, policy, act, "link", request.path))
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def closed_path(account: str) -> str:
    """Return the path of a fresh link for a closed account.  account: its handle."""
    row = account_row(AccountId(UUID(account)))
    act = jobs.job_act("closed_link", brand=row.brand, trace=f"closed:{row.id}")
    under = closings.closing_of(row.id)
    ending = ending_for(row.brand, row.subject, under.begun_at if under else act.at)
    made = make_link(act, account=row.id, until=ending.until)
    return f"/account/left/{made.token}/"


def _answer(request: HttpRequest, left: Left) -> HttpResponse:
    """Show the page, or do what its form says.  Raises Http404 for a deed it does not have."""
    if request.method != "POST":
        return _page(request, left)
    match request.POST.get("do", ""):
        case "export":
            return _export(left)
        case "opt_out":
            return _opt_out(request, left)
        case "dispute":
            return _dispute(request, left)
        case "read":
            return _page(request, left, brought=brought_by(left.act, account=left.account.id))
    raise Http404


def _export(left: Left) -> HttpResponse:
    """Hand out a copy of what is still kept; it is gone here with the answer."""
    made = make_export(left.act, account=left.account, user=None)
    fetched = fetch_export(left.act, subject=left.account.subject, export=made.id, key=made.key)
    return file_of(fetched.data, f"{left.account.brand}-copy.zip")


def _opt_out(request: HttpRequest, left: Left) -> HttpResponse:
    """Note which mail is wanted, and take back the consents that were chosen.  Raises UndeclaredField."""
    given = posted(request)
    offered = {row.stream for row in preferences_of(left.account.subject, policy=left.policy) if row.can_stop}
    if set(given) - offered - {"do", TOKEN}:
        raise UndeclaredField(field="?", clause=left.policy.closed_by.get("communicate", ""))
    stopped = {s: False for s in offered if not any(v.lower() in TICKED for v in given.get(s, ()))}
    language = language_of(request)
    agreeing.choose_streams(
        left.act, subject=left.account.subject, choices=stopped, how=left.how, language=language
    )
    for row in consents_of(left.act, subject=left.account.subject):
        if row.state == "given":
            _take_back(left, row.purpose, row.recipient, language)
    return _said(request, left, gettext("Saved. From now on we write to you only what must be said."))


def _take_back(left: Left, purpose: PurposeId, recipient: str, language: str) -> None:
    """Take one yes back; one that is gone meanwhile is fine."""
    try:
        agreeing.take_back(
            left.act, subject=left.account.subject, purpose=purpose, recipient=recipient, how=left.how,
            language=language,
        )  # fmt: skip
    except consenting.NoneStands:
        return


def _dispute(request: HttpRequest, left: Left) -> HttpResponse:
    """Keep what the owner brings forward.  Raises NoDisputes, UndeclaredField."""
    given = posted(request)
    if set(given) - {"do", "text", "once", TOKEN}:
        raise UndeclaredField(field="?", clause=left.policy.closed_by.get("collect", ""))
    text = request.POST.get("text", "").strip()
    if not text or len(text) > LONGEST:
        problem = gettext("Write what it is about, in at most 4000 characters.")
        return _page(request, left, problem=problem, typed=text, status=422)
    once = _once(request.POST.get("once", ""))
    disputing.bring(left.act, of=left.account, text=text, how=left.how, once=once)
    told = gettext("We have received it. Somebody who looks after disputes will read it.")
    return _said(request, left, told)


def _said(request: HttpRequest, left: Left, text: str) -> HttpResponse:
    """Lead back to the page, with a word; whoever came by a link has no session to keep it in."""
    if left.how == "link":
        return _page(request, replace(left, said=text))
    messages.success(request, text)
    return HttpResponseRedirect(left.here)


def _page(
    request: HttpRequest,
    left: Left,
    *,
    brought: Sequence[Brought] = (),
    problem: str = "",
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    """Draw the page.  brought: what was brought forward, in words, where its owner asked to see it."""
    account, language = left.account, language_of(request)
    zone = request.brand.zone  # type: ignore[attr-defined]
    streams = preferences_of(account.subject, policy=left.policy)
    under = closings.closing_of(account.id)
    begun = under.begun_at if under else left.act.at
    fates = fates_of(left.act, account)
    ending = ending_with(left.act, account, fates, closed_at=begun)
    context = {
        "left": left,
        "ending": ending,
        "stays_until": _stays_until(left, ending),
        "begun_at": begun,
        "fates": left_shown(fates, left.policy, at=left.act.at, zone=zone, language=language),
        "offered": [row for row in streams if row.can_stop],
        "consents": [row for row in consents_of(left.act, subject=account.subject) if row.state == "given"],
        "disputes": closings.disputes_of(account.id),
        "brought": [(row.made_at, "" if row.words is None else row.words.open()) for row in brought],
        "dispute_until": disputing.kept_until(left.act, of=account) if kept_as(left.policy) else None,
        "contact": left.policy.controller.get("contact", ""),
        "once": str(uuid4()),
        "problem": problem,
        "typed": typed,
    }
    return show(request, "client/closed.html", context, status=status)


def _stays_until(left: Left, ending: Ending) -> datetime | None:
    """Return the last day of the page; None where none stands: it ends with services, or with a hold.

    A hold keeps the login and not the link.
    """
    by_login = left.how == "client_area"
    until = ending.signs_in_until or ending.until if by_login else ending.until
    return None if until <= left.act.at or (by_login and ending.stays) else until


def _once(text: str) -> UUID:
    """Return the handle a page was given, or a fresh one."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


closed_urls = [
    path("closed/", closed, name="account_closed"),
    path("left/<str:token>/", by_link, name="account_left"),
]
"""Under /account/."""
