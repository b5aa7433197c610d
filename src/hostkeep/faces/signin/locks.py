"""When a lock is changed, whoever stayed signed in by the old one is signed out, and so are programs."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.http import HttpRequest

from hostkeep.faces.signin import staying
from hostkeep.faces.ui.acts import act_of
from hostkeep.kernel.ids import UserId
from hostkeep.people.actions.keys import end_keys

CHANGES = (
    account.password_changed,
    account.password_reset,
    account.password_set,
    mfa.authenticator_added,
    mfa.authenticator_removed,
    mfa.authenticator_reset,
)
"""What the sign-in library tells of.  Sessions end by themselves: they hold a hash of the password's hash."""

PASSWORDS = (account.password_changed, account.password_reset, account.password_set)
"""Whoever knew the old password may have made a key with it.  A second factor more ends no key."""


def watch() -> None:
    """Listen.  Called once at start."""
    for change in CHANGES:
        change.connect(_changed, dispatch_uid="hostkeep.signin.locks")
    for change in PASSWORDS:
        change.connect(_new_password, dispatch_uid="hostkeep.signin.keys")


def _changed(sender: Any, *, request: HttpRequest, user: Any, **rest: Any) -> None:
    """End every series of the login."""
    del sender, rest
    staying.end_all(request, user)


def _new_password(sender: Any, *, request: HttpRequest, user: Any, **rest: Any) -> None:
    """End every key of the login."""
    del sender, rest
    role = "customer" if request.user.is_authenticated else "visitor"
    end_keys(act_of(request, role=role, purpose="authentication"), user=UserId(user.pk))
