"""Which brand answers on this host; an unknown host gets a plain sentence and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from hostkeep.brands.queries import brand_by_host, policy_in_force
from hostkeep.kernel.ids import OPERATOR
from hostkeep.promises.stranger import OURS
from hostkeep.runtime import addresses, clock
from hostkeep.runtime import brand as running_brand

GetResponse = Callable[[HttpRequest], HttpResponse]

ANY_HOST = ("/health/", "/metrics")


def bare_host(request: HttpRequest) -> str:
    """Return the Host header's name: lower case, no port, no trailing dot."""
    raw = str(request.META.get("HTTP_HOST", "")).lower()
    return raw.rsplit(":", 1)[0].rstrip(".") if not raw.endswith("]") else raw


class Hosts:
    """Middleware: sets request.brand, request.policy and request.trace; 421 to a host that is nobody's.

    request.at is when a brand's request came; what only shows a page reads the time from there.

    Source: RFC 9110 section 15.5.20.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Find the brand and run the rest under it."""
        request.trace = request.META.get(OURS) or uuid.uuid4().hex  # type: ignore[attr-defined]
        request.brand = request.policy = None  # type: ignore[attr-defined]
        if request.path.startswith(ANY_HOST):
            # Under no brand the session would be nobody's, and so be ended.
            request.META.pop("HTTP_COOKIE", None)
            request.COOKIES = {}
            return self.get_response(request)
        host = bare_host(request)
        brand = brand_by_host(host)
        if brand is None and host not in _operators_own():
            return HttpResponse(render_to_string("ui/421.html"), status=421)
        if brand is None:
            request.urlconf = settings.OPERATOR_URLCONF
            with running_brand.during(OPERATOR):
                return self.get_response(request)
        request.brand = brand  # type: ignore[attr-defined]
        request.at = at = clock.now()  # type: ignore[attr-defined]
        request.policy = policy_in_force(brand.id, at)  # type: ignore[attr-defined]
        with running_brand.during(brand.id):
            return self.get_response(request)


def _operators_own() -> frozenset[str]:
    """Return the names of the operator's own host: in the demo the loopback's number is one, too."""
    return frozenset({addresses.operator_host(), *(("127.0.0.1",) if settings.HOSTKEEP.demo else ())})
