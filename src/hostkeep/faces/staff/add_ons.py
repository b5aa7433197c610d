"""/staff/services/<service>/add-ons/: what a service has beside its plan, added and taken off by staff."""

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
from hostkeep.faces.ui.add_on_forms import no_longer_had, read_count, read_due
from hostkeep.faces.ui.errors import title_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.telling import told, told_one
from hostkeep.flows import add_ons as flow
from hostkeep.flows import changing
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import ServiceId
from hostkeep.provisioning.queries import ServiceRow, service
from hostkeep.shop.errors import NoSuchAddOn as NotOffered
from hostkeep.subscriptions.errors import (
    BadPrice,
    ChangeWaits,
    NoSuchAddOn,
    NoSuchChange,
    NoSuchMove,
    PeriodUnpaid,
    TooManyAddOns,
)
from hostkeep.subscriptions.queries.add_ons import add_ons_of
from hostkeep.subscriptions.queries.changes import waiting_change
from hostkeep.subscriptions.queries.subscriptions import subscription_of_service

TO_SAY = (
    BadPrice, ChangeWaits, NoSuchAddOn, NoSuchChange, NoSuchMove, NotOffered, PeriodUnpaid, TooManyAddOns,
)
"""Refusals that are said on the page itself."""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("billing")
def service_add_ons(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Show what a service has beside its plan and what a move would come to; with a post, make the move.

    The customer's invoice is made as if they had asked for it themselves, and says the same.
    Raises NoSuchService, NoSuchSubscription.
    """
    row = service(ServiceId(wanted))
    if request.method != "POST":
        return _page(request, row)
    try:
        said = _moved(request, row)
    except TO_SAY as refusal:
        return _page(request, row, refusal=refusal)
    messages.success(request, said)
    return HttpResponseRedirect(request.path)


def _moved(request: HttpRequest, row: ServiceRow) -> str:
    """Add, take off, or take back what waits; return what is told."""
    act, sent = _act(request, row), request.POST
    if sent.get("what") == "back":
        changing.take_back(act, of=row.account, service=row.id)
        return gettext("It was taken back. Nobody has to pay for it.")
    expected = read_due(sent.get("expected", ""))
    if expected is None:
        raise BadPrice
    wish = (sent.get("add_on", ""), read_count(sent.get("pieces", "")))
    once = sent.get("once", "")[:64] or uuid4().hex
    if sent.get("what") == "less":
        asked = flow.take_off(act, of=row.account, service=row.id, wish=wish, expected=expected, once=once)
        credit = gettext("It is taken off. What is left of its price is the customer's credit.")
        return credit if asked.back.minor else gettext("It is taken off.")
    asked = flow.add(act, of=row.account, service=row.id, wish=wish, expected=expected, once=once)
    if asked.state == "done":
        return gettext("It is added.")
    return gettext("Its invoice is made. It is added when the customer pays.")


def _page(request: HttpRequest, row: ServiceRow, *, refusal: Foreseen | None = None) -> HttpResponse:
    """Draw the page, with what a move would come to where one is looked at."""
    act, term = _act(request, row), subscription_of_service(row.id, of=row.account)
    rows = told(act, add_ons_of(term.id))
    quote = None
    if refusal is None:
        try:
            quote = _quote(request, row)
        except TO_SAY as problem:
            refusal = problem
    return show(request, "staff/services_add_ons.html", {
        "service": told_one(act, row),
        "shop": brand(row.brand),
        "term": term,
        "had": [each for each in rows if each.ended_at is None],
        "past": no_longer_had(rows),
        "offers": flow.offers(act, of=row.account, service=row.id, language=language_of(request)),
        "waiting": waiting_change(term.id),
        "quote": quote,
        "what": request.GET.get("what", ""),
        "once": uuid4().hex,
        "problem": title_of(refusal) if refusal else "",
    }, status=refusal.status if refusal else 200)  # fmt: skip


def _quote(request: HttpRequest, row: ServiceRow) -> flow.Quote | None:
    """Return what the move that is looked at would come to; None where none is."""
    sent: Any = request.GET
    if sent.get("what") not in {"more", "less"}:
        return None
    act, wish = _act(request, row), (sent.get("add_on", ""), read_count(sent.get("pieces", "")))
    if sent["what"] == "less":
        return flow.quote_less(act, of=row.account, service=row.id, wish=wish)
    return flow.quote_more(act, of=row.account, service=row.id, wish=wish, language=language_of(request))


def _act(request: HttpRequest, row: ServiceRow) -> Act:
    """Return the act of a member of staff who looks after a brand's bills."""
    return act_of(request, role=role_of(request), purpose="billing", brand=row.brand)


add_on_urls = [path("services/<uuid:wanted>/add-ons/", service_add_ons, name="staff_service_add_ons")]
"""Under /staff/."""
