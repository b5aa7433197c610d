"""What runs a service must be: servers, tunnels, and people with a to-do list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from hostkeep.drivers.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Ask:
    """Something asked of a driver.

    once      idempotency key: the action's id; two asks with one key act at most once
    handle    the service's opaque name at the other side, ours to choose: "hk-" and hex; never a person
    spec      what was bought, as the catalogue says: {"cpu": "2", "memory_mb": "2048", ...}; no person
    sealed    secrets that the driver made earlier and the vault gave back, by name
    """

    once: str
    handle: str
    spec: Mapping[str, str]
    sealed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """It is so.

    facts    what may be shown and kept in the open: {"address": "10.8.0.7", "host": "..."}
    secrets  what must be sealed in the vault before anyone sees it: {"wireguard.conf": "..."}
    """

    facts: Mapping[str, str]
    secrets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Under way; look up again.  note: a code for people, "queued" or "for_staff"."""

    note: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It will not be done as asked.  code: dotted, "capacity.full", "spec.unknown"; no personal data."""

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The line broke: it may or may not be so.  Look it up."""


Outcome = Done | Waiting | Refused | Unknown


@runtime_checkable
class Changing(Protocol):
    """What a provisioner may do besides: give what runs other sizes.  One that cannot leaves it to people."""

    def change(self, ask: Ask) -> Outcome:
        """Bring a running service to the ask's spec, its content kept."""
        ...


class Provisioner(Protocol):
    """Something that runs services."""

    manifest: ClassVar[Manifest]

    def create(self, ask: Ask) -> Outcome:
        """Make the service and start it."""
        ...

    def suspend(self, ask: Ask) -> Outcome:
        """Stop it, keep its content."""
        ...

    def resume(self, ask: Ask) -> Outcome:
        """Start a suspended one."""
        ...

    def terminate(self, ask: Ask) -> Outcome:
        """Destroy it and its content.  Done also if it is gone already."""
        ...

    def look_up(self, ask: Ask) -> Outcome:
        """Tell whether the service stands and runs: Done with its facts, else Refused.

        Refused("never_asked"): there is none.  Refused("stopped"): it stands and does not run.
        Refused("not_applied"): it stands, but the last change did not take.
        """
        ...
