"""/callbacks/<gateway>/: messages of payment companies.  No session; the signature is what lets them in."""

from __future__ import annotations

import time

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from hostkeep.faces.ui.acts import act_of
from hostkeep.flows.noticing import Heard, take_notice


@require_POST
def gateway_callback(request: HttpRequest, gateway: str) -> HttpResponse:
    """Take one call-back: 204; a forged, stale or foreign one is refused and nothing is changed."""
    if getattr(request, "brand", None) is None:
        raise Http404
    act = act_of(request, role="system", purpose="billing")
    take_notice(act, gateway=gateway, heard=Heard(request.headers, request.body, time.time()))
    return HttpResponse(status=204)


callback_urls = [path("callbacks/<slug:gateway>/", gateway_callback, name="gateway_callback")]
"""At the root of a brand's host."""
