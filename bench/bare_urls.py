"""A page that says hello, and one that does the client area's invoice query and nothing else."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from hostkeep.faces.ui import health
from hostkeep.faces.ui.accounts import account_of


def hello(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def invoices(request: HttpRequest) -> HttpResponse:
    from hostkeep.billing.queries.invoices import invoices_of

    page = invoices_of(account_of(request).id)
    return JsonResponse({"invoices": [[r.number, r.gross.minor, r.paid.minor] for r in page.rows]})


urlpatterns = [
    path("health/live", health.live),
    path("", hello),
    path("account/invoices/", invoices),
]
