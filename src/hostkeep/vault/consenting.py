"""Saying yes, no, and no longer.  Each is asked apart; accepting a policy or going on is never a yes.

Source: GDPR articles 4(11), 7; ISO/IEC TS 27560:2023.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.brands.applying import version_for
from hostkeep.brands.queries import VersionRow, policy_by_digest
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import ClauseId, PurposeId, Ref, SubjectId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.consent import clause_without, matter_of
from hostkeep.vault.consents import hold, newest
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

    how       where they said so, as in receipts.Event
    language  of the page
    A yes that stands under the same version stands on: said twice, it is one.
    Raises NotAskedFor, NotYours.
    """
    return _give(_saying(act, subject, purpose, recipient, how, language), until=None)


@recorded("vault.consent.given")
def give_until(
    act: Act, *, subject: SubjectId, purpose: PurposeId, until: datetime, how: str, language: str = ""
) -> Said:
    """Note a yes that ends by itself, as `give`; said again, it lasts till the later end."""
    return _give(_saying(act, subject, purpose, "", how, language), until=until)


@recorded("vault.consent.refused")
def refuse(
    act: Act, *, subject: SubjectId, purpose: PurposeId, recipient: str = "", how: str, language: str = ""
) -> Said:
    """Note a person's no.  A yes that stood is withdrawn by it.  Raises NotAskedFor, NotYours."""
    saying = _saying(act, subject, purpose, recipient, how, language)
    clause = _asked_for(saying)
    with opened():
        last = _hold(saying)
        if last is not None and _stands(last, act.at):
            return _end(saying, last, "withdrawn")
        if last is not None and last.state == "refused" and last.digest == saying.shown.digest:
            return Said(last.record, subject, "refused")
        return _write(saying, "refused", clause, None, uuid4())


@recorded("vault.consent.withdrawn")
def withdraw(
    act: Act, *, subject: SubjectId, purpose: PurposeId, recipient: str = "", how: str, language: str = ""
) -> Said:
    """Take a yes back, at once, even where the policy in force asks for this consent no more.

    Raises NoneStands, NotYours.  Source: GDPR article 7(3).
    """
    return _end_standing(_saying(act, subject, purpose, recipient, how, language), "withdrawn")


@recorded("vault.consent.expired")
def expire(act: Act, *, subject: SubjectId, purpose: PurposeId, recipient: str = "", how: str) -> Said:
    """Note that a yes is over because what it was for has ended, not because the person took it back.

    Raises NoneStands.
    """
    return _end_standing(_saying(act, subject, purpose, recipient, how, ""), "expired")


@dataclass(frozen=True, slots=True)
class Saying:
    """Whose word on what is being said, and under which version.

    recipient      empty for a use of our own
    how, language  as in receipts.Event
    shown          the version that applies to the person; read before the wall opens, as inside it the
                   vault's role sees the vault's tables alone
    """

    act: Act
    subject: SubjectId
    purpose: PurposeId
    recipient: str
    how: str
    language: str
    shown: VersionRow


def _saying(
    act: Act, subject: SubjectId, purpose: PurposeId, recipient: str, how: str, language: str
) -> Saying:
    """Gather what is said.  Raises NotYours where a customer speaks for another."""
    if act.role == "customer" and act.own != subject:
        raise NotYours
    shown = version_for(act.brand, subject, act.at)
    return Saying(act, subject, purpose, recipient, how, language, shown)


def _asked_for(saying: Saying) -> ClauseId:
    """Return the clause that asks the person for this consent.  Raises NotAskedFor, NotYours."""
    if saying.act.role not in PERSONS:
        raise NotYours
    policy = policy_by_digest(saying.shown.digest)
    found = matter_of(policy, saying.purpose, saying.recipient)
    if found is None:
        raise NotAskedFor(purpose=saying.purpose, clause=clause_without(policy, saying.recipient))
    return found.clause


def _give(saying: Saying, *, until: datetime | None) -> Said:
    """Note a yes, unless the same one stands; one under an older version, or a shorter one, ends with it."""
    clause = _asked_for(saying)
    with opened():
        last = _hold(saying)
        if last is not None and _says_it(last, saying, until):
            return Said(last.record, saying.subject, "given")
        if last is not None and last.state == "given":
            _end(saying, last, "expired")
        return _write(saying, "given", clause, until, uuid4())


def _end_standing(saying: Saying, state: str) -> Said:
    """Add the word that ends a yes.  Raises NoneStands."""
    with opened():
        last = _hold(saying)
        if last is None or last.state != "given":
            raise NoneStands
        return _end(saying, last, state)


def _hold(saying: Saying) -> Consent | None:
    """Return the newest word, and let nobody else speak on this matter until the transaction ends."""
    matter = (saying.act.brand, saying.subject, saying.purpose, saying.recipient)
    hold(*matter)
    return newest(*matter)


def _stands(word: Consent, at: datetime) -> bool:
    """Say whether a word is a yes that stands."""
    return word.state == "given" and (word.until is None or word.until > at)


def _says_it(word: Consent, saying: Saying, until: datetime | None) -> bool:
    """Say whether a yes stands under the version of today and lasts as long as the one that is said now."""
    lasts = word.until is None or (until is not None and word.until >= until)
    return lasts and _stands(word, saying.act.at) and word.digest == saying.shown.digest


def _end(saying: Saying, yes: Consent, state: str) -> Said:
    """Add the last word to the record of a yes."""
    return _write(saying, state, ClauseId(yes.clause), yes.until, yes.record)


def _write(saying: Saying, state: str, clause: ClauseId, until: datetime | None, record: UUID) -> Said:
    """Add one word."""
    Consent.objects.create(
        record=record, brand=saying.act.brand, subject=saying.subject, purpose=saying.purpose,
        recipient=saying.recipient, state=state, version=saying.shown.version, digest=saying.shown.digest,
        clause=clause, language=saying.language, how=saying.how, at=saying.act.at, until=until,
    )  # fmt: skip
    return Said(record, saying.subject, state)
