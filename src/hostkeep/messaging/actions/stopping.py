"""Stopping mail that waits: whom it was for has closed their account."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref, SubjectId, UserId
from hostkeep.messaging.models import Mail
from hostkeep.messaging.rules.delivery import State

CODE = "account_closed"


@dataclass(frozen=True, slots=True)
class Stopped:
    """Mail that will not leave.  count: how many."""

    subject: SubjectId
    count: int

    @property
    def ref(self) -> Ref:
        """Whose mail it was."""
        return Ref("person", self.subject)


@recorded("messaging.mail.stopped")
def stop_waiting(act: Act, *, user: UserId, subject: SubjectId, streams: Collection[str]) -> Stopped:
    """Refuse all queued and deferred mail of some streams to somebody.  What is being handed over is left.

    user, subject  a mail names one or the other
    """
    waiting = Mail.objects.filter(
        brand=act.brand,
        subject__in=[user, subject],
        stream__in=streams,
        state__in=[State.QUEUED, State.DEFERRED],
    )
    count = waiting.update(state=State.REFUSED, last_code=CODE, due_at=None)
    return Stopped(subject, count)
