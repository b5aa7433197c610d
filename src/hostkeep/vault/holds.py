"""Legal holds: what must not be erased for now, although it is due.

Two people of the staff stand behind each: one opens it, another approves it.  It names its classes, its basis
and the case, and a day on which it is looked at again.  It keeps erasing away from these classes and does
nothing else: what is due lies switched off, for the law and for disputes alone.  The person sees it unless an
order says otherwise, and then from the day of review on.
Source: GDPR articles 17(3)(b) and (e), 18(1)(c).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from hostkeep.audit.enter import enter_apart
from hostkeep.audit.recorded import recorded
from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId, Ref, SubjectId
from hostkeep.kernel.words import gettext_noop
from hostkeep.vault.models import Hold
from hostkeep.vault.wall import opened, read

Basis = Literal["legal_request", "dispute", "investigation"]

BASES = frozenset({"legal_request", "dispute", "investigation"})
DISPUTE: Basis = "dispute"
ROLES = frozenset({"privacy", "owner"})
"""Who may open, approve, review and end a hold."""

LONGEST = timedelta(days=365)
"""How far ahead the day of review may lie."""

RELEASED = """
SELECT k.brand, k.subject, array_agg(k.keep_class ORDER BY k.keep_class)
FROM vault.vault_subjectkey k
WHERE k.state = 'held' AND NOT EXISTS (
  SELECT 1 FROM vault.vault_hold h
  WHERE h.subject = k.subject AND h.approved_at IS NOT NULL AND h.ended_at IS NULL
    AND h.classes @> to_jsonb(k.keep_class::text))
GROUP BY k.brand, k.subject ORDER BY k.subject LIMIT %s
"""

FIELDS = (
    "id", "brand", "subject", "classes", "basis", "case", "secret", "opened_by", "approved_by", "opened_at",
    "approved_at", "review_at", "ended_at",
)  # fmt: skip
"""The columns of a hold, in the order of the model, in which OF_PERSON reads them."""

OF_PERSON = """
SELECT id, brand, subject, ARRAY(SELECT jsonb_array_elements_text(classes)), basis, "case", secret,
       opened_by, approved_by, opened_at, approved_at, review_at, ended_at
FROM vault.vault_hold WHERE subject = %s AND brand = %s ORDER BY opened_at DESC, id
"""
"""All the holds on a person's data at a brand, from outside the wall."""



class NotForYou(Foreseen):
    """A hold needs a member of staff who answers for data protection."""

    code = "vault.hold.not_for_you"
    title = gettext_noop("Only a privacy officer or an owner, signed in as themselves, can do this.")
    status = 403


class SamePerson(Foreseen):
    """Who opened a hold cannot approve it, or keep it secret for longer."""

    code = "vault.hold.same_person"
    title = gettext_noop("Somebody else has to approve what you opened.")
    status = 403


class NoSuchHold(Foreseen):
    """No open hold of this shop bears this number."""

    code = "vault.hold.none"
    title = gettext_noop("There is no such hold.")
    status = 404


class BadHold(Foreseen):
    """A hold lacks its classes or its basis, or its day of review is past or too far ahead."""

    code = "vault.hold.bad"
    title = gettext_noop(
        "A hold needs classes of this policy, a basis, and a day of review within {days} days."
    )
    status = 422


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One hold.

    approved_at  None: it waits for a second person and keeps nothing yet
    overdue      whether its day of review is past
    """

    id: UUID
    subject: SubjectId
    classes: frozenset[str]
    basis: str
    case: UUID
    secret: bool
    opened_by: str
    approved_by: str
    opened_at: datetime
    approved_at: datetime | None
    review_at: datetime
    ended_at: datetime | None
    overdue: bool

    @property
    def ref(self) -> Ref:
        """The hold."""
        return Ref("vault.hold", self.id)


@dataclass(frozen=True, slots=True)
class Freed:
    """What no hold keeps any more, although it is due: to be erased now."""

    brand: BrandId
    subject: SubjectId
    classes: frozenset[str]


@recorded("vault.hold.opened")
def open_hold(
    act: Act,
    *,
    subject: SubjectId,
    classes: Collection[str],
    basis: Basis,
    case: UUID,
    review_at: datetime,
    secret: bool,
) -> HoldRow:
    """Ask for a hold on some classes of one person's data.  It keeps nothing until another approves it.

    classes    retention classes of the policy that applies to the person
    case       handle of the case or instrument
    review_at  when it is looked at again, at most a year ahead
    secret     by order: the person does not see it before the day of review
    Raises NotForYou, BadHold.
    """
    _staff_only(act, subject)
    known = policy_for(act.brand, subject, act.at).retention
    good = classes and set(classes) <= known.keys() and basis in BASES
    if not good or not _in_reach(act, review_at):
        raise BadHold(days=LONGEST.days)
    with opened():
        row = Hold.objects.create(
            brand=act.brand, subject=subject, classes=sorted(set(classes)), basis=basis, case=case,
            secret=secret, opened_by=act.actor, opened_at=act.at, review_at=review_at,
        )  # fmt: skip
    return row_of_hold(row, act.at)


@recorded("vault.hold.approved")
def approve_hold(act: Act, *, hold: UUID) -> HoldRow:
    """Let a hold count, as a second person; approved before, it stays as it is.

    What is erased already is not brought back.
    Raises NotForYou, NoSuchHold, SamePerson (the database refuses it too).
    """
    row = _locked(act, hold)
    if row.opened_by == act.actor:
        raise SamePerson
    if row.approved_at is None:
        row.approved_by, row.approved_at = act.actor, act.at
        _save(row, ["approved_by", "approved_at"])
    return row_of_hold(row, act.at)


@recorded("vault.hold.reviewed")
def review_hold(act: Act, *, hold: UUID, review_at: datetime) -> HoldRow:
    """Look at a hold again and let it stand until another day.

    A secret one is told to its person on that day at the latest, so whoever opened it cannot move the day.
    Raises NotForYou, NoSuchHold, BadHold, SamePerson.
    """
    row = _locked(act, hold)
    if row.secret and row.opened_by == act.actor:
        raise SamePerson
    if not _in_reach(act, review_at):
        raise BadHold(days=LONGEST.days)
    row.review_at = review_at
    _save(row, ["review_at"])
    return row_of_hold(row, act.at)


@recorded("vault.hold.ended")
def end_hold(act: Act, *, hold: UUID) -> HoldRow:
    """End a hold.  What was due meanwhile and no other hold keeps is erased by the next sweep.

    Raises NotForYou, NoSuchHold.
    """
    row = _locked(act, hold)
    row.ended_at = act.at
    _save(row, ["ended_at"])
    return row_of_hold(row, act.at)


def held_classes(subject: SubjectId, at: datetime | None = None) -> frozenset[str]:
    """Return the classes of a person that an approved hold keeps.

    at  a time; left out, as things stand
    A hold past its day of review still holds, and is shown as overdue.
    """
    with opened():
        found = Hold.objects.filter(subject=subject, approved_at__isnull=False)
        rows = list(found.filter(ended_at=None) if at is None else found.filter(approved_at__lte=at))
    standing = (row for row in rows if row.ended_at is None or (at is not None and row.ended_at > at))
    return frozenset(name for row in standing for name in row.classes)


def holds_of(act: Act, subject: SubjectId) -> tuple[HoldRow, ...]:
    """Return the holds on a person's data at the act's brand, newest first.

    The person sees those that are approved and not secret any more; who may open holds sees all; nobody else
    sees any.
    """
    theirs = act.role == "customer" and act.own == subject
    if not theirs and not may_hold(act):
        return ()
    found = [Hold.from_db(None, FIELDS, row) for row in read(OF_PERSON, [subject, act.brand])]
    return tuple(row_of_hold(row, act.at) for row in found if not theirs or _is_told(row, act.at))


def waiting(act: Act) -> tuple[HoldRow, ...]:
    """Return the holds of a brand that wait for a second person, or for their review; oldest first.

    Nobody but who may open holds sees any.
    """
    if not may_hold(act):
        return ()
    with opened():
        found = list(Hold.objects.filter(brand=act.brand, ended_at=None).order_by("opened_at", "id"))
    rows = (row_of_hold(row, act.at) for row in found)
    return tuple(row for row in rows if row.approved_at is None or row.overdue)


def count_standing(brand: BrandId) -> int:
    """Return how many approved holds of a brand stand; secret ones count."""
    with opened():
        return Hold.objects.filter(brand=brand, approved_at__isnull=False, ended_at=None).count()


def released(*, most: int) -> tuple[Freed, ...]:
    """Return what lies held and no hold keeps any more, at most so many people: it is due to be erased."""
    with opened(), connection.cursor() as cursor:
        cursor.execute(RELEASED, [most])
        return tuple(
            Freed(BrandId(brand), SubjectId(subject), frozenset(classes))
            for brand, subject, classes in cursor.fetchall()
        )


def may_hold(act: Act) -> bool:
    """Say whether an act is of somebody who may open holds."""
    return act.role in ROLES and act.actor.startswith("staff:")


def sees_secret(act: Act) -> bool:
    """Say whether what a secret hold keeps may be told: to those who may open holds, and nobody else."""
    return act.role in ROLES


def _staff_only(act: Act, subject: SubjectId | None) -> None:
    """Refuse anybody else, and enter it.  Raises NotForYou."""
    if may_hold(act):
        return
    if subject is not None:
        enter_apart(act, "vault.hold.refused", Ref("person", subject), category="", clause="", digest="")
    raise NotForYou


def _locked(act: Act, hold: UUID) -> Hold:
    """Return an open hold of the act's brand, locked.  Raises NotForYou, NoSuchHold."""
    with opened():
        row = Hold.objects.select_for_update().filter(id=hold, brand=act.brand, ended_at=None).first()
    _staff_only(act, None if row is None else SubjectId(row.subject))
    if row is None:
        raise NoSuchHold
    return row


def _save(row: Hold, fields: list[str]) -> None:
    """Write a hold.  Raises SamePerson where the database says so."""
    try:
        with transaction.atomic(), opened():
            row.save(update_fields=fields)
    except IntegrityError:
        raise SamePerson from None


def _in_reach(act: Act, review_at: datetime) -> bool:
    """Say whether a day of review is to come and not too far ahead."""
    return act.at < review_at <= act.at + LONGEST


def _is_told(row: Hold, at: datetime) -> bool:
    """Say whether the person may see a hold."""
    return row.approved_at is not None and (not row.secret or row.review_at <= at)


def row_of_hold(row: Hold, at: datetime) -> HoldRow:
    """Freeze a hold."""
    return HoldRow(
        id=row.id,
        subject=SubjectId(row.subject),
        classes=frozenset(row.classes),
        basis=row.basis,
        case=row.case,
        secret=row.secret,
        opened_by=row.opened_by,
        approved_by=row.approved_by,
        opened_at=row.opened_at,
        approved_at=row.approved_at,
        review_at=row.review_at,
        ended_at=row.ended_at,
        overdue=row.ended_at is None and row.review_at <= at,
    )
