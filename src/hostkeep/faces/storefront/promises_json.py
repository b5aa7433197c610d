"""/privacy/promises.json: the promise ledger as data."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from hostkeep.faces.ui.acts import brand_id_of
from hostkeep.promises.documents import promises_document
from hostkeep.runtime import clock


@require_safe
def promises_data(request: HttpRequest) -> JsonResponse:
    """Give the ledger of the brand as it stands now."""
    document = promises_document(brand_id_of(request), clock.now())
    return JsonResponse(document, json_dumps_params={"ensure_ascii": False})


promise_json_urls = [path("privacy/promises.json", promises_data, name="promises_data")]
