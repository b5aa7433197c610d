"""Is it alive, is it ready."""

from __future__ import annotations

import shutil

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from hostkeep.runtime.migrating import is_up_to_date

LEAST_FREE = 0.05


@require_GET
def live(_request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_GET
def ready(_request: HttpRequest) -> JsonResponse:
    """Database reached, migrations applied, key there, disk not full.  No versions are told."""
    checks = {"database": _database(), "migrations": False, "key": _key(), "disk": _disk()}
    if checks["database"]:
        checks["migrations"] = is_up_to_date()
    good = all(checks.values())
    told = {"status": "ok" if good else "not ready", "checks": checks}
    return JsonResponse(told, status=200 if good else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return True
    except Exception:  # noqa: BLE001  whatever is wrong, it is not ready
        return False


def _key() -> bool:
    return any(settings.HOSTKEEP.keyring.glob("epoch-*.key"))


def _disk() -> bool:
    usage = shutil.disk_usage(settings.HOSTKEEP.data)
    return usage.free / usage.total > LEAST_FREE
