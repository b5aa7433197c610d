"""The addresses of a brand's host and some whose views break while a person's values are at hand."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from hostkeep.faces.client.account import account_of
from hostkeep.faces.ui.acts import act_of
from hostkeep.kernel.ids import CategoryId
from hostkeep.project.urls import handler400, handler404, handler500
from hostkeep.project.urls import urlpatterns as ours
from hostkeep.vault import door

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]


def breaks(request: HttpRequest) -> HttpResponse:
    """Break with an address opened into a local variable, in the error's text and in its notes."""
    act = act_of(request, role="customer", purpose="rights")
    sealed = door.reveal(act, subject=account_of(request).subject, category=CategoryId("email"))
    assert sealed is not None
    opened = sealed.open()
    phone = request.POST.get("phone", "")
    error = RuntimeError(f"cannot write to {opened} or call {phone}")
    error.add_note(f"it was {opened}")
    raise error from ValueError(opened)


def breaks_in_sql(request: HttpRequest) -> HttpResponse:
    """Break in a statement that carries what was posted."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::int", [request.POST["email"]])
    return HttpResponse()


urlpatterns = [*ours, path("breaks/", breaks), path("breaks/sql/", breaks_in_sql)]
