"""The session store: content sealed, identifier hashed, brand and login as columns, ended by the server.

Django loads it by name (SESSION_ENGINE).  It is part of a framework's machinery and, like the job runner,
reads the clock: a request brings no act yet when its session is opened.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import OPERATOR, BrandId
from hostkeep.people.models import Session
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from hostkeep.vault import sealing

IDLE = timedelta(days=14)
"""How long an unused session lives where the policy names no idle limit of its own."""

STAFF_IDLE = timedelta(hours=8)
TOUCH_EVERY = timedelta(minutes=1)
"""An idle end is exact to this much; a write at each request would cost more than it tells."""

COOKIE = "__Host-sid"


def idle_of(brand: BrandId, now: datetime) -> timedelta:
    """Return how long a session may lie unused: as the policy declares it, else as the house says."""
    if brand == OPERATOR:
        return STAFF_IDLE
    cookie = policy_in_force(brand, now).cookies.get(COOKIE)
    return cookie.idle if cookie is not None and cookie.idle is not None else IDLE


class SessionStore(SessionBase):
    """Sessions in PostgreSQL.  A session of another brand's host is no session."""

    def load(self) -> dict[str, Any]:
        """Open the session of the cookie, or begin an empty one without an identifier."""
        row = self._row()
        now = clock.now()
        if row is None or row.expires_at <= now:
            self._session_key = None
            return {}
        try:
            content: dict[str, Any] = json.loads(sealing.unseal_for("session", row.box))
        except sealing.BrokenSeal:
            self._session_key = None
            return {}
        self._touch(row, now)
        return content

    def _row(self) -> Session | None:
        """Return the row of the cookie's identifier at this brand."""
        if not self.session_key:
            return None
        return Session.objects.filter(key=_hash(self.session_key), brand=running_brand.current()).first()

    def _touch(self, row: Session, now: datetime) -> None:
        """Move the idle end, at most once a minute."""
        if now - row.used_at >= TOUCH_EVERY:
            ends = now + idle_of(running_brand.current(), now)
            Session.objects.filter(key=row.key).update(used_at=now, expires_at=ends)

    def exists(self, session_key: str) -> bool:
        """Say whether an identifier is in use."""
        return Session.objects.filter(key=_hash(session_key)).exists()

    def create(self) -> None:
        """Begin a session under a fresh identifier."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Seal the content and store it."""
        if self.session_key is None:
            self.create()
            return
        content = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        now = clock.now()
        user = content.get("_auth_user_id")
        fields = {
            "brand": running_brand.current(),
            "user": UUID(user) if user else None,
            "box": sealing.seal_for("session", json.dumps(content)),
            "used_at": now,
            "expires_at": now + idle_of(running_brand.current(), now),
        }
        key = _hash(self.session_key)
        if must_create:
            _, made = Session.objects.get_or_create(key=key, defaults={**fields, "started_at": now})
            if not made:
                raise CreateError
        elif not Session.objects.filter(key=key, brand=fields["brand"]).update(**fields):
            raise UpdateError

    def delete(self, session_key: str | None = None) -> None:
        """End a session; its identifier is never accepted again."""
        key = session_key or self.session_key
        if key:
            Session.objects.filter(key=_hash(key)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        """Delete what has ended."""
        Session.objects.filter(expires_at__lte=clock.now()).delete()


def _hash(key: str) -> str:
    """Return the SHA-256 of an identifier; it is random, so no salt is needed."""
    return hashlib.sha256(key.encode()).hexdigest()
