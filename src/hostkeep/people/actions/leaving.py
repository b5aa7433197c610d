"""Ending every way into a login at once, by its owner: somebody else may have found one."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref, UserId
from hostkeep.people.models import ApiKey, Session, StaySeries


@dataclass(frozen=True, slots=True)
class WaysEnded:
    """Ways into a login that are ended.  count: how many there were."""

    user: UserId
    count: int

    @property
    def ref(self) -> Ref:
        """The login."""
        return Ref("people.user", self.user)


@recorded("people.ways_in.ended")
def end_ways_in(act: Act, *, user: UserId) -> WaysEnded:
    """End every session of a login, every browser that stays signed in, and every key of the API."""
    count = Session.objects.filter(user=user).delete()[0]
    count += StaySeries.objects.filter(user_id=user, ended_at=None).update(ended_at=act.at)
    count += ApiKey.objects.filter(user_id=user, ended_at=None).update(ended_at=act.at)
    return WaysEnded(user, count)
