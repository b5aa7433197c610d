"""What messaging can tell: a mail, what is due, an account's history, a person's choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, QuerySet

from hostkeep.kernel.ids import OPERATOR, AccountId, BrandId, ClauseId, MailId, SubjectId
from hostkeep.messaging.errors import NoSuchMail
from hostkeep.messaging.models import Mail, Preference
from hostkeep.messaging.rules.delivery import State
from hostkeep.messaging.rules.streams import wanted
from hostkeep.people.queries import is_canary
from hostkeep.policy.book import Policy, Text
from hostkeep.runtime.counting import Tally
from hostkeep.runtime.written import objects_of, rows_of


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail on its way.

    subject  whose it is: the user's id, or where address is "contact" the vault's subject
    address  "login", "contact", "passing", or the number of a login address row
    facts    ids it is written from
    token    left part of its Message-ID
    due_at   when something must happen to it, None if it waits for its job or is settled
    """

    id: MailId
    brand: BrandId
    stream: str
    template: str
    language: str
    subject: UUID
    account: AccountId | None
    address: str
    facts: Mapping[str, str]
    token: str
    state: State
    attempts: int
    due_at: datetime | None
    handed_over_at: datetime | None


@dataclass(frozen=True, slots=True)
class Repeated:
    """Letters about one thing.

    count   since a time
    again   how many were repetitions, of all that are kept
    newest  when the last one was queued, or None
    """

    count: int
    again: int
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A line of an account's mail history: envelope and state, no body and no address.

    last_code  the other side's last code, or why it was not sent; may be empty
    """

    id: MailId
    stream: str
    template: str
    state: State
    attempts: int
    queued_at: datetime
    handed_over_at: datetime | None
    last_code: str


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    """A stream and whether a person gets it.

    can_stop  whether it can be switched off at all
    chosen    whether they said so themselves; else it is the policy's default
    """

    stream: str
    label: Text
    wanted: bool
    can_stop: bool
    chosen: bool
    clause: ClauseId


def mail(mail: MailId) -> MailRow:
    """Return one mail.  Raises NoSuchMail."""
    row = next(iter(objects_of(_alone, mail)), None)
    if row is None:
        raise NoSuchMail
    return MailRow(
        id=MailId(row.id),
        brand=BrandId(row.brand),
        stream=row.stream,
        template=row.template,
        language=row.language,
        subject=row.subject,
        account=AccountId(row.account) if row.account else None,
        address=row.address,
        facts=row.facts,
        token=row.token,
        state=State(row.state),
        attempts=row.attempts,
        due_at=row.due_at,
        handed_over_at=row.handed_over_at,
    )


def _alone(mail: MailId) -> QuerySet[Mail]:
    """Return the query of `mail`."""
    return Mail.objects.filter(id=mail)


def due_mail(at: datetime, *, most: int) -> tuple[MailId, ...]:
    """Return mails whose next attempt is due or whose hand-over took too long, oldest first."""
    ids = Mail.objects.filter(due_at__lte=at).order_by("due_at").values_list("id", flat=True)
    return tuple(MailId(i) for i in ids[:most])


def count_of_template(brand: BrandId, template: str) -> int:
    """Return how many mails of a kind a brand has ever queued."""
    return Mail.objects.filter(brand=brand, template=template).count()


def deferred_by_brand() -> Mapping[BrandId, int]:
    """Return how many mails wait for another try in each brand that has some.  One query.

    A canary's are not counted, nor the operator's own.
    """
    waiting = Mail.objects.filter(state=State.DEFERRED).exclude(brand=OPERATOR)
    counts = waiting.exclude(is_canary("account")).values_list("brand").annotate(count=Count("id"))
    return {BrandId(brand): count for brand, count in counts.order_by()}


def mail_of(account: AccountId, *, most: int = 100) -> tuple[HistoryRow, ...]:
    """Return an account's mails, newest first."""
    found = Mail.objects.filter(account=account).order_by("-queued_at", "-id")
    rows = found.values_list(
        "id", "stream", "template", "state", "attempts", "queued_at", "handed_over_at", "last_code"
    )
    return tuple(
        HistoryRow(MailId(mail), stream, template, State(state), attempts, queued, handed_over, code)
        for mail, stream, template, state, attempts, queued, handed_over, code in rows[:most]
    )


def mail_tally(account: AccountId) -> Tally:
    """Return how many mails an account was written, and since when.  One query."""
    found = Mail.objects.filter(account=account).aggregate(count=Count("id"), since=Min("queued_at"))
    return Tally(found["count"], found["since"])


def choices_of(subject: SubjectId, *, brand: BrandId) -> Mapping[str, bool]:
    """Return a person's last word on each stream they ever answered, by stream id."""
    return dict(rows_of(_answers, subject, brand))


def _answers(subject: SubjectId, brand: BrandId) -> QuerySet[Preference, Any]:
    """Return the query of `choices_of`."""
    answers = Preference.objects.filter(subject=subject, brand=brand).order_by("stream", "-id")
    return answers.distinct("stream").values_list("stream", "wanted")


def preferences_of(subject: SubjectId, *, policy: Policy) -> tuple[PreferenceRow, ...]:
    """Return every stream the policy declares and whether this person gets it."""
    choices = choices_of(subject, brand=policy.brand)
    return tuple(
        PreferenceRow(
            stream=stream.id,
            label=stream.label,
            wanted=wanted(stream, choices),
            can_stop=stream.default != "always",
            chosen=stream.id in choices,
            clause=stream.clause,
        )
        for stream in policy.streams.values()
    )


def repeated(account: AccountId, *, template: str, about: Mapping[str, str], since: datetime) -> Repeated:
    """Return how often an account was sent a letter about one thing.  One query.

    about  some of its facts; since: what counts as lately
    """
    found = Mail.objects.filter(account=account, template=template, facts__contains=dict(about))
    told = found.values_list("once", "queued_at")
    at = [queued for _, queued in told]
    again = sum(":again-" in once for once, _ in told)
    return Repeated(sum(each >= since for each in at), again, max(at, default=None))
