"""/privacy/promises/: the public promise ledger."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from hostkeep.faces.storefront.promise_layout import Promise, promises_of
from hostkeep.faces.ui.acts import brand_id_of
from hostkeep.faces.ui.lights import SPOKEN
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.policy.render.page import policy_page
from hostkeep.promises.documents import canary_acts
from hostkeep.promises.ledger import ledger_of
from hostkeep.promises.upkeep import upkeep
from hostkeep.runtime import clock


@require_safe
def promises(request: HttpRequest) -> HttpResponse:
    """Show every clause with its light and its evidence."""
    page = policy_page(request.policy, language_of(request))  # type: ignore[attr-defined]
    brand, at = brand_id_of(request), clock.now()
    ledger = {row.clause: row for row in ledger_of(brand, at)}
    found = promises_of(page, ledger)
    context = {
        "promises": found,
        "counts": _counts(found),
        "canary_acts": canary_acts(brand, at),
        "upkeep": upkeep(at),
    }
    return show(request, "storefront/promises.html", context)


def _counts(found: Sequence[Promise]) -> list[tuple[str, int]]:
    """Count the promises by light."""
    return [(light, sum(1 for promise in found if promise.light == light)) for light in SPOKEN]


promise_urls = [path("privacy/promises/", promises, name="promises")]
"""Included by the storefront's list of addresses."""
