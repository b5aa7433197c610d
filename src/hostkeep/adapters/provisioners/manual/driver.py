"""People as a provisioner: every ask waits for staff, who tell the house when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hostkeep.drivers.machines import Ask, Outcome, Waiting
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.wire import Wire

FOR_STAFF = Waiting("for_staff")


@dataclass(frozen=True, slots=True)
class ManualConfig:
    """Nothing to tell."""


class Manual:
    """A to-do list.

    It keeps nothing: the list itself is the house's, which opens a task for each ask that waits "for_staff"
    and enters the outcome when the task is done.  So two asks with one key are one task, and there is nothing
    to look up but the same answer.
    """

    manifest: ClassVar[Manifest] = Manifest("manual", 1)
    config_type: ClassVar[type[ManualConfig]] = ManualConfig

    def __init__(self, config: ManualConfig, wire: Wire) -> None:
        del config, wire

    def create(self, ask: Ask) -> Outcome:
        """Wait for staff to make it."""
        del ask
        return FOR_STAFF

    def suspend(self, ask: Ask) -> Outcome:
        """Wait for staff to stop it."""
        del ask
        return FOR_STAFF

    def resume(self, ask: Ask) -> Outcome:
        """Wait for staff to start it."""
        del ask
        return FOR_STAFF

    def terminate(self, ask: Ask) -> Outcome:
        """Wait for staff to take it away."""
        del ask
        return FOR_STAFF

    def look_up(self, ask: Ask) -> Outcome:
        """Tell that staff are asked; only they know more."""
        del ask
        return FOR_STAFF
