"""The audit book to the outside: its newest signed checkpoint and the key that signs, on every host."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from hostkeep.audit import checkpoints

PLAIN = "text/plain; charset=utf-8"
MINUTE = "60"


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """Give the newest checkpoint as a C2SP signed note; before the first one: 404, try again in a minute."""
    del request
    newest = checkpoints.newest()
    if newest is None:
        early = gettext("The first checkpoint is signed within a minute.")
        return HttpResponse(f"{early}\n", content_type=PLAIN, status=404, headers={"Retry-After": MINUTE})
    return _public(newest.note)


@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """Give the public key that signs, in the form of C2SP signed notes."""
    del request
    return _public(f"{checkpoints.printed_key()}\n")


def _public(text: str) -> HttpResponse:
    """Answer a text that anybody may keep."""
    headers = {"Cache-Control": f"public, max-age={MINUTE}", "Access-Control-Allow-Origin": "*"}
    return HttpResponse(text, content_type=PLAIN, headers=headers)
