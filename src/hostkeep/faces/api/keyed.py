"""Who calls: the key of a request, what it may, and the act that the call is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from hostkeep.faces.api.refusals import KeyMissing, KeyRefused, ScopeMissing
from hostkeep.faces.ui.acts import brand_id_of, trace_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ActorId, PurposeId
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.queries import AccountRow, KeyRow, account, key_of_text
from hostkeep.people.rules.scopes import CUSTOMER
from hostkeep.runtime import clock


def now_of(request: HttpRequest) -> datetime:
    """Return the time of a call, read once."""
    if not hasattr(request, "api_at"):
        request.api_at = clock.now()  # type: ignore[attr-defined]
    at: datetime = request.api_at  # type: ignore[attr-defined]
    return at


def read_key(request: HttpRequest) -> KeyRow | None:
    """Return the key that a call brings, or None where it brings none.

    Raises KeyRefused for whatever else stands in the Authorization header: never says why.
    Source: RFC 6750 section 2.1.
    """
    said = request.headers.get("Authorization")
    if said is None:
        return None
    scheme, _, text = said.partition(" ")
    found = key_of_text(brand_id_of(request), text, now_of(request)) if scheme.lower() == "bearer" else None
    if found is None:
        raise KeyRefused
    return found


def key_of(request: HttpRequest) -> KeyRow:
    """Return the key of a call that was let in.  Raises KeyMissing."""
    found: KeyRow | None = getattr(request, "api_key", None)
    if found is None:
        raise KeyMissing
    return found


class Needs(HttpBearer):
    """Lets a call in whose key has a scope."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> KeyRow:
        """Return the key that the door found.  Raises KeyMissing, ScopeMissing."""
        key = key_of(request)
        if self.scope not in key.scopes:
            raise ScopeMissing(scope=self.scope)
        request.api_reached = True  # type: ignore[attr-defined]
        return key

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Do nothing: the door has read the key already."""
        del request, token


def act_of_key(request: HttpRequest, purpose: str) -> Act:
    """Return the act of a call, in the key's role.

    A customer's key acts under its own name, so that its owner can tell what which program did; a key of
    staff acts as its owner, by whom paces and four eyes are counted.
    """
    key = key_of(request)
    theirs = key.role == CUSTOMER
    return Act(
        actor=ActorId(f"key:{key.prefix}" if theirs else f"staff:{key.user}"),
        role=key.role,
        purpose=PurposeId(purpose),
        at=now_of(request),
        trace=trace_of(request),
        brand=brand_id_of(request),
        own=key.subject if theirs else None,
        channel="api",
    )


def account_of_key(request: HttpRequest) -> AccountRow:
    """Return the account that a key opens.  Raises NoSuchAccount for staff's keys, which open none."""
    held = key_of(request).account
    if held is None:
        raise NoSuchAccount
    return account(held)
