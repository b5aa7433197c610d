"""Saying yes, no, and no longer.  Each is asked apart; accepting a policy or going on is never a yes.

Source: GDPR articles 4(11), 7; ISO/IEC TS 27560:2023.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection

from hostkeep.audit.recorded import recorded
from hostkeep.brands.applying import policy_for, version_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import ClauseId, PurposeId, Ref, SubjectId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.consent import clause_without, matter_of
from hostkeep.vault.consents import newest
from hostkeep.vault.models import Consent
from hostkeep.vault.wall import opened

PERSONS = frozenset({"customer", "visitor"})
"""Who can say yes or no: the person.  Nobody consents for another, and no program does."""


class NotAskedFor(Foreseen):
    """The policy has no such consent: nothing is done on it, so nobody can give it."""

    code = "vault.consent.not_asked_for"
    title = gettext_noop("Our privacy policy asks for no such consent.")
    status = 422


class NoneStands(Foreseen):
    """There is no yes to take back."""

    code = "vault.consent.none_stands"
    title = gettext_noop("There is no such consent any more.")
    status = 409


class NotYours(Foreseen):
    """Somebody speaks for another person."""

    code = "vault.consent.not_yours"
    title = gettext_noop("Only the person can say this.")
    status = 403


@dataclass(frozen=True, slots=True)
class Said:
    """What stands now.  record: the consent.  state: given, refused, withdrawn or expired."""

    record: UUID
    subject: SubjectId
    state: str

    @property
    def ref(self) -> Ref:
        """The consent."""
        return Ref("vault.consent", self.record)


@recorded("vault.consent.given")
def give(
    act: Act, *, subject: SubjectId, purpose: PurposeId, recipient: str = "", how: str, language: str = ""
) -> Said:
    """Note a person's yes to one purpose or one recipient, under the version that applies to them.

    how       where they said so, as in consents.Word
    language  of the page
    A yes that stands under the same version stands on: said twice, it is one.
    Raises NotAskedFor, NotYours.
    """
    return _give(act, Matter(subject, purpose, recipient), how, language, None)


@recorded("vault.consent.given")
def give_until(
    act: Act, *, subject: SubjectId, purpose: PurposeId, until: datetime, how: str, language: str = ""
) -> Said:
    """Note a yes that ends by itself, as `give`; said again, it lasts till the later end."""
    return _give(act, Matter(subject, purpose, ""), how, language, until)


@recorded("vault.consent.refused")
def refuse(
    act: Act, *, subject: SubjectId, purpose: PurposeId, recipient: str = "", how: str, language: str = ""
) -> Said:
    """Note a person's no.  A yes that stood is withdrawn by it.  Raises NotAskedFor, NotYours."""
    matter = Matter(subject, purpose, recipient)
    _by_the_person(act, subject, PERSONS)
    clause = _asked_for(act, matter)
    with opened():
        last = _hold(act, matter)
        if last is not None and _stands(last, act.at):
            return _write(act, matter, "withdrawn", clause, (how, language, last.until), last.record)
        if last is not None and last.state == "refused" and last.digest == _digest(act, matter):
            return Said(last.record, subject, "refused")
        return _write(act, matter, "refused", clause, (how, language, None), uuid4())


@recorded("vault.consent.withdrawn")
def withdraw(
    act: Act, *, subject: SubjectId, purpose: PurposeId, recipient: str = "", how: str, language: str = ""
) -> Said:
    """Take a yes back, at once, even where the policy in force asks for this consent no more.

    Raises NoneStands, NotYours.  Source: GDPR article 7(3).
    """
    return _end(act, Matter(subject, purpose, recipient), "withdrawn", (how, language))


@recorded("vault.consent.expired")
def expire(act: Act, *, subject: SubjectId, purpose: PurposeId, how: str) -> Said:
    """Note that a yes is over because what it was for has ended, not because the person took it back.

    Raises NoneStands.
    """
    return _end(act, Matter(subject, purpose, ""), "expired", (how, ""))


@dataclass(frozen=True, slots=True)
class Matter:
    """Whose word on what.  recipient: empty for a use of our own."""

    subject: SubjectId
    purpose: PurposeId
    recipient: str


def _give(act: Act, matter: Matter, how: str, language: str, until: datetime | None) -> Said:
    """Note a yes, unless the same one stands; one under an older version, or a shorter one, ends with it."""
    _by_the_person(act, matter.subject, PERSONS)
    clause = _asked_for(act, matter)
    with opened():
        last = _hold(act, matter)
        if last is not None and _says_it(last, act, matter, until):
            return Said(last.record, matter.subject, "given")
        if last is not None and last.state == "given":
            _write(act, matter, "expired", ClauseId(last.clause), (how, language, last.until), last.record)
        return _write(act, matter, "given", clause, (how, language, until), uuid4())


def _end(act: Act, matter: Matter, state: str, said: tuple[str, str]) -> Said:
    """Add the word that ends a yes.  Raises NoneStands, NotYours."""
    _by_the_person(act, matter.subject, frozenset({act.role}))
    with opened():
        last = _hold(act, matter)
        if last is None or last.state != "given":
            raise NoneStands
        clause = ClauseId(last.clause)
        return _write(act, matter, state, clause, (*said, last.until), last.record)


def _by_the_person(act: Act, subject: SubjectId, roles: frozenset[str]) -> None:
    """Refuse who speaks for another."""
    if act.role not in roles or (act.role == "customer" and act.own != subject):
        raise NotYours


def _asked_for(act: Act, matter: Matter) -> ClauseId:
    """Return the clause that asks for this consent.  Raises NotAskedFor."""
    policy = policy_for(act.brand, matter.subject, act.at)
    found = matter_of(policy, matter.purpose, matter.recipient)
    if found is None:
        raise NotAskedFor(purpose=matter.purpose, clause=clause_without(policy, matter.recipient))
    return found.clause


def _hold(act: Act, matter: Matter) -> Consent | None:
    """Return the newest word, and let nobody else speak on this matter until the transaction ends."""
    key = f"consent|{act.brand}|{matter.subject}|{matter.purpose}|{matter.recipient}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    return newest(act.brand, matter.subject, matter.purpose, matter.recipient)


def _stands(word: Consent, at: datetime) -> bool:
    """Say whether a word is a yes that stands."""
    return word.state == "given" and (word.until is None or word.until > at)


def _says_it(word: Consent, act: Act, matter: Matter, until: datetime | None) -> bool:
    """Say whether a yes stands under the version of today and lasts as long as the one that is said now."""
    lasts = word.until is None or (until is not None and word.until >= until)
    return lasts and _stands(word, act.at) and word.digest == _digest(act, matter)


def _digest(act: Act, matter: Matter) -> str:
    """Return the digest of the version that applies to the person."""
    return version_for(act.brand, matter.subject, act.at).digest


def _write(
    act: Act,
    matter: Matter,
    state: str,
    clause: ClauseId,
    said: tuple[str, str, datetime | None],
    record: UUID,
) -> Said:
    """Add one word.  said: how, in which language, until when."""
    shown = version_for(act.brand, matter.subject, act.at)
    how, language, until = said
    Consent.objects.create(
        record=record, brand=act.brand, subject=matter.subject, purpose=matter.purpose,
        recipient=matter.recipient, state=state, version=shown.version, digest=shown.digest, clause=clause,
        language=language, how=how, at=act.at, until=until,
    )  # fmt: skip
    return Said(record, matter.subject, state)
