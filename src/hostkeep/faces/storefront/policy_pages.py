"""/privacy/ and what belongs to it: the policy in force, its history, the same as data; and /contact/."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from hostkeep.brands.queries import VersionRow, policy_by_digest, version_in_force, versions_of
from hostkeep.faces.storefront.differences import history_of, news_of
from hostkeep.faces.storefront.policy_layout import sections_of
from hostkeep.faces.ui.acts import brand_id_of
from hostkeep.faces.ui.pages import language_of, lights_of, show
from hostkeep.policy.render.page import policy_page
from hostkeep.policy.render.record import policy_json
from hostkeep.runtime import clock

SHOWN = 20
"""Versions the history shows with their differences; older ones are named alone."""


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Show the policy in force, made from the rules the program obeys."""
    in_force = request.policy  # type: ignore[attr-defined]
    page = policy_page(in_force, language_of(request))
    context = {
        "page": page,
        "sections": sections_of(page, lights_of(request)),
        "news": news_of(brand_id_of(request), page.language, clock.now()),
    }
    return show(request, "storefront/policy.html", context)


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Show every version, newest first, and what each changed."""
    chapters = history_of(brand_id_of(request), language_of(request), clock.now(), SHOWN)
    return show(request, "storefront/history.html", {"chapters": chapters})


@require_safe
def policy_data(request: HttpRequest) -> JsonResponse:
    """Give the policy in force as data."""
    brand, now = brand_id_of(request), clock.now()
    version = version_in_force(brand, now)
    coming = _coming(request, now)
    record = policy_json(
        policy_by_digest(version.digest),
        version=version.version,
        announced_at=version.announced_at,
        effective_at=version.effective_at,
        next=_named(coming[-1]) if coming else None,
    )
    return JsonResponse(record, json_dumps_params={"ensure_ascii": False})


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """Say how to reach the company."""
    return show(request, "storefront/contact.html")


def _coming(request: HttpRequest, now: datetime) -> tuple[VersionRow, ...]:
    """Return the versions announced and not in force yet, the next one last."""
    return tuple(row for row in versions_of(brand_id_of(request)) if row.effective_at > now)


def _named(row: VersionRow) -> dict[str, str | int]:
    """Say of a coming version what policy.json says of it."""
    return {
        "version": row.version,
        "digest": row.digest,
        "announced_at": row.announced_at.isoformat(),
        "effective_at": row.effective_at.isoformat(),
    }


policy_urls = [
    path("privacy/", policy, name="policy"),
    path("privacy/history/", history, name="policy_history"),
    path("privacy/policy.json", policy_data, name="policy_data"),
    path("contact/", contact, name="contact"),
]
