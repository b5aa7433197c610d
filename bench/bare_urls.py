"""A page that says hello, one that does the client area's invoice query, and one that does one INSERT."""

from uuid import uuid4

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from django.views.decorators.http import require_POST

from hostkeep.faces.ui import health
from hostkeep.faces.ui.accounts import account_of


def hello(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def invoices(request: HttpRequest) -> HttpResponse:
    """The page's query, written and read by the ORM as any view of Django's does it."""
    from hostkeep.billing.queries.invoices import LISTED, page_query

    rows = [dict(zip(LISTED, row, strict=True)) for row in page_query(account_of(request).id, 50, 0)]
    return JsonResponse({"invoices": [[row["number"], row["gross_minor"], row["paid_minor"]] for row in rows]})


@require_POST
def notice(request: HttpRequest, gateway: str) -> HttpResponse:
    from hostkeep.billing.models import GatewayNotice
    from hostkeep.runtime import clock

    GatewayNotice.objects.create(
        gateway=gateway, event=uuid4().hex, brand=request.brand.id, once="pay", outcome="settled", at=clock.now()
    )
    return HttpResponse(status=204)


urlpatterns = [
    path("callbacks/<slug:gateway>/", notice),
    path("health/live", health.live),
    path("", hello),
    path("account/invoices/", invoices),
]
