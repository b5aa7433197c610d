"""What stands beside a password in tests: an authenticator app of our own, and Chromium's virtual passkey."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Page

STEP = 30
IN_TIME = 12
"""Seconds that a code must be good for still: it is typed and sent by a browser that may be slow."""
_used: dict[str, int] = {}


def code_at(secret: str, step: int) -> str:
    """The six digits of a time step.  Source: RFC 6238, section 4; RFC 4226, section 5.3."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def fresh_code(secret: str) -> str:
    """The code an app shows now; waits for the next one where this one was used, each counts once, or is about to end."""
    while _used.get(secret) == int(time.time()) // STEP or STEP - time.time() % STEP < IN_TIME:
        time.sleep(0.5)
    _used[secret] = int(time.time()) // STEP
    return code_at(secret, _used[secret])


@dataclass(slots=True)
class VirtualKey:
    """A platform authenticator inside one page's browser: it says yes at once."""

    page: Page
    line: CDPSession = field(init=False)
    id: str = field(init=False)

    def __post_init__(self) -> None:
        self.line = self.page.context.new_cdp_session(self.page)
        self.line.send("WebAuthn.enable")
        made = self.line.send("WebAuthn.addVirtualAuthenticator", {"options": {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }})  # fmt: skip
        self.id = made["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        """What the key holds."""
        return self.line.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]
