"""Services in the back office: what stands where, what was asked of drivers.  Never what opens a service."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from hostkeep.brands.queries import all_brands
from hostkeep.brands.queries import brand as brand_row
from hostkeep.faces.staff.access import ROOMS, role_of, staff_only
from hostkeep.faces.staff.service_words import code_text, verb_text
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import show
from hostkeep.faces.ui.telling import told_if_allowed, told_one
from hostkeep.kernel.ids import BrandId, ServiceId
from hostkeep.provisioning.queries import (
    WorkRow,
    WorkTold,
    open_task_count,
    parked_count,
    service,
    services_where,
    work_of,
)
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import Stage
from hostkeep.subscriptions.queries.subscriptions import subscriptions_for

A_PAGE = 25
LIVING = tuple(state for state in State if state is not State.CLOSED)
MENDERS = frozenset({"owner", "engineer", "support"})
HIDDEN_FACTS = frozenset({"pool", "leases", "public_key"})


@dataclass(frozen=True, slots=True)
class ToldWork:
    """A piece of work in words.  parked: whether it can be tried again by hand."""

    row: WorkRow | WorkTold
    verb: str
    why: str
    parked: bool


def told(row: WorkRow) -> ToldWork:
    """Put a piece of work into words."""
    return ToldWork(row, verb_text(row.verb), code_text(row.code), row.stage is Stage.PARKED)


@require_safe
@staff_only("services")
def service_list(request: HttpRequest) -> HttpResponse:
    """List services, by state and brand."""
    wanted, brand = request.GET.get("state", ""), request.GET.get("brand", "")
    states = (State(wanted),) if wanted in set(State) else LIVING
    brands = [row.id for row in all_brands()]
    known = BrandId(brand) if brand in brands else None
    page = Paginator(services_where(states=states, brand=known), A_PAGE).get_page(request.GET.get("page"))
    act = act_of(request, role=role_of(request), purpose="service")
    context = {
        "page": page,
        "services": told_if_allowed(act, tuple(page.object_list)),
        "states": [state.value for state in State],
        "wanted": wanted,
        "brands": brands,
        "wanted_brand": brand,
        "open_tasks": open_task_count(),
        "parked": parked_count(),
    }
    return show(request, "staff/services.html", context)


@require_safe
@staff_only("services")
def service_page(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Show one service and all work asked for it.  Raises NoSuchService."""
    act = act_of(request, role=role_of(request), purpose="service")
    row = told_one(act, service(ServiceId(wanted)))
    context = {
        "service": row,
        "shop": brand_row(row.brand),
        "facts": [(key, value) for key, value in sorted(row.facts.items()) if key not in HIDDEN_FACTS],
        "work": [told(piece) for piece in work_of(row.id)],
        "may_mend": role_of(request) in MENDERS,
        "may_bill": role_of(request) in ROOMS["billing"] and bool(subscriptions_for([row.id])),
    }
    return show(request, "staff/services_one.html", context)


service_urls = [
    path("services/", service_list, name="staff_services"),
    path("services/<uuid:wanted>/", service_page, name="staff_service"),
]
