"""What lies on the customer's services: how it is handed over, and how it is deleted, with a receipt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from hostkeep.brands.applying import policy_for
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.signin.proving import proven_lately
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import show
from hostkeep.faces.ui.reading import TICKED
from hostkeep.faces.ui.telling import told
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ServiceId
from hostkeep.policy import schedule
from hostkeep.policy.duties import Right
from hostkeep.policy.schedule import LAST_SERVICE_ENDED
from hostkeep.provisioning.actions.asking import close_service
from hostkeep.provisioning.queries import ServiceRow, ServiceTold, service_of, services_of, work_of
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import Stage, Verb

HERE = "/account/privacy/content/"
FORMAT = "hostkeep-deletion/1"


@dataclass(frozen=True, slots=True)
class Held:
    """A service as its owner knows it, and what becomes of what lies on it.

    asked_at, wiped_at  of a deletion, or None
    """

    service: ServiceTold
    asked_at: datetime | None
    wiped_at: datetime | None

    @property
    def living(self) -> bool:
        """Whether something may lie on it that nobody asked to delete."""
        return self.asked_at is None and self.service.state is not State.CLOSED


@require_safe
@never_cache
@customers_only
def content(request: HttpRequest) -> HttpResponse:
    """List the services with what may lie on them.  Where the policy hands nothing over, there is no page."""
    act, account = _act(request), account_of(request)
    right = _right(act, request)
    rows = [Held(row, *_wiped(row)) for row in told(act, services_of(account.id))]
    policy = policy_for(act.brand, account.subject, act.at)
    context = {
        "rows": rows,
        "right": right,
        "contact": policy.controller.get("contact", ""),
        "is_last": sum(row.living for row in rows) == 1 and schedule.closes(policy, LAST_SERVICE_ENDED),
    }
    return show(request, "client/content.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@customers_only
def delete(request: HttpRequest, service: UUID) -> HttpResponse:
    """Delete what lies on a service; whoever only looks here is led to the page."""
    if request.method != "POST":
        return HttpResponseRedirect(HERE)
    return _delete(request, service)


@proven_lately
def _delete(request: HttpRequest, service: UUID) -> HttpResponse:
    """End the service and have its driver wipe it.  Raises NoSuchService, StillBusy."""
    act, account = _act(request), account_of(request)
    _right(act, request)
    if request.POST.get("sure", "").lower() not in TICKED:
        messages.error(request, gettext("Nothing was deleted. Tick that it is to go for good."))
        return HttpResponseRedirect(HERE)
    row = service_of(account.id, ServiceId(service))
    close_service(act, service=row.id)
    sentence = gettext("It is being deleted. The receipt appears here as soon as the server confirms it.")
    messages.success(request, sentence)
    return HttpResponseRedirect(HERE)


@require_safe
@never_cache
@customers_only
def receipt(request: HttpRequest, service: UUID) -> HttpResponse:
    """Give the receipt of a deletion.  Another customer's does not exist."""
    account = account_of(request)
    row = service_of(account.id, ServiceId(service))
    asked_at, wiped_at = _wiped(row)
    if wiped_at is None or asked_at is None:
        raise Http404
    body = {
        "format": FORMAT,
        "brand": account.brand,
        "account": account.number,
        "service": row.handle,
        "asked_at": asked_at.isoformat(),
        "wiped_at": wiped_at.isoformat(),
        "kept": [],
    }
    answer = HttpResponse(json.dumps(body, indent=2), content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="deletion-{row.handle}.json"'
    answer["Cache-Control"] = "no-store"
    return answer


def _act(request: HttpRequest) -> Act:
    """Return the customer's act for their own rights."""
    return act_of(request, role="customer", purpose="rights")


def _right(act: Act, request: HttpRequest) -> Right:
    """Return the right to have it handed over.  Raises Http404 where the policy does not grant it."""
    policy = policy_for(act.brand, account_of(request).subject, act.at)
    right = policy.duties.rights.get("hand_over")
    if right is None:
        raise Http404
    return right


def _wiped(row: ServiceRow) -> tuple[datetime | None, datetime | None]:
    """Look at the work that wipes a service: when it was asked for, and when it was done."""
    wipes = [work for work in work_of(row.id) if work.verb is Verb.TERMINATE]
    if not wipes:
        return None, None
    done = wipes[0].ended_at if wipes[0].stage is Stage.DONE else None
    return wipes[0].queued_at, done


content_urls = [
    path("privacy/content/", content, name="content"),
    path("privacy/content/<uuid:service>/delete/", delete, name="content_delete"),
    path("privacy/content/<uuid:service>/receipt.json", receipt, name="content_receipt"),
]
"""Under /account/."""
