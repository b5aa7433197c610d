"""Codes of an authenticator app, for tests."""

from __future__ import annotations

import pytest
from allauth.mfa.totp.internal import auth


def code_of(secret: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The code that an app shows now; its half minute lasts to the test's end, however slow the pages are."""
    now = next(auth.yield_hotp_counters_from_time())
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: iter([now]))
    return auth.format_hotp_value(auth.hotp_value(secret, now))
