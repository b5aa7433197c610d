"""The promises room."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

TAG = "promises"


class PromisesRoom(AppConfig):
    """Controls, evidence, probes and the ledger; no start where they and the clauses do not fit."""

    name = "hostkeep.promises"
    label = "promises"

    def ready(self) -> None:
        """Make the system check known."""
        checks.register(fits, TAG)


def fits(app_configs: Any, **_rest: Any) -> list[checks.CheckMessage]:
    """Refuse a start where a clause has no control, or a control no clause."""
    del app_configs
    from hostkeep.promises.checking import faults_of_tree

    found = faults_of_tree(settings.HOSTKEEP.brands)
    return [checks.Error(fault.what, hint=fault.hint, id=fault.id) for fault in found]
