"""/pay/<link>/: one invoice's number and amount, and a button to pay it, for whoever holds the link.

Nobody signs in, no page of the account opens by it, and nothing of the customer is shown.  Mail programs
follow links: only the form's POST asks a gateway.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hostkeep.drivers.payments import Declined, Settled, Waiting
from hostkeep.faces.signin.pace import keep_pace
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.hosts import bare_host
from hostkeep.faces.ui.pages import show
from hostkeep.faces.ui.pay_links import read_pay_link
from hostkeep.faces.ui.paying_links import links
from hostkeep.flows import pay_links
from hostkeep.flows.paying import Links
from hostkeep.runtime import addresses


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def pay_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is to pay; with a post, go to the gateway named in the form.

    Raises PayLinkOver, TooOften.
    """
    keep_pace(request, "pay_link")
    link = read_pay_link(token)
    # Who holds a link is nobody known, also where they are signed in here as somebody.
    act = replace(act_of(request, role="visitor", purpose="billing"), own=None)
    if request.method == "POST":
        gateway = request.POST.get("gateway", "")
        asked = pay_links.pay_by_link(act, link, gateway=gateway, links=_links(request))
        return _after(request, asked.outcome)
    seen = pay_links.by_link(act, link)
    response = show(request, "storefront/pay_link.html", {"seen": seen, "until": link.until})
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _after(request: HttpRequest, outcome: object) -> HttpResponse:
    """Lead on after a gateway was asked."""
    match outcome:
        case Waiting(visit=str(url)):
            return HttpResponseRedirect(url)
        case Settled():
            messages.success(request, gettext("Thank you. The payment is here."))
        case Declined():
            messages.error(request, gettext("The payment was declined. Nothing was taken."))
        case _:
            said = gettext("We could not reach the payment company. Please look again in a few minutes.")
            messages.info(request, said)
    return HttpResponseRedirect(request.path)


def _links(request: HttpRequest) -> Links:
    """Return the addresses to hand the gateway: its payer comes back to the link, and to no account."""
    host, usual, here = bare_host(request), links(request), request.path

    def back(attempt: UUID) -> str:
        del attempt
        return addresses.brand_url(host, here)

    return Links(back=back, tell=usual.tell)


pay_link_urls = [path("pay/<str:token>/", pay_link, name="pay_link")]
"""Under the shop's own address."""
