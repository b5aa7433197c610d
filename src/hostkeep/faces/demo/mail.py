"""/demo/mail/: every mail that left, as the other side got it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from hostkeep.brands.queries import BrandRow, all_brands
from hostkeep.faces.demo.mail_folder import KeptMail, kept_mail, kept_mails
from hostkeep.faces.ui.headers import content_policy
from hostkeep.faces.ui.pages import show

PAGE = 100

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
BODY_POLICY = f"sandbox {SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
"""What a mail's HTML may do in the reader: show itself, with its own style block, open its links aside."""

ASIDE = '<base target="_blank">'


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the list shows.

    more  whether there are older mails than the ones shown
    """

    mails: tuple[KeptMail, ...]
    more: bool
    to: str
    brand: str
    brands: tuple[BrandRow, ...]


@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    """Show every mail that left, newest first.  ?to=, ?brand= choose; ?format=json: all, as data."""
    folder = _folder()
    to, brand = request.GET.get("to", "").strip(), request.GET.get("brand", "")
    found = kept_mails(folder, to=to, brand=brand)
    if request.GET.get("format") == "json":
        return JsonResponse([_data(mail) for mail in found], safe=False)
    mails = tuple(islice(found, PAGE + 1))
    shelf = Shelf(mails[:PAGE], len(mails) > PAGE, to, brand, all_brands())
    return show(request, "demo/mail.html", {"shelf": shelf})


@require_safe
def mail_shown(request: HttpRequest, mail_id: str) -> HttpResponse:
    """Show one mail: its headers, its HTML in a frame that can do nothing, its text."""
    answer = show(request, "demo/mail_shown.html", {"mail": _found(mail_id), "sandbox": SANDBOX})
    answer["Content-Security-Policy"] = f"{content_policy()}; frame-src 'self'"
    return answer


@require_safe
def mail_body(request: HttpRequest, mail_id: str) -> HttpResponse:
    """Show the HTML of one mail alone, for the frame."""
    del request
    answer = HttpResponse(ASIDE + _found(mail_id).html)
    answer["Content-Security-Policy"] = BODY_POLICY
    answer["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _folder() -> Path:
    """Return the sink's folder.  Raises Http404 outside the demo."""
    if not settings.HOSTKEEP.demo:
        raise Http404
    return Path(settings.HOSTKEEP.data) / "mail"


def _found(mail_id: str) -> KeptMail:
    """Return one mail.  Raises Http404."""
    mail = kept_mail(_folder(), mail_id)
    if mail is None:
        raise Http404
    return mail


def _data(mail: KeptMail) -> dict[str, object]:
    """Return one mail as data."""
    return {
        "id": mail.id,
        "brand": mail.brand,
        "to": mail.to,
        "subject": mail.subject,
        "headers": dict(mail.headers),
        "text": mail.text,
        "html": mail.html,
    }


mail_urls = [
    path("demo/mail/", mail_list, name="demo_mail"),
    path("demo/mail/<slug:mail_id>/", mail_shown, name="demo_mail_shown"),
    path("demo/mail/<slug:mail_id>/body/", mail_body, name="demo_mail_body"),
]
"""On the operator's host alone."""
