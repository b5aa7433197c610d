"""/account/services/<service>/add-ons/: what a service has beside its plan, and more or less of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.client.subscriptions import term_of
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.add_on_forms import no_longer_had, read_count, read_due
from hostkeep.faces.ui.errors import title_of
from hostkeep.faces.ui.forgery import TOKEN
from hostkeep.faces.ui.pages import language_of, posted, show
from hostkeep.faces.ui.reading import UndeclaredField
from hostkeep.faces.ui.telling import told, told_one
from hostkeep.flows import add_ons as flow
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ServiceId
from hostkeep.provisioning.queries import ServiceTold, service_of
from hostkeep.shop.queries.add_ons import add_ons_of_products
from hostkeep.subscriptions.errors import BadPrice, PeriodUnpaid
from hostkeep.subscriptions.queries.add_ons import add_ons_of
from hostkeep.subscriptions.queries.changes import waiting_change
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, subscription_of_service

KEYS = frozenset({"pieces", "expected", "once", TOKEN})


@require_safe
@never_cache
@customers_only
def add_on_list(request: HttpRequest, service: UUID) -> HttpResponse:
    """Show the add-ons of a service, and what can be had beside it."""
    account, row = account_of(request), _told(request, service)
    act, term = _act(request), subscription_of_service(row.id, of=account.id)
    found = flow.offers(act, of=account.id, service=row.id, language=language_of(request))
    rows = told(act, add_ons_of(term.id))
    return show(request, "client/service_add_ons.html", {
        "service": row,
        "had": [each for each in rows if each.ended_at is None],
        "past": no_longer_had(rows),
        "offers": found,
        **term_of(request, row),
    })  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@customers_only
def add_on_more(request: HttpRequest, service: UUID, add_on: str) -> HttpResponse:
    """Show what so many of an add-on would cost now; with a post, ask for them at what was shown."""
    account, row = account_of(request), _told(request, service)
    act, wish = _act(request), (add_on, read_count(_sent(request).get("pieces", "")))
    if request.method != "POST":
        quote = flow.quote_more(
            act, of=account.id, service=row.id, wish=wish, language=language_of(request)
        )
        return _quote_page(request, row, quote, "more")
    try:
        asked = flow.add(act, of=account.id, service=row.id, wish=wish, **_asked(request))
    except BadPrice:
        return _look_again(request, row, wish, "more")
    waits = waiting_change(subscription_of_service(row.id, of=account.id).id)
    if waits is not None and waits.invoice is not None:
        return HttpResponseRedirect(f"/account/invoices/{waits.invoice}/")
    done = gettext("It is added.") if asked.state == "done" else gettext("It waits for your payment.")
    messages.success(request, done)
    return HttpResponseRedirect(_address(row))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@customers_only
def add_on_less(request: HttpRequest, service: UUID, add_on: str) -> HttpResponse:
    """Show what would be given back for an add-on; with a post, take it off at what was shown."""
    account, row = account_of(request), _told(request, service)
    act, wish = _act(request), (add_on, read_count(_sent(request).get("pieces", "")))
    if request.method != "POST":
        quote = flow.quote_less(act, of=account.id, service=row.id, wish=wish)
        return _quote_page(request, row, quote, "less")
    try:
        asked = flow.take_off(act, of=account.id, service=row.id, wish=wish, **_asked(request))
    except BadPrice:
        return _look_again(request, row, wish, "less")
    except PeriodUnpaid as refusal:
        messages.error(request, title_of(refusal))
        return HttpResponseRedirect(_address(row))
    credit = gettext("It is taken off. What is left of its price is your credit.")
    messages.success(request, credit if asked.back.minor else gettext("It is taken off."))
    return HttpResponseRedirect(_address(row))


def beside_of(request: HttpRequest, service: ServiceTold, term: SubscriptionRow | None) -> dict[str, Any]:
    """Tell a service's page what it has beside its plan, and whether there is something to have."""
    if term is None:
        return {}
    held = [each for each in add_ons_of(term.id) if each.ended_at is None]
    product = service.product
    offered = add_ons_of_products(service.brand, [product], currency=term.price.currency.code)
    return {
        "beside": told(_act(request), held) if held else (),
        "offers_more": bool(offered.get(product)),
    }


def _quote_page(request: HttpRequest, row: ServiceTold, quote: flow.Quote, what: str) -> HttpResponse:
    """Show what pieces come to, and ask whether it is wanted."""
    return show(request, "client/service_add_on.html", {
        "service": row, "quote": quote, "what": what, "once": uuid4().hex,
        "address": f"{_address(row)}{quote.slug}/{what}/", **term_of(request, row),
    })  # fmt: skip


def _look_again(request: HttpRequest, row: ServiceTold, wish: tuple[str, int], what: str) -> HttpResponse:
    """Send somebody to the price as it is by now."""
    messages.error(request, gettext("The price is another one by now. Please look at it again."))
    slug, pieces = wish
    return HttpResponseRedirect(f"{_address(row)}{slug}/{what}/?pieces={pieces}")


def _sent(request: HttpRequest) -> Any:
    """Return what was sent with a page.  Raises UndeclaredField for a key that its form does not have."""
    if request.method != "POST":
        return request.GET
    if set(posted(request)) - KEYS:
        raise UndeclaredField(field="?")
    return request.POST


def _asked(request: HttpRequest) -> dict[str, Any]:
    """Return what a page hands back: the amount that it showed, and its key.  Raises BadPrice."""
    expected = read_due(request.POST.get("expected", ""))
    if expected is None:
        raise BadPrice
    return {"expected": expected, "once": request.POST.get("once", "")[:64] or uuid4().hex}


def _address(row: ServiceTold) -> str:
    """Return where the add-ons of a service stand."""
    return f"/account/services/{row.id}/add-ons/"


def _act(request: HttpRequest) -> Act:
    """Return the act of a customer who looks after their services."""
    return act_of(request, role="customer", purpose="service")


def _told(request: HttpRequest, service: UUID) -> ServiceTold:
    """Return one of the account's services, opened.  Raises NoSuchService, also for another account's."""
    return told_one(_act(request), service_of(account_of(request).id, ServiceId(service)))


add_on_urls = [
    path("services/<uuid:service>/add-ons/", add_on_list, name="service_add_ons"),
    path("services/<uuid:service>/add-ons/<slug:add_on>/more/", add_on_more, name="service_add_on_more"),
    path("services/<uuid:service>/add-ons/<slug:add_on>/less/", add_on_less, name="service_add_on_less"),
]
