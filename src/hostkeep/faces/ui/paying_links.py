"""Where a gateway sends the payer and its messages: pages of the host that the payer is on."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from hostkeep.faces.ui.hosts import bare_host
from hostkeep.flows.paying import Links
from hostkeep.flows.storing import Links as MethodLinks
from hostkeep.runtime import addresses


def links(request: HttpRequest) -> Links:
    """Return the addresses to hand a gateway.

    The payer returns to the host they left from, where their session is.
    """
    host = bare_host(request)

    def back(attempt: UUID) -> str:
        return addresses.brand_url(host, reverse("payment_return", args=[attempt]))

    def tell(gateway: str) -> str:
        return addresses.brand_url(host, reverse("gateway_callback", args=[gateway]))

    return Links(back=back, tell=tell)


def method_links(request: HttpRequest) -> MethodLinks:
    """Return the addresses to hand a gateway that is asked to keep a method."""
    host = bare_host(request)

    def back(method: UUID) -> str:
        return addresses.brand_url(host, reverse("method_return", args=[method]))

    return MethodLinks(back=back, tell=links(request).tell)
