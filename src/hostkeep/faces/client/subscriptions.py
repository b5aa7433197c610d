"""What recurs, on a service's pages: its next invoice, another plan or term, and its end."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.signin.proving import proven_lately
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.next_terms import next_term_of
from hostkeep.faces.ui.pages import language_of, posted, show
from hostkeep.faces.ui.reading import TICKED, UndeclaredField
from hostkeep.faces.ui.telling import told_one
from hostkeep.flows import cancelling, changing
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ServiceId
from hostkeep.provisioning.queries import ServiceTold, service_of
from hostkeep.subscriptions.errors import BadPrice, BadTerm, NoSuchMove, NoSuchSubscription
from hostkeep.subscriptions.queries.changes import waiting_change
from hostkeep.subscriptions.queries.coming import coming
from hostkeep.subscriptions.queries.subscriptions import subscription_of_service

KEYS = frozenset({"when", "sure", TOKEN})


def term_of(request: HttpRequest, service: ServiceTold) -> dict[str, Any]:
    """Tell a service's page what recurs; nothing for a service that was bought once."""
    try:
        row = subscription_of_service(service.id, of=service.account)
    except NoSuchSubscription:
        return {}
    waiting, act = waiting_change(row.id), _act(request)
    return {
        "term": row,
        "next": row.next_period if row.renews else None,
        "coming": coming(act, row.id) if row.renews else None,
        "waiting": waiting,
        "next_term": next_term_of(act, row, waiting),
        "net": request.brand.prices == "net",  # type: ignore[attr-defined]
    }


@require_safe
@never_cache
@customers_only
def change_list(request: HttpRequest, service: UUID) -> HttpResponse:
    """Show what can be had in place of what is had, and what each would cost now."""
    account, row = account_of(request), _told(request, service)
    found = changing.offers(_act(request), of=account.id, service=row.id, language=language_of(request))
    return show(request, "client/service_changes.html", {
        "service": row, "offers": list(enumerate(found)), **term_of(request, row),
    })  # fmt: skip


@require_safe
@never_cache
@customers_only
def change_preview(request: HttpRequest, service: UUID, number: int) -> HttpResponse:
    """Show what one change would come to, and ask whether it is wanted."""
    account, row = account_of(request), _told(request, service)
    found = changing.offers(_act(request), of=account.id, service=row.id, language=language_of(request))
    if number >= len(found):
        raise NoSuchMove(state=row.state, move="change")
    return show(request, "client/service_change.html", {
        "service": row, "offer": found[number], "number": number, "once": uuid4().hex,
        "address": f"/account/services/{row.id}/change/", **term_of(request, row),
    })  # fmt: skip


@require_POST
@customers_only
def change(request: HttpRequest, service: UUID) -> HttpResponse:
    """Ask for a change that was shown.  One that would come to something else by now is shown anew."""
    account, row = account_of(request), _told(request, service)
    chosen = {key[7:]: str(value) for key, value in request.POST.items() if key.startswith("choice.")}
    wish = (request.POST.get("product", ""), request.POST.get("plan", ""), chosen)
    try:
        asked = changing.ask(
            _act(request), of=account.id, service=row.id, wish=wish,
            expected=_whole(request.POST.get("expected", "")),
            once=request.POST.get("once", "")[:64] or uuid4().hex,
        )  # fmt: skip
    except BadPrice:
        messages.error(request, gettext("The price is another one by now. Please look at it again."))
        return HttpResponseRedirect(f"/account/services/{row.id}/change/")
    waits = waiting_change(_row_id(row))
    if waits is not None and waits.invoice is not None:
        return HttpResponseRedirect(f"/account/invoices/{waits.invoice}/")
    said = {
        "term": gettext("The new term begins with the next period."),
        "downgrade": gettext("It is changed. What is left of the old price is your credit."),
    }
    messages.success(request, said.get(asked.kind, gettext("The change waits for your payment.")))
    return HttpResponseRedirect(f"/account/services/{row.id}/")


@require_POST
@customers_only
def change_back(request: HttpRequest, service: UUID) -> HttpResponse:
    """Take back a change that waits."""
    account, row = account_of(request), _told(request, service)
    changing.take_back(_act(request), of=account.id, service=row.id)
    messages.success(request, gettext("The change was taken back. Nobody has to pay for it."))
    return HttpResponseRedirect(f"/account/services/{row.id}/")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@customers_only
def cancel(request: HttpRequest, service: UUID) -> HttpResponse:
    """Show what cancelling would do; with a post, do it."""
    row = _told(request, service)
    if request.method != "POST":
        return _cancel_page(request, row)
    given = posted(request)
    if set(given) - KEYS:
        raise UndeclaredField(field="?")
    if request.POST.get("when") == "now":
        if not any(value.lower() in TICKED for value in given.get("sure", ())):
            problem = gettext("Tick the box to end the service now.")
            return _cancel_page(request, row, problem=problem, status=422)
        return _end_now(request, service=service)
    try:
        cancelling.cancel_at_end(_act(request), of=account_of(request).id, service=row.id)
    except (BadTerm, NoSuchMove):
        problem = gettext("This is not possible now. Look at what stands below.")
        return _cancel_page(request, row, problem=problem, status=409)
    messages.success(request, gettext("The service runs for what you paid, and ends then."))
    return HttpResponseRedirect(f"/account/services/{row.id}/")


@require_POST
@customers_only
def keep(request: HttpRequest, service: UUID) -> HttpResponse:
    """Take back a cancellation."""
    account, row = account_of(request), _told(request, service)
    cancelling.keep(_act(request), of=account.id, service=row.id)
    messages.success(request, gettext("The cancellation was taken back. The service goes on."))
    return HttpResponseRedirect(f"/account/services/{row.id}/")


@proven_lately
def _end_now(request: HttpRequest, service: UUID) -> HttpResponse:
    """End a service, its content with it."""
    cancelling.cancel_now(_act(request), of=account_of(request).id, service=ServiceId(service))
    messages.success(request, gettext("The service is being ended."))
    return HttpResponseRedirect(f"/account/services/{service}/")


def _cancel_page(
    request: HttpRequest, row: ServiceTold, *, problem: str = "", status: int = 200
) -> HttpResponse:
    seen = cancelling.outlook(_act(request), of=account_of(request).id, service=row.id)
    context = {"service": row, "outlook": seen, "problem": problem, **term_of(request, row)}
    return show(request, "client/service_cancel.html", context, status=status)


def _act(request: HttpRequest) -> Act:
    """Return the act of a customer who looks after their services."""
    return act_of(request, role="customer", purpose="service")


def _told(request: HttpRequest, service: UUID) -> ServiceTold:
    """Return one of the account's services, opened.  Raises NoSuchService, also for another account's."""
    return told_one(_act(request), service_of(account_of(request).id, ServiceId(service)))


def _row_id(row: ServiceTold) -> UUID:
    """Return the subscription of a service.  Raises NoSuchSubscription."""
    return subscription_of_service(row.id, of=row.account).id


def _whole(text: str) -> int:
    """Read a whole number as the page wrote it.  Raises BadPrice."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 16):  # noqa: PLR2004  10^15 and its sign
        raise BadPrice
    return int(text)


subscription_urls = [
    path("services/<uuid:service>/change/", change_list, name="service_changes"),
    path("services/<uuid:service>/change/<int:number>/", change_preview, name="service_change"),
    path("services/<uuid:service>/change/ask/", change, name="service_change_ask"),
    path("services/<uuid:service>/change/back/", change_back, name="service_change_back"),
    path("services/<uuid:service>/cancel/", cancel, name="service_cancel"),
    path("services/<uuid:service>/cancel/undo/", keep, name="service_keep"),
]
