"""/account/payment-methods/: ways to pay that a gateway keeps; none where the policy lets none be kept."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hostkeep.billing.queries.methods import methods_of
from hostkeep.billing.rules.gateways import not_kept_by
from hostkeep.brands.applying import policy_under
from hostkeep.drivers.payments import Kept, Waiting
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import show
from hostkeep.faces.ui.paying_links import method_links
from hostkeep.faces.ui.telling import told
from hostkeep.flows import paying, storing
from hostkeep.kernel.act import Act

HERE = "/account/payment-methods/"


@require_safe
@customers_only
def payment_methods(request: HttpRequest) -> HttpResponse:
    """List what is kept, and offer to leave more; or say by which clause nothing is kept here."""
    act = _act(request)
    rows = methods_of(account_of(request).id, brand=act.brand)
    return show(request, "client/methods.html", {
        "methods": told(act, rows),
        "gateways": paying.storing_gateways(act),
        "clause": not_kept_by(policy_under(act)),
        "today": act.at.date(),
    })  # fmt: skip


@require_POST
@customers_only
def method_keep(request: HttpRequest) -> HttpResponse:
    """Send the customer to the gateway's page, where they leave a card."""
    gateway = request.POST.get("gateway", "")
    asked = storing.keep_method(
        _act(request), of=account_of(request).id, gateway=gateway, links=method_links(request)
    )
    match asked.keeping:
        case Waiting(visit=str(url)):
            return HttpResponseRedirect(url)
        case Kept():
            messages.success(request, gettext("Your card is kept."))
        case _:
            messages.error(
                request, gettext("We could not reach the payment company. Please try again later.")
            )
    return HttpResponseRedirect(HERE)


@require_safe
@customers_only
def method_return(request: HttpRequest, method: UUID) -> HttpResponse:
    """Take a customer back from the gateway: ask it what was left."""
    state = storing.look_up_method(_act(request), of=account_of(request).id, method=method)
    if state == "ready":
        messages.success(request, gettext("Your card is kept."))
    elif state == "ended":
        messages.info(request, gettext("No card was left."))
    else:
        messages.info(request, gettext("The payment company has not told us yet. We go on asking."))
    return HttpResponseRedirect(HERE)


@require_POST
@customers_only
def method_prefer(request: HttpRequest, method: UUID) -> HttpResponse:
    """Let one be the card that is charged."""
    storing.choose_method(_act(request), of=account_of(request).id, method=method)
    messages.success(request, gettext("From now on this card is charged."))
    return HttpResponseRedirect(HERE)


@require_POST
@customers_only
def method_drop(request: HttpRequest, method: UUID) -> HttpResponse:
    """Remove one, here and at the gateway."""
    gone = storing.drop_method(_act(request), of=account_of(request).id, method=method)
    if gone:
        messages.success(request, gettext("The card is removed, here and at the payment company."))
    else:
        said = gettext("The card is charged no more. The payment company has not answered; we go on asking.")
        messages.info(request, said)
    return HttpResponseRedirect(HERE)


def _act(request: HttpRequest) -> Act:
    """Return the act of a customer who looks after their bills."""
    return act_of(request, role="customer", purpose="billing")


method_urls = [
    path("payment-methods/", payment_methods, name="payment_methods"),
    path("payment-methods/keep/", method_keep, name="method_keep"),
    path("payment-methods/<uuid:method>/return/", method_return, name="method_return"),
    path("payment-methods/<uuid:method>/prefer/", method_prefer, name="method_prefer"),
    path("payment-methods/<uuid:method>/remove/", method_drop, name="method_drop"),
]
"""Under /account/."""
