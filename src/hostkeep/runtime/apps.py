"""The runtime room."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core import checks

COLUMNS = "columns"


class RuntimeRoom(AppConfig):
    """Housekeeping."""

    name = "hostkeep.runtime"
    label = "runtime"

    def ready(self) -> None:
        """Make the system check known."""
        checks.register(columns_declared, COLUMNS)


def columns_declared(app_configs: Any, **_rest: Any) -> list[checks.CheckMessage]:
    """Refuse a start where a model has a column that nobody declared."""
    del app_configs
    from hostkeep.runtime.columns import faults

    return [checks.Error(fault.what, hint=fault.hint, id=fault.id) for fault in faults()]
