"""/staff/services/<service>/subscription/: what recurs of it, changed, ended and kept for its customer."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from hostkeep.brands.queries import brand
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.add_on_forms import read_due
from hostkeep.faces.ui.errors import title_of
from hostkeep.faces.ui.next_terms import next_term_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.paging import number_asked
from hostkeep.faces.ui.telling import told_one
from hostkeep.flows import cancelling, changing
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import ServiceId
from hostkeep.provisioning.queries import ServiceRow, service
from hostkeep.subscriptions.errors import (
    BadPrice,
    BadTerm,
    ChangeWaits,
    NoSuchChange,
    NoSuchMove,
    PeriodUnpaid,
    SameAsNow,
)
from hostkeep.subscriptions.queries.changes import waiting_change
from hostkeep.subscriptions.queries.coming import coming
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, periods_of, subscription_of_service

TO_SAY = (BadPrice, BadTerm, ChangeWaits, NoSuchChange, NoSuchMove, PeriodUnpaid, SameAsNow)
"""Refusals that are said on the page itself."""

CHOICE = "choice."
PERIODS = 24


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("billing")
def service_subscription(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Show what recurs of a service, and what a change would come to; with a post, do what is asked.

    It is done as if the customer had asked for it; the book says who did.  Ending a service at once, its
    content with it, is the customer's own, or the end of their account.
    Raises NoSuchService, NoSuchSubscription.
    """
    row = service(ServiceId(wanted))
    if request.method != "POST":
        return _page(request, row)
    try:
        said = _done(request, row)
    except TO_SAY as refusal:
        return _page(request, row, refusal=refusal)
    messages.success(request, said)
    return HttpResponseRedirect(request.path)


def _done(request: HttpRequest, row: ServiceRow) -> str:
    """Do what a post asks for; return what is told.  Raises TO_SAY."""
    act, what = _act(request, row), request.POST.get("what", "")
    if what == "end":
        cancelling.cancel_at_end(act, of=row.account, service=row.id)
        return gettext("It runs for what was paid, and ends then.")
    if what == "keep":
        cancelling.keep(act, of=row.account, service=row.id)
        return gettext("It goes on.")
    if what == "back":
        changing.take_back(act, of=row.account, service=row.id)
        return gettext("It was taken back. Nobody has to pay for it.")
    return _changed(request, row)


def _changed(request: HttpRequest, row: ServiceRow) -> str:
    """Ask for the change that was looked at.  Raises TO_SAY."""
    sent = request.POST
    expected = read_due(sent.get("expected", ""))
    if expected is None:
        raise BadPrice
    chosen = {key.removeprefix(CHOICE): str(to) for key, to in sent.items() if key.startswith(CHOICE)}
    asked = changing.ask(
        _act(request, row), of=row.account, service=row.id, expected=expected,
        wish=(sent.get("product", ""), sent.get("plan", ""), chosen),
        once=sent.get("once", "")[:64] or uuid4().hex,
    )  # fmt: skip
    said = {
        "term": gettext("The new term begins with the next period."),
        "downgrade": gettext("It is changed. What is left of the old price is the customer's credit."),
    }
    return said.get(asked.kind, gettext("Its invoice is made. It is changed when the customer pays."))


def _page(request: HttpRequest, row: ServiceRow, *, refusal: Foreseen | None = None) -> HttpResponse:
    """Draw the page, with what the change comes to that is looked at."""
    act, term = _act(request, row), subscription_of_service(row.id, of=row.account)
    offers = changing.offers(act, of=row.account, service=row.id, language=language_of(request))
    look, waiting = None if refusal else number_asked(request, "look"), waiting_change(term.id)
    return show(request, "staff/services_subscription.html", {
        "service": told_one(act, row),
        "shop": brand(row.brand),
        "net": brand(row.brand).prices == "net",
        "term": term,
        "offers": list(enumerate(offers)),
        "quote": next((each for n, each in enumerate(offers) if n == look), None),
        "periods": periods_of(term.id, first=PERIODS),
        "waiting": waiting,
        "next_term": next_term_of(act, term, waiting),
        "once": uuid4().hex,
        "problem": title_of(refusal) if refusal else "",
        **_ahead(act, row, term),
    }, status=refusal.status if refusal else 200)  # fmt: skip


def _ahead(act: Act, row: ServiceRow, term: SubscriptionRow) -> dict[str, Any]:
    """Return what comes next: the next period and its bill, and when it could end."""
    if not term.renews:
        return {}
    seen = cancelling.outlook(act, of=row.account, service=row.id)
    return {"next": term.next_period, "coming": coming(act, term.id), "end": seen.ends_at}


def _act(request: HttpRequest, row: ServiceRow) -> Act:
    """Return the act of a member of staff who looks after a brand's bills."""
    return act_of(request, role=role_of(request), purpose="billing", brand=row.brand)


subscription_urls = [
    path("services/<uuid:wanted>/subscription/", service_subscription, name="staff_service_subscription"),
]  # fmt: skip
"""Under /staff/."""
