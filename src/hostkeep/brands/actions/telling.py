"""Telling customers of a change: who is to be told, who was, from when it applies, and who said no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.brands import queries
from hostkeep.brands.applying import before
from hostkeep.brands.applying import version as version_by_handle
from hostkeep.brands.errors import CannotReject, NoSuchNotice
from hostkeep.brands.events import ChangeRejected
from hostkeep.brands.models import Notice, PolicyVersion, Telling
from hostkeep.brands.queries import VersionRow, policy_by_digest
from hostkeep.brands.rules.handles import brand_handle
from hostkeep.brands.rules.notice import applies_from
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, Ref, SubjectId
from hostkeep.policy.book import Notice as NoticeRule
from hostkeep.runtime.outbox import publish

BEFORE_THE_DAY = timedelta(days=1)
"""The services of who rejects a change end so long before it would apply, so that it never does."""


@dataclass(frozen=True, slots=True)
class Told:
    """A person and a change.  applies_at: from when it applies to them, None: not before they are told."""

    notice: UUID
    applies_at: datetime | None

    @property
    def ref(self) -> Ref:
        """The notice."""
        return Ref("brands.notice", self.notice)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the telling of a version is."""

    brand: BrandId
    last: UUID | None
    count: int

    @property
    def ref(self) -> Ref:
        """The brand."""
        return Ref("brands.brand", brand_handle(self.brand))


@dataclass(frozen=True, slots=True)
class Standing:
    """A person who said no, or yes again."""

    subject: SubjectId
    ends_at: datetime | None

    @property
    def ref(self) -> Ref:
        """The person."""
        return Ref("person", self.subject)


@recorded("brands.telling.begun")
def begin_telling(act: Act, *, version: UUID) -> Progress:
    """Begin to tell the customers of a version, or say how far that is already.  Raises NoSuchVersion."""
    brand, row = version_by_handle(version)
    known, _ = Telling.objects.get_or_create(
        version=PolicyVersion.objects.defer("source").get(handle=row.handle), defaults={"begun_at": act.at}
    )
    return Progress(brand, known.last, known.count)


@recorded("brands.telling.advanced")
def advance_telling(act: Act, *, version: UUID, last: UUID, count: int) -> Progress:
    """Note that so many more customers were reached.  last: the account.  Raises NoSuchVersion."""
    del act
    brand, _ = version_by_handle(version)
    row = Telling.objects.select_for_update(of=("self",)).get(version__handle=version)
    row.last, row.count = last, row.count + count
    row.save(update_fields=["last", "count"])
    return Progress(brand, last, row.count)


@recorded("brands.telling.finished")
def finish_telling(act: Act, *, version: UUID) -> Progress:
    """Note that everybody who is to be told has their notice.  Raises NoSuchVersion."""
    brand, _ = version_by_handle(version)
    row = Telling.objects.select_for_update(of=("self",)).get(version__handle=version)
    row.finished_at = row.finished_at or act.at
    row.save(update_fields=["finished_at"])
    queries.forget()
    return Progress(brand, row.last, row.count)


@recorded("brands.notice.queued")
def queue_notice(act: Act, *, version: UUID, subject: SubjectId, account: AccountId) -> Told:
    """Note that a person is to be told by mail.  Again: changes nothing.  Raises NoSuchVersion."""
    _, row = version_by_handle(version)
    found = _notice(act, row, subject, account)
    return Told(found.id, found.applies_at)


@recorded("brands.notice.handed_over")
def mark_handed_over(act: Act, *, notice: UUID) -> Told:
    """Note that a person's notice was taken by their mail host at act.at: from now on they are told.

    Who was told earlier stays told from then.  Raises NoSuchNotice.
    """
    row = _locked(notice)
    if row.state != "shown":
        row.state = "handed_over"
    return _tell(act, row)


@recorded("brands.notice.refused")
def mark_refused(act: Act, *, notice: UUID) -> Told:
    """Note that a person's notice could not be handed over: they are told at their next login.

    Raises NoSuchNotice.
    """
    del act
    row = _locked(notice)
    if row.told_at is None:
        row.state = "refused"
        row.save(update_fields=["state"])
    return Told(row.id, row.applies_at)


@recorded("brands.notice.shown")
def mark_shown(act: Act, *, version: UUID, subject: SubjectId, account: AccountId) -> Told:
    """Note that a page showed a person what a version changes.  Raises NoSuchVersion."""
    _, row = version_by_handle(version)
    found = _locked(_notice(act, row, subject, account).id)
    if found.told_at is None:
        found.state = "shown"
    return _tell(act, found)


@recorded("brands.notice.shown_at_arrival")
def mark_arrived(act: Act, *, subject: SubjectId, account: AccountId) -> Told:
    """Note that the version in force was shown to somebody who came under it: it applies to them at once.

    Only while that version is still being told to those who came before.
    """
    row = queries.version_in_force(act.brand, act.at)
    found = _locked(_notice(act, row, subject, account).id)
    if found.told_at is None:
        found.state, found.applies_at = "shown", act.at
    return _tell(act, found)


@recorded("brands.change.rejected")
def reject_change(act: Act, *, notice: UUID) -> Standing:
    """Say no to a change: the old terms stay until the services end, which is before it would apply.

    Again: changes nothing.  Publishes ChangeRejected.
    Raises NoSuchNotice, CannotReject (the policy offers no such way, the change applies already or was
    accepted since).
    """
    row = _locked(notice)
    rule = _rule(row)
    if row.accepted_at is not None:
        raise CannotReject(clause=rule.clause)
    if row.rejected_at is None:
        applies_at = _received(act, row).applies_at
        if not rule.reject or applies_at is None or applies_at <= act.at:
            raise CannotReject(clause=rule.clause)
        row.rejected_at, row.differs = act.at, True
        row.ends_at = max(act.at, applies_at - BEFORE_THE_DAY)
        row.save(update_fields=["rejected_at", "differs", "ends_at"])
        queries.forget()
        publish(act.of_brand(BrandId(row.brand)), ChangeRejected(row.id))
    return Standing(SubjectId(row.subject), row.ends_at)


@recorded("brands.change.accepted")
def accept_changes(act: Act, *, subject: SubjectId) -> Standing:
    """Take back every no: from now on the rules of the day apply to a person like to anybody else."""
    Notice.objects.filter(
        subject=subject, brand=act.brand, rejected_at__isnull=False, accepted_at=None
    ).update(accepted_at=act.at)
    queries.forget()
    return Standing(subject, None)


@recorded("brands.change.ended")
def mark_ended(act: Act, *, notice: UUID) -> Told:
    """Note that the services of who rejected a change have ended.  Raises NoSuchNotice."""
    row = _locked(notice)
    row.ended_at = row.ended_at or act.at
    row.save(update_fields=["ended_at"])
    return Told(row.id, row.applies_at)


def _notice(act: Act, row: VersionRow, subject: SubjectId, account: AccountId) -> Notice:
    """Return a person's notice of a version, made if there is none."""
    version_id = PolicyVersion.objects.filter(handle=row.handle).values_list("id", flat=True).get()
    wish = Notice(
        version_id=version_id, brand=act.brand, subject=subject, account=account, queued_at=act.at,
        applies_at=None if row.waits else row.effective_at, differs=row.waits,
    )  # fmt: skip
    Notice.objects.bulk_create([wish], ignore_conflicts=True)
    return Notice.objects.get(version_id=version_id, subject=subject)


def _tell(act: Act, row: Notice) -> Told:
    """Note that a person is told, from the first time on; where the days are counted for each, begin to."""
    if row.told_at is None:
        row.told_at = act.at
        if row.applies_at is None:
            row.applies_at = applies_from(
                effective_at=row.version.effective_at, told_at=act.at, period=_rule(row).period
            )
    row.save(update_fields=["state", "told_at", "applies_at"])
    return Told(row.id, row.applies_at)


def _received(act: Act, row: Notice) -> Told:
    """Note that who holds the link has its mail; where no hand-over is noted yet, their days begin now."""
    if row.told_at is None:
        row.state = "handed_over"
    return _tell(act, row)


def _rule(row: Notice) -> NoticeRule:
    """Return the rule of notice of the version in force when a notice's version was announced."""
    brand, version = version_by_handle(row.version.handle)
    held = before(brand, version) or version
    return policy_by_digest(held.digest).notice


def _locked(notice: UUID) -> Notice:
    """Return a notice that nobody else changes until the deed is done.  Raises NoSuchNotice."""
    found = Notice.objects.select_related("version").filter(id=notice)
    row = found.select_for_update(of=("self",)).first()
    if row is None:
        raise NoSuchNotice
    return row
