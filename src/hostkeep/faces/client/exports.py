"""The customer's own copy: made here, fetched once within a day with the key that this page alone shows."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.client.security import user_of
from hostkeep.faces.signin.making import shown_once
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.errors import title_of
from hostkeep.faces.ui.pages import show
from hostkeep.flows.exporting.making import make_export
from hostkeep.kernel.act import Act
from hostkeep.vault.exports import LIFE, Made, NoExport, fetch_export
from hostkeep.vault.waiting import waiting_of

HERE = "/account/privacy/export/"


@require_safe
@never_cache
@customers_only
def export(request: HttpRequest) -> HttpResponse:
    """Say what a copy holds, and offer to make one."""
    return _page(request)


@require_POST
@never_cache
@customers_only
def fetch(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Hand the copy out, once.  Another person's does not exist."""
    account = account_of(request)
    try:
        fetched = fetch_export(
            _act(request), subject=account.subject, export=export_id, key=request.POST.get("key", "")
        )
    except NoExport as refusal:
        return _page(request, problem=title_of(refusal), status=refusal.status)
    return file_of(fetched.data, f"{account.brand}-{account.number}.zip")


def file_of(data: bytes, name: str) -> HttpResponse:
    """Answer with an archive that nobody keeps on the way."""
    response = HttpResponse(data, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _act(request: HttpRequest) -> Act:
    """Return the customer's act for their own rights."""
    return act_of(request, role="customer", purpose="rights")


def _page(
    request: HttpRequest, *, made: Made | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    """Draw the page."""
    waiting = waiting_of(_act(request), subject=account_of(request).subject)
    others = [over for handle, over in waiting if made is None or handle != made.id]
    context = {"made": made, "problem": problem, "others": others, "life": LIFE}
    return show(request, "client/export.html", context, status=status)


@shown_once(guard=customers_only, page=_page, here=HERE)
def make(request: HttpRequest) -> Made:
    """Make a copy, and show its key: this page is the only one that ever does."""
    return make_export(_act(request), account=account_of(request), user=user_of(request))


export_urls = [
    path("privacy/export/", export, name="export"),
    path("privacy/export/make/", make, name="export_make"),
    path("privacy/export/<uuid:export_id>/", fetch, name="export_fetch"),
]
"""Under /account/."""
