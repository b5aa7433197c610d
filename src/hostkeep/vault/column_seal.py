"""The seal of a column: JSON under a person's data key, bound to where it stands and under which policy."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from hostkeep.kernel.ids import SubjectId
from hostkeep.vault import cipher
from hostkeep.vault.columns import MARK, Boxed

SHORTEST = 256
"""Bytes that the shortest value is filled up to; longer ones to the next power of two."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What a value is bound to besides its row and column."""

    table: str
    subject: SubjectId
    keep_class: str
    digest: str

    def closed(self, value: Any, key: bytes, row: str, column: str) -> Boxed:
        """Seal the JSON of a value, filled up with spaces, which JSON overlooks.

        Where a catalogue is public, a length would tell which of its products stands here.
        """
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        size = len(text.encode())
        filled = text + " " * (max(SHORTEST, 1 << (size - 1).bit_length()) - size)
        box = cipher.seal(filled, key=key, about=self._about(row, column))
        packed = base64.urlsafe_b64encode(box).decode()
        return Boxed(f"{MARK}{self.keep_class}.{self.digest}.{packed}")

    def opened(self, box: Boxed, key: bytes, row: str, column: str) -> Any:
        """Open a box of this seal.  Raises BrokenSeal."""
        try:
            raw = base64.urlsafe_b64decode(box.packed.encode())
        except ValueError:
            raise cipher.BrokenSeal from None
        return json.loads(cipher.unseal(raw, key=key, about=self._about(row, column)))

    def _about(self, row: str, column: str) -> bytes:
        """Bind a value to where it stands and to whose it is."""
        return f"{self.table}|{column}|{row}|{self.subject}|{self.keep_class}|{self.digest}".encode()
