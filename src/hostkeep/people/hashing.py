"""Argon2id behind a gate: a flood of logins must queue, not take all memory."""

from __future__ import annotations

import threading
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

GATE = threading.BoundedSemaphore(2)


class GatedArgon2(Argon2PasswordHasher):
    """Argon2id with m=47104, t=1, p=1.  Source: OWASP password storage cheat sheet."""

    time_cost = 1
    memory_cost = 47104
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Hash, two at a time in a process."""
        with GATE:
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Verify, two at a time in a process."""
        with GATE:
            return bool(super().verify(password, encoded))

    def must_update(self, encoded: str) -> bool:
        """Ask for a new hash when the parameters changed."""
        decoded: dict[str, Any] = self.decode(encoded)
        return bool(decoded["memory_cost"] != self.memory_cost or decoded["time_cost"] != self.time_cost)
