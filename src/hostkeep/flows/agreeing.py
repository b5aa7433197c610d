"""Saying yes, and taking it back, with all that hangs on it: mail streams, browsers that stay signed in.

A word of consent alone would be a word: here the stream stops and the browsers are signed out with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PurposeId, SubjectId, UserId
from hostkeep.messaging.actions.choosing import stop_stream, want_stream
from hostkeep.messaging.queries import choices_of
from hostkeep.messaging.rules.streams import wanted
from hostkeep.people.actions.staying import end_stays
from hostkeep.people.queries import stays_of
from hostkeep.policy.book import Policy
from hostkeep.policy.consent import matter_of
from hostkeep.vault import consenting, consents

KEEP = "__Host-keep"
"""The cookie that keeps a browser signed in; it is a matter of consent where its purpose is."""


def choose_streams(
    act: Act, *, subject: SubjectId, choices: Mapping[str, bool], how: str, language: str
) -> None:
    """Note what boxes of a form said about mail, as far as it is not what the person said before.

    choices  by stream: yes or no
    Sent twice, it is noted once.  Raises messaging's NoSuchStream, CannotStop.
    """
    known = choices_of(subject, brand=act.brand)
    for stream, yes in choices.items():
        if known.get(stream) is not yes:
            deed = want_stream if yes else stop_stream
            deed(act, subject=subject, stream=stream, how=how, language=language)


def agree(
    act: Act, *, subject: SubjectId, purpose: PurposeId, recipient: str, how: str, language: str
) -> None:
    """Note a person's yes, and switch on the mail that it is about.

    how, language  as in consenting.give
    Raises consenting.NotAskedFor, consenting.NotYours.
    """
    policy = policy_for(act.brand, subject, act.at)
    asked = matter_of(policy, purpose, recipient)
    streams = _streams(policy, purpose) if asked and not recipient else ()
    for stream in streams:
        want_stream(act, subject=subject, stream=stream, how=how, language=language)
    if not streams:
        consenting.give(
            act, subject=subject, purpose=purpose, recipient=recipient, how=how, language=language
        )


def take_back(
    act: Act, *, subject: SubjectId, purpose: PurposeId, recipient: str, how: str, language: str
) -> None:
    """Take a person's yes back, and stop the mail that it was about, queued mail too.

    Raises consenting.NoneStands, consenting.NotYours.
    """
    policy, choices = policy_for(act.brand, subject, act.at), choices_of(subject, brand=act.brand)
    stood = _stands(act, subject, purpose, recipient)
    for stream in _streams(policy, purpose) if stood and not recipient else ():
        if wanted(policy.streams[stream], choices):
            stop_stream(act, subject=subject, stream=stream, how=how, language=language)
    if not stood or _stands(act, subject, purpose, recipient):
        consenting.withdraw(
            act, subject=subject, purpose=purpose, recipient=recipient, how=how, language=language
        )


def stay_begins(act: Act, *, subject: SubjectId, until: datetime, language: str) -> None:
    """Note the yes of somebody who ticked the box to stay signed in, where that is a matter of consent.

    until  when the series ends by itself, and the consent with it
    """
    purpose = _asked(policy_for(act.brand, subject, act.at))
    if purpose:
        consenting.give_until(
            act, subject=subject, purpose=purpose, until=until, how="login", language=language
        )


def stay_ended(act: Act, *, user: UserId, subject: SubjectId, language: str) -> None:
    """Note that the yes is taken back, when the last browser that stayed signed in was ended by its owner."""
    purpose = _standing(act, user, subject)
    if purpose:
        consenting.withdraw(act, subject=subject, purpose=purpose, how="client_area", language=language)


def stays_lapsed(act: Act, *, user: UserId, subject: SubjectId) -> None:
    """Note that the yes is over, when a changed lock ended every browser that stayed signed in."""
    purpose = _standing(act, user, subject)
    if purpose:
        consenting.expire(act, subject=subject, purpose=purpose, how="login")


def stop_staying(act: Act, *, user: UserId, subject: SubjectId, language: str) -> None:
    """End every browser that stays signed in, and take the yes back.  Raises consenting.NoneStands."""
    end_stays(act, user=user)
    purpose = _asked(policy_for(act.brand, subject, act.at))
    consenting.withdraw(act, subject=subject, purpose=purpose, how="client_area", language=language)


def is_staying(policy: Policy, purpose: str) -> bool:
    """Say whether a purpose is that of staying signed in, which is asked at login."""
    return bool(purpose) and purpose == _asked(policy)


def _asked(policy: Policy) -> PurposeId:
    """Return the purpose of staying signed in where it is a matter of consent, else an empty one."""
    cookie = policy.cookies.get(KEEP)
    if cookie is None or policy.purposes[cookie.purpose].basis != "consent":
        return PurposeId("")
    return cookie.purpose


def _standing(act: Act, user: UserId, subject: SubjectId) -> PurposeId:
    """Return the purpose whose consent stands although no browser stays signed in, or an empty one."""
    purpose = _asked(policy_for(act.brand, subject, act.at))
    if not purpose or stays_of(user, act.at):
        return PurposeId("")
    return purpose if _stands(act, subject, purpose) else PurposeId("")


def _stands(act: Act, subject: SubjectId, purpose: PurposeId, recipient: str = "") -> bool:
    """Say whether a yes stands now."""
    return consents.standing(
        brand=act.brand, subject=subject, purpose=purpose, at=act.at, recipient=recipient
    )


def _streams(policy: Policy, purpose: str) -> tuple[str, ...]:
    """Return the streams sent for a purpose that can be stopped."""
    found = (each for each in policy.streams.values() if each.purpose == purpose)
    return tuple(each.id for each in found if each.default != "always")
