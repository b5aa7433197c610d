"""The key of a form: sent twice, it is done once."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import HttpRequest


def form_key(request: HttpRequest) -> UUID:
    """Return the key of the page that the form stood on; a new one where it carries none of ours."""
    try:
        return UUID(request.POST.get("once", ""))
    except ValueError:
        return uuid4()
