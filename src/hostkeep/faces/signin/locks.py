"""When a lock is changed, whoever stayed signed in by the old one is signed out."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.http import HttpRequest

from hostkeep.faces.signin import staying

CHANGES = (
    account.password_changed,
    account.password_reset,
    account.password_set,
    mfa.authenticator_added,
    mfa.authenticator_removed,
    mfa.authenticator_reset,
)
"""What the sign-in library tells of.  Sessions end by themselves: they hold a hash of the password's hash."""


def watch() -> None:
    """Listen.  Called once at start."""
    for change in CHANGES:
        change.connect(_changed, dispatch_uid="hostkeep.signin.locks")


def _changed(sender: Any, *, request: HttpRequest, user: Any, **rest: Any) -> None:
    """End every series of the login."""
    del sender, rest
    staying.end_all(request, user)
