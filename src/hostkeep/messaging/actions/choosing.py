"""What a person gets: their own choice of streams."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref, SubjectId
from hostkeep.messaging.errors import CannotStop
from hostkeep.messaging.models import Preference
from hostkeep.messaging.rules.streams import declared


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice that stands.  wanted: what was chosen."""

    subject: SubjectId
    stream: str
    wanted: bool

    @property
    def ref(self) -> Ref:
        """Whose choice it is."""
        return Ref("messaging.preference", self.subject)


@recorded("messaging.stream.wanted")
def want_stream(act: Act, *, subject: SubjectId, stream: str, how: str) -> Chosen:
    """Note that a person asks for a stream.

    how  where they said so: "signup", "order", "client_area", "one_click"
    Raises NoSuchStream.
    """
    declared(policy_in_force(act.brand, act.at), stream)
    Preference.objects.create(
        brand=act.brand, subject=subject, stream=stream, wanted=True, at=act.at, how=how
    )
    return Chosen(subject, stream, wanted=True)


@recorded("messaging.stream.stopped")
def stop_stream(act: Act, *, subject: SubjectId, stream: str, how: str) -> Chosen:
    """Note that a person wants no more of a stream; it holds for queued mail too, at once.

    how  as in want_stream
    Raises NoSuchStream, CannotStop.
    """
    found = declared(policy_in_force(act.brand, act.at), stream)
    if found.default == "always":
        raise CannotStop(stream=stream, clause=found.clause)
    Preference.objects.create(
        brand=act.brand, subject=subject, stream=stream, wanted=False, at=act.at, how=how
    )
    return Chosen(subject, stream, wanted=False)
