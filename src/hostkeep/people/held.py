"""What people holds of a login besides its address, for its owner: their page and their copy.  No secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hostkeep.kernel.ids import UserId
from hostkeep.people.models import SecondFactor, Session


@dataclass(frozen=True, slots=True)
class FactorHeld:
    """A second factor.  kind: "totp", "webauthn" or "recovery_codes".  used_at: None: never."""

    kind: str
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionHeld:
    """A visit of a browser that is signed in."""

    started_at: datetime
    used_at: datetime
    expires_at: datetime


def factors_of(user: UserId) -> tuple[FactorHeld, ...]:
    """Return a login's second factors, newest first.  One query."""
    rows = SecondFactor.objects.filter(user_id=user).order_by("-created_at", "-id")
    found = rows.values_list("type", "created_at", "last_used_at")
    return tuple(FactorHeld(kind, made_at, used_at) for kind, made_at, used_at in found)


def sessions_of(user: UserId, at: datetime) -> tuple[SessionHeld, ...]:
    """Return a login's living sessions, newest first.  One query."""
    rows = Session.objects.filter(user=user, expires_at__gt=at).order_by("-started_at", "key")
    found = rows.values_list("started_at", "used_at", "expires_at")
    return tuple(SessionHeld(started, used, expires) for started, used, expires in found)
