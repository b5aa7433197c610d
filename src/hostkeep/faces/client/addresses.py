"""The login address: a new one is asked for here, confirmed from its own mailbox, and only then in force."""

from __future__ import annotations

import secrets
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.client.security import user_of
from hostkeep.faces.signin.pace import keep_pace
from hostkeep.faces.signin.proving import proven_lately
from hostkeep.faces.ui import field_checks as checks
from hostkeep.faces.ui.acts import act_of, brand_id_of
from hostkeep.faces.ui.errors import title_of
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.pages import language_of, posted, reader_of, show
from hostkeep.faces.ui.reading import UndeclaredField
from hostkeep.faces.ui.templatetags.asking import sentence
from hostkeep.flows import addressing
from hostkeep.people.closings import PassingRow, passing
from hostkeep.people.errors import AddressSame, AddressTooLong, LinkOver
from hostkeep.people.queries import user
from hostkeep.runtime import clock

HERE = "/account/profile/email/"
SALT = "hostkeep.account.new_address"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@customers_only
def email(request: HttpRequest) -> HttpResponse:
    """Ask for a new login address; with a post, write to it."""
    return _ask(request) if request.method == "POST" else _page(request)


@proven_lately
def _ask(request: HttpRequest) -> HttpResponse:
    """Write to the new address.  The answer is the same whether or not somebody has it already.

    Raises UndeclaredField, TooOften.
    """
    given = posted(request)
    if set(given) - {"email", TOKEN}:
        raise UndeclaredField(field="?")
    keep_pace(request, "new_address")
    address, wrong = _read(request)
    if wrong:
        return _page(request, problem=wrong, typed=address, status=422)
    act = act_of(request, role="customer", purpose="account")
    try:
        addressing.ask_for(
            act, user=user_of(request), of=account_of(request), address=address,
            once=secrets.token_hex(12), language=language_of(request)[:2],
        )  # fmt: skip
    except (AddressSame, AddressTooLong) as refusal:
        return _page(request, problem=title_of(refusal), typed=address, status=refusal.status)
    told = gettext("We wrote to the new address. It counts once you confirm it from there.")
    messages.success(request, told)
    return HttpResponseRedirect(HERE)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Put a new address in force, for whoever has its mailbox; opening the link alone changes nothing.

    Raises LinkOver, TooOften, AccountNotOpen.
    """
    keep_pace(request, "address_link")
    row = _wish(request, token)
    if request.method == "POST":
        seen = act_of(request, role="visitor", purpose="account")
        addressing.confirm(replace(seen, role="customer", own=user(row.user).subject), passing=row.id)
    context = {"done": request.method == "POST"}
    response = show(request, "client/email_confirm.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response


def new_address_path(passing_id: str) -> str:
    """Return the path that confirms a new login address.  passing_id: its handle while it passes."""
    return f"{HERE}confirm/{Signer(salt=SALT).sign(passing_id)}/"


def _wish(request: HttpRequest, token: str) -> PassingRow:
    """Return the change a link speaks of, at this host's brand.  Raises LinkOver."""
    try:
        row = passing(UUID(Signer(salt=SALT).unsign(token)), clock.now())
    except (BadSignature, ValueError):
        raise LinkOver from None
    if row is None or row.use != "new" or user(row.user).brand != brand_id_of(request):
        raise LinkOver
    return row


def _read(request: HttpRequest) -> tuple[str, str]:
    """Return the address as sign-up would read it, and what is wrong with it, in words, or an empty text."""
    tidy = checks.tidy("email", request.POST.get("email", ""))
    found = tidy if isinstance(tidy, checks.Wrong) else checks.CHECKS["email"](tidy, reader_of(request))
    if isinstance(found, checks.Wrong):
        return request.POST.get("email", "")[:200], sentence(found)
    return (found, "") if found else ("", sentence(checks.MISSING))


def _page(request: HttpRequest, *, problem: str = "", typed: str = "", status: int = 200) -> HttpResponse:
    """Draw the page.  archives: the clause that archives an address which changes, where there is one."""
    wanted = request.policy.duties.archive  # type: ignore[attr-defined]
    archives = wanted.clause if wanted and "email" in wanted.categories else ""
    context = {"problem": problem, "typed": typed, "archives": archives}
    return show(request, "client/email.html", context, status=status)


address_urls = [
    path("profile/email/", email, name="profile_email"),
    path("profile/email/confirm/<str:token>/", confirm, name="profile_email_confirm"),
]
"""Under /account/."""
