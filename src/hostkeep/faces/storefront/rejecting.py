"""The link in a notice of change: saying no to it, without a login.  Opening it alone changes nothing."""

from __future__ import annotations

from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hostkeep.brands.actions.telling import reject_change
from hostkeep.brands.applying import NoticeRow, before, notice
from hostkeep.brands.errors import NoSuchNotice
from hostkeep.brands.queries import policy_by_digest
from hostkeep.faces.ui.acts import act_of, brand_id_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.policy.render.changes import say_changes
from hostkeep.runtime import clock

SALT = "hostkeep.policy.reject"


def reject_path(notice_id: str) -> str:
    """Return the path on which one person may reject one change.  notice_id: handle of their notice."""
    return f"/privacy/reject/{Signer(salt=SALT).sign(notice_id)}/"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reject(request: HttpRequest, token: str) -> HttpResponse:
    """Show what saying no means; do it when it is confirmed.

    Mail scanners follow links: only the form's POST acts.  Raises NoSuchNotice, CannotReject.
    """
    row = _notice(request, token)
    if request.method == "POST":
        act = act_of(request, role="visitor", purpose="policy_change")
        reject_change(act, notice=row.id)
        return HttpResponseRedirect(request.path)
    held = before(row.brand, row.version)
    new = policy_by_digest(row.version.digest)
    old = policy_by_digest(held.digest) if held else new
    now = clock.now()
    context = {
        "notice": row,
        "old": held,
        "groups": say_changes(old, new, language_of(request)),
        "clause": old.notice.clause,
        "too_late": row.rejected_at is None and row.applies_at is not None and row.applies_at <= now,
        "possible": old.notice.reject and row.accepted_at is None,
    }
    return show(request, "storefront/reject.html", context)


def _notice(request: HttpRequest, token: str) -> NoticeRow:
    """Return the notice a link speaks of, of this host's brand.  Raises NoSuchNotice."""
    try:
        row = notice(UUID(Signer(salt=SALT).unsign(token)))
    except (BadSignature, ValueError):
        raise NoSuchNotice from None
    if row.brand != brand_id_of(request):
        raise NoSuchNotice
    return row


reject_urls = [path("privacy/reject/<str:token>/", reject, name="policy_reject")]
