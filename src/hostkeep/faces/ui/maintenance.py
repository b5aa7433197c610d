"""Closed while a restored database is behind the erasure ledger: what was erased must not be shown again."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from hostkeep.vault import replaying
from hostkeep.vault.erasure_ledger import LedgerBroken

ALIVE = "/health/live"

SAID = (
    "Maintenance: what was erased is being erased in the restored data as well. "
    "This page opens by itself in a moment.\n"
    "Bảo trì: những gì đã bị xóa đang được xóa cả trong dữ liệu vừa khôi phục. "
    "Trang này sẽ tự mở lại sau giây lát.\n"
)
BROKEN = (
    "Maintenance: this site needs its operator.\n"
    "Bảo trì: trang này cần người vận hành xử lý.\n"
)  # fmt: skip
RETRY_AFTER = "5"


class Maintenance:
    """Answers 503 in plain words, to everything but the question whether the process lives."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass a request on where the house is open."""
        if request.path == ALIVE:
            return self.get_response(request)
        try:
            said = "" if replaying.is_open() else SAID
        except LedgerBroken:
            said = BROKEN
        if not said:
            return self.get_response(request)
        return HttpResponse(
            said, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": RETRY_AFTER}
        )
