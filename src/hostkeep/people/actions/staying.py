"""Staying signed in: a series that can be revoked, a token that changes at each use."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref, UserId
from hostkeep.people.models import Session, StaySeries
from hostkeep.people.rules.tokens import hash_of

HASTE = timedelta(seconds=10)
"""A browser that opens with several tabs sends one token with each: so long that is no copy."""


@dataclass(frozen=True, slots=True)
class Stay:
    """What the browser keeps.

    cookie  "series.token", empty when it ended or is in another tab's answer
    user    whom it signs in
    goes_on  whether the series lives, though this token signed nobody in
    """

    id: UUID
    cookie: str
    user: UserId | None
    goes_on: bool = False

    @property
    def ref(self) -> Ref:
        """The series."""
        return Ref("people.stay", self.id)


@dataclass(frozen=True, slots=True)
class StaysEnded:
    """Every series of a login, ended.  count: how many were alive."""

    user: UserId
    count: int

    @property
    def ref(self) -> Ref:
        """The login."""
        return Ref("people.user", self.user)


@recorded("people.stay.begun")
def begin_stay(act: Act, *, user: UserId, life: timedelta) -> Stay:
    """Begin a series for a browser whose owner chose to stay signed in."""
    series, token = secrets.token_urlsafe(18), secrets.token_urlsafe(24)
    row = StaySeries.objects.create(
        brand=act.brand, user_id=user, series=hash_of(series), token=hash_of(token),
        started_at=act.at, used_at=act.at, expires_at=act.at + life,
    )  # fmt: skip
    return Stay(row.id, f"{series}.{token}", user)


@recorded("people.stay.used")
def use_stay(act: Act, *, cookie: str) -> Stay:
    """Take a series' cookie: a good token is changed for a new one; a used one ends the whole series.

    A token used twice was copied: whoever came in by the other copy is signed out too, so every session of
    the login ends.  Within HASTE of its use it is refused and nothing ends.
    """
    series, _, token = cookie.partition(".")
    row = (
        StaySeries.objects.select_for_update()
        .filter(series=hash_of(series), brand=act.brand, ended_at=None, expires_at__gt=act.at)
        .first()
    )
    if row is None:
        return Stay(uuid4(), "", None)
    if not secrets.compare_digest(row.token, hash_of(token)):
        if act.at - row.used_at < HASTE:
            return Stay(row.id, "", None, goes_on=True)
        row.ended_at = act.at
        row.save(update_fields=["ended_at"])
        Session.objects.filter(user=row.user_id, brand=act.brand).delete()
        return Stay(row.id, "", None)
    fresh = secrets.token_urlsafe(24)
    row.token, row.used_at = hash_of(fresh), act.at
    row.save(update_fields=["token", "used_at"])
    return Stay(row.id, f"{series}.{fresh}", UserId(row.user_id))


@recorded("people.stay.ended")
def end_stay(act: Act, *, stay: UUID, user: UserId) -> Stay:
    """End one series of a login; another login's is left alone."""
    StaySeries.objects.filter(id=stay, user_id=user, ended_at=None).update(ended_at=act.at)
    return Stay(stay, "", None)


@recorded("people.stays.ended")
def end_stays(act: Act, *, user: UserId) -> StaysEnded:
    """End every series of a login: its password or its second factor is another one now.

    Whoever stays signed in came in by the old lock; with a copied token that may be a stranger.
    """
    alive = StaySeries.objects.filter(user_id=user, ended_at=None)
    return StaysEnded(user, alive.update(ended_at=act.at))


@recorded("people.stay.ended_by_cookie")
def end_stay_of_cookie(act: Act, *, cookie: str) -> Stay:
    """End the series of a browser that signs out."""
    row = StaySeries.objects.filter(series=hash_of(cookie.partition(".")[0]), brand=act.brand).first()
    if row is not None and row.ended_at is None:
        row.ended_at = act.at
        row.save(update_fields=["ended_at"])
    return Stay(row.id if row else uuid4(), "", None)
