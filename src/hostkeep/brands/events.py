"""What brands tell the house, after the fact."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PolicyAnnounced:
    """A version of a policy was announced.  version: its handle."""

    version: UUID


@dataclass(frozen=True, slots=True)
class TellingWanted:
    """Staff want every customer to be written to about a version, whether or not the policy demands it."""

    version: UUID


@dataclass(frozen=True, slots=True)
class ChangeRejected:
    """A customer said no to a change.  notice: theirs."""

    notice: UUID
