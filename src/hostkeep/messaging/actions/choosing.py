"""What a person gets: their own choice of streams.  Where its purpose is on consent, the choice is one."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref, SubjectId
from hostkeep.messaging.errors import CannotStop
from hostkeep.messaging.models import Preference
from hostkeep.messaging.queries import choices_of
from hostkeep.messaging.rules.streams import declared, wanted
from hostkeep.policy.book import Policy, Stream
from hostkeep.vault import consenting, consents


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice that stands.  wanted: what was chosen."""

    subject: SubjectId
    stream: str
    wanted: bool

    @property
    def ref(self) -> Ref:
        """Whose choice it is."""
        return Ref("person.preference", self.subject)


@recorded("messaging.stream.wanted")
def want_stream(act: Act, *, subject: SubjectId, stream: str, how: str, language: str = "") -> Chosen:
    """Note that a person asks for a stream; where its purpose is on consent, note the consent with it.

    how       where they said so: "signup", "order", "client_area", "one_click"
    language  of the page they said it on
    Raises NoSuchStream, and consenting.NotYours where somebody else asks for it.
    """
    policy = policy_for(act.brand, subject, act.at)
    found = declared(policy, stream)
    Preference.objects.create(
        brand=act.brand, subject=subject, stream=stream, wanted=True, at=act.at, how=how
    )
    if _on_consent(policy, found):
        consenting.give(act, subject=subject, purpose=found.purpose, how=how, language=language)
    return Chosen(subject, stream, wanted=True)


@recorded("messaging.stream.stopped")
def stop_stream(act: Act, *, subject: SubjectId, stream: str, how: str, language: str = "") -> Chosen:
    """Note that a person wants no more of a stream; it holds for queued mail too, at once.

    A consent that stood for it is withdrawn; a box that nobody ticked leaves no word of consent.
    how, language  as in want_stream
    Raises NoSuchStream, CannotStop.
    """
    policy = policy_for(act.brand, subject, act.at)
    found = declared(policy, stream)
    if found.default == "always":
        raise CannotStop(stream=stream, clause=found.clause)
    Preference.objects.create(
        brand=act.brand, subject=subject, stream=stream, wanted=False, at=act.at, how=how
    )
    if _consent_ends(act, policy, found, subject):
        consenting.withdraw(act, subject=subject, purpose=found.purpose, how=how, language=language)
    return Chosen(subject, stream, wanted=False)


def _on_consent(policy: Policy, stream: Stream) -> bool:
    """Say whether a stream is sent on consent alone."""
    return policy.purposes[stream.purpose].basis == "consent"


def _consent_ends(act: Act, policy: Policy, stopped: Stream, subject: SubjectId) -> bool:
    """Say whether a consent stood for a stream, and no other stream goes on under it."""
    if not consents.standing(brand=act.brand, subject=subject, purpose=stopped.purpose, at=act.at):
        return False
    choices = choices_of(subject, brand=act.brand)
    others = (each for each in policy.streams.values() if each.purpose == stopped.purpose)
    return not any(wanted(each, choices) for each in others if each.id != stopped.id)
