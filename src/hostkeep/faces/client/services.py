"""The customer's services: list, a building that can be followed, the running service, its access data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hostkeep.billing.queries.qualifying import CheckRow, check_of
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.client.add_ons import beside_of
from hostkeep.faces.client.service_words import (
    build_steps,
    history,
    reason,
    sizes,
    under_way,
    waiting_steps,
)
from hostkeep.faces.client.subscriptions import term_of
from hostkeep.faces.client.using import is_counted
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import show
from hostkeep.faces.ui.service_keys import key_called, keys_of
from hostkeep.faces.ui.telling import told, told_one
from hostkeep.flows.service_access import Opened, open_secret, renew_secret, shown_once
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ServiceId
from hostkeep.provisioning.queries import ServiceTold, WorkRow, service_of, services_of, work_of
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import Verb

PAGES: Mapping[State, str] = {
    State.ORDERED: "client/service_building.html",
    State.BUILDING: "client/service_building.html",
    State.FAILED: "client/service_building.html",
    State.CLOSED: "client/service_closed.html",
}


@require_safe
@customers_only
def service_list(request: HttpRequest) -> HttpResponse:
    """List the account's services."""
    services = told(_act(request), services_of(account_of(request).id))
    return show(request, "client/services.html", {"services": services})


@require_safe
@never_cache
@customers_only
def service_page(request: HttpRequest, service: UUID) -> HttpResponse:
    """Show one service as it stands.  Raises NoSuchService, also for another account's."""
    return _page(request, _told(request, service), None)


@require_POST
@customers_only
def show_secret(request: HttpRequest, service: UUID, name: str) -> HttpResponse:
    """Open one secret on the service's page.  Where the policy says so it is the only time."""
    account = account_of(request)
    opened = open_secret(_act(request), of=account.id, service=ServiceId(service), name=name)
    return unkept(_page(request, _told(request, service), opened))


@require_POST
@customers_only
def save_secret(request: HttpRequest, service: UUID, name: str) -> HttpResponse:
    """Hand one secret over as a file, such as a WireGuard app imports."""
    account = account_of(request)
    row = _told(request, service)
    key = key_called(row, name)
    act = _act(request)
    opened = open_secret(act, of=account.id, service=row.id, name=name)
    answer = HttpResponse(opened.value.open(), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{key.file or "access.txt"}"'
    return unkept(answer)


@require_POST
@customers_only
def replace_secret(request: HttpRequest, service: UUID, name: str) -> HttpResponse:
    """Have a new key made for one device, in place of the old one."""
    account = account_of(request)
    row = _told(request, service)
    key = key_called(row, name)
    act = _act(request)
    renew_secret(act, of=account.id, service=row.id, name=key.name, once=request.POST.get("turn", "")[:8])
    messages.success(request, gettext("A new key is being made for %(device)s.") % {"device": key.label})
    return HttpResponseRedirect(f"/account/services/{service}/")


def unkept(answer: HttpResponse) -> HttpResponse:
    """Forbid browsers and caches to keep an answer that holds a secret."""
    answer["Cache-Control"] = "no-store"
    return answer


def _act(request: HttpRequest) -> Act:
    """Return the act of a customer who looks after their services."""
    return act_of(request, role="customer", purpose="service")


def _told(request: HttpRequest, service: UUID) -> ServiceTold:
    """Return one of the account's services, opened.  Raises NoSuchService, also for another account's."""
    return told_one(_act(request), service_of(account_of(request).id, ServiceId(service)))


def _page(request: HttpRequest, row: ServiceTold, opened: Opened | None) -> HttpResponse:
    work = work_of(row.id)
    check = check_of(row.invoice) if row.state is State.ORDERED else None
    tunnel = "client/service_tunnel.html" if row.driver == "wireguard" else "client/service_machine.html"
    act, term = _act(request), term_of(request, row)
    context: dict[str, Any] = {
        "service": row,
        "keys": keys_of(row, row.brand),
        "sizes": sizes(row.spec),
        "history": history(work),
        "check": check,
        "follow": under_way(row, work) and opened is None,
        "by_clerk": any(w.done_role == "clerk" and w.verb is Verb.CREATE for w in work),
        "shown_once": shown_once(act),
        "turn": len(work),
        "opened": opened,
        "plain": opened.value.open() if opened else "",
        **_building(row, work, check),
        **term,
        **beside_of(request, row, term.get("term")),
        "counted": is_counted(request, row.id),
    }
    return show(request, PAGES.get(row.state, tunnel), context)


def _building(row: ServiceTold, work: tuple[WorkRow, ...], check: CheckRow | None) -> dict[str, Any]:
    """Tell a page how far the building is."""
    builds = next((w for w in work if w.verb is Verb.CREATE), None)
    steps = waiting_steps(row, check.checked_at) if check and check.waits else build_steps(row, builds)
    return {
        "steps": steps,
        "done_steps": sum(step.state == "done" for step in steps),
        "failed_because": reason(builds.code) if builds and row.state is State.FAILED else "",
        "by_staff": bool(builds and builds.code == "for_staff"),
    }


service_urls = [
    path("services/", service_list, name="services"),
    path("services/<uuid:service>/", service_page, name="service"),
    path("services/<uuid:service>/access/<str:name>/", show_secret, name="service_secret"),
    path("services/<uuid:service>/access/<str:name>/file/", save_secret, name="service_secret_file"),
    path("services/<uuid:service>/access/<str:name>/renew/", replace_secret, name="service_secret_renew"),
]
