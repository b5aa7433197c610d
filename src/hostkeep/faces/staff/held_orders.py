"""Orders that the check of their payment held back: a person lets them through, or refuses them for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from hostkeep.billing.queries.qualifying import CheckRow, check_row, decided_checks, waiting_checks
from hostkeep.billing.rules.qualifying import RULES
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.flows import reviewing
from hostkeep.kernel.ids import BrandId
from hostkeep.people.queries import numbers_of
from hostkeep.policy.vocabulary.terms import say


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """An order in words.  customer: their number; read: the categories that the check read."""

    row: CheckRow
    customer: str
    why: str
    read: tuple[str, ...]


@require_safe
@staff_only("payments")
def held_orders(request: HttpRequest) -> HttpResponse:
    """List orders that wait for a person, the oldest first, and those that were decided lately."""
    context = {
        "waiting": _told(request, waiting_checks()),
        "decided": _told(request, decided_checks()),
    }
    return show(request, "staff/held_orders.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("payments")
def held_order(request: HttpRequest, brand: str, check: UUID) -> HttpResponse:
    """Show one; with a post, do=let_through or do=refuse.  Raises NoSuchCheck, CheckDecided."""
    row = check_row(check, brand=BrandId(brand))
    deed = request.POST.get("do", "")
    act = act_of(request, role=role_of(request), purpose="qualification", brand=row.brand)
    if deed == "let_through":
        reviewing.let_through(act, check=check)
        messages.success(request, gettext("Let through. It is built now."))
    elif deed == "refuse":
        reviewing.refuse(act, check=check)
        messages.success(request, gettext("Refused. The money goes back the way it came, in a moment."))
    if deed in {"let_through", "refuse"}:
        return HttpResponseRedirect(reverse("staff_held_orders"))
    (held,) = _told(request, [row])
    status = 422 if request.method == "POST" else 200
    return show(request, "staff/held_order.html", {"held": held}, status=status)


def _told(request: HttpRequest, rows: Sequence[CheckRow]) -> tuple[HeldOrder, ...]:
    """Put checks into words."""
    numbers, language = numbers_of(row.account for row in rows), language_of(request)
    return tuple(
        HeldOrder(
            row,
            numbers.get(row.account, ""),
            gettext(RULES[row.rule].label) if row.rule in RULES else row.rule,
            tuple(say("category", category, language) for category in row.categories),
        )
        for row in rows
    )


held_order_urls = [
    path("held-orders/", held_orders, name="staff_held_orders"),
    path("held-orders/<slug:brand>/<uuid:check>/", held_order, name="staff_held_order"),
]
"""Under /staff/."""
