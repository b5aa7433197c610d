"""What owners of closed accounts bring forward: a list without a word of it, and one opened with a reason."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hostkeep.brands.queries import brand
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import show
from hostkeep.flows import disputing
from hostkeep.kernel.sealed import Sealed
from hostkeep.people.closings import dispute, disputes
from hostkeep.people.queries import account

SHOWN = 200
LONGEST_REASON = 200


@require_safe
@staff_only("disputes")
def dispute_list(request: HttpRequest) -> HttpResponse:
    """List disputes, newest first: brand, customer number and day, nothing of what they say."""
    rows = [(row, account(row.account).number) for row in disputes(most=SHOWN)]
    return show(request, "staff/disputes.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only("disputes")
def dispute_page(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Show one dispute; with a post and a reason, its words.  Raises NoSuchDispute, the door's Refused."""
    row = dispute(wanted)
    words: Sealed[str] | None = None
    problem = ""
    if request.method == "POST":
        reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
        problem = "" if reason else gettext("Say why you read it.")
        act = act_of(request, role=role_of(request), purpose="dispute", brand=row.brand)
        words = disputing.read(act, dispute=row, reason=reason) if reason else None
    context = {
        "row": row,
        "shop": brand(row.brand),
        "number": account(row.account).number,
        "words": "" if words is None else words.open(),
        "problem": problem,
    }
    return show(request, "staff/dispute.html", context, status=422 if problem else 200)


@require_POST
@never_cache
@staff_only("disputes")
def dispute_answered(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Erase a dispute that was answered.  Raises NoSuchDispute."""
    row = dispute(wanted)
    act = act_of(request, role=role_of(request), purpose="dispute", brand=row.brand)
    disputing.answered(act, dispute=row)
    messages.success(request, gettext("Answered. Its words are erased."))
    return HttpResponseRedirect("/staff/disputes/")


dispute_urls = [
    path("disputes/", dispute_list, name="staff_disputes"),
    path("disputes/<uuid:wanted>/", dispute_page, name="staff_dispute"),
    path("disputes/<uuid:wanted>/answered/", dispute_answered, name="staff_dispute_answered"),
]
"""Under /staff/."""
