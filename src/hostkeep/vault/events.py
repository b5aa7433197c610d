"""What the vault tells the house, after the fact."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ValueDropped:
    """A single value was deleted while its class lives.  item: handle of its row."""

    item: UUID


@dataclass(frozen=True, slots=True)
class KeysDestroyed:
    """A person's data of some classes opens for nobody any more; a restored database tells it again.

    erasure  handle of the certificate, which names the person and the classes
    """

    erasure: UUID
