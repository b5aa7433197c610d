"""What people shows of accounts that are closed: how they were, links to them, addresses still in passing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from hostkeep.kernel.ids import AccountId, BrandId, MailId, SubjectId, UserId
from hostkeep.kernel.sealed import Sealed
from hostkeep.people.errors import AccountNotOpen, LinkOver, NoSuchDispute
from hostkeep.people.models import Account, ClosedLink, Closing, Dispute, PassingAddress
from hostkeep.people.rules.closing import OPEN
from hostkeep.people.rules.tokens import hash_of
from hostkeep.runtime.deeds import note, noted
from hostkeep.runtime.together import Question, ask
from hostkeep.vault import sealing

STATE = "SELECT state FROM people_account WHERE id = %s FOR SHARE"

PASSING = "passing"
"""What an address in passing is sealed for."""


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """How an account was closed.  by: customer, staff or policy.  why: a word of rules.closing, or empty."""

    id: UUID
    account: AccountId
    brand: BrandId
    by: str
    why: str
    begun_at: datetime
    told_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class PassingRow:
    """An address that a mail still has to reach.  use: new, old or closing."""

    id: UUID
    user: UserId
    use: str
    address: Sealed[str]
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LinkRow:
    """What stands in for the login of a closed account."""

    id: UUID
    account: AccountId
    brand: BrandId
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """What the owner of a closed account brought forward.  subject: under which the vault has the words."""

    id: UUID
    brand: BrandId
    account: AccountId
    subject: SubjectId
    how: str
    made_at: datetime
    until: datetime


def hold_open(account: AccountId, *others: Question[Any]) -> None:
    """Keep an account open till the deed is done: whoever closes it waits, or came first.  In a transaction.

    others  what is asked in the same way to the server, for what it notes
    An account that people does not know is nobody's to close.  Once a deed.  Raises AccountNotOpen.
    """
    if noted((hold_open, account)):
        return
    asked: Question[str] = Question(STATE, [account], lambda row: str(row[0]), locks=True)
    found: list[str] = ask(asked, *others)[0]
    if found and found[0] != OPEN:
        raise AccountNotOpen(state=found[0])
    note((hold_open, account), True)


@contextmanager
def alone(account: AccountId) -> Iterator[None]:
    """Let nobody else close the same account until the block ends; what is done inside is one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"closing|{account}"])
        yield


def closing_of(account: AccountId) -> ClosingRow | None:
    """Return how an account was or is being closed, or None while it is open."""
    row = Closing.objects.filter(account=account).first()
    return _closing_row(row) if row else None


def unfinished(*, most: int) -> tuple[ClosingRow, ...]:
    """Return closings that wait for something, the oldest first."""
    found = Closing.objects.filter(finished_at=None).order_by("begun_at", "id")[:most]
    return tuple(_closing_row(row) for row in found)


def is_being_erased(subject: SubjectId) -> bool:
    """Say whether the keys of a person's account class are being destroyed, or are gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT person_is_erased(%s)", [subject])
        return bool(cursor.fetchone()[0])


def erased_logins(*, most: int) -> tuple[tuple[BrandId, AccountId], ...]:
    """Return accounts whose person's keys are gone while their login still stands, with their brands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT brand, id FROM people_account WHERE erased_at IS NULL AND state <> 'open'"
            " AND person_is_erased(subject) ORDER BY id LIMIT %s",
            [most],
        )
        return tuple((BrandId(brand), AccountId(account)) for brand, account in cursor.fetchall())


def closed_link(brand: BrandId, token: str, at: datetime) -> LinkRow:
    """Return the living link of a token at a brand.

    Raises LinkOver: for a token that never was as for one past its end, and for another brand's.
    """
    row = ClosedLink.objects.filter(token=hash_of(token), brand=brand, expires_at__gt=at).first()
    if row is None:
        raise LinkOver
    return _link_row(row)


def links_ending(by: datetime) -> tuple[tuple[LinkRow, SubjectId], ...]:
    """Return the links whose time is over by then, each with the person it is for, the oldest first."""
    due = ClosedLink.objects.filter(expires_at__lte=by).order_by("expires_at", "id")
    return tuple((_link_row(row), SubjectId(row.account.subject)) for row in due.select_related("account"))


def passing(wanted: UUID, at: datetime) -> PassingRow | None:
    """Return an address that a mail still has to reach, or None where it is gone, over or unreadable."""
    row = PassingAddress.objects.filter(id=wanted, expires_at__gt=at).first()
    if row is None:
        return None
    try:
        address = sealing.unseal_for(PASSING, row.address)
    except sealing.BrokenSeal:
        return None
    return PassingRow(
        row.id, UserId(row.user_id), row.use, Sealed(address, "email"), row.made_at, row.expires_at
    )


def is_passing_for(mail: MailId) -> bool:
    """Say whether an address is kept for a mail alone."""
    return PassingAddress.objects.filter(mail=mail).exists()


def dispute(wanted: UUID) -> DisputeRow:
    """Return one dispute.  Raises NoSuchDispute."""
    row = Dispute.objects.filter(id=wanted).first()
    if row is None:
        raise NoSuchDispute
    return _dispute_row(row)


def disputes_of(account: AccountId) -> tuple[DisputeRow, ...]:
    """Return what the owner of an account brought forward, newest first."""
    return tuple(_dispute_row(row) for row in Dispute.objects.filter(account=account).order_by("-made_at"))


def disputes(*, most: int) -> Sequence[DisputeRow]:
    """Return the disputes of all brands, newest first; a canary's are left out."""
    found = Dispute.objects.exclude(account__canary=True).order_by("-made_at")[:most]
    return tuple(_dispute_row(row) for row in found)


def disputes_over(at: datetime, *, most: int) -> tuple[DisputeRow, ...]:
    """Return disputes whose time is over."""
    return tuple(_dispute_row(row) for row in Dispute.objects.filter(until__lte=at).order_by("until")[:most])


def state_of_login(user: UserId) -> str:
    """Return the state of the account that a login owns; "open" for one that owns none."""
    found = Account.objects.filter(membership__user_id=user, membership__role="owner")
    return found.values_list("state", flat=True).first() or "open"


def _link_row(row: ClosedLink) -> LinkRow:
    """Freeze a link."""
    return LinkRow(row.id, AccountId(row.account_id), BrandId(row.brand), row.made_at, row.expires_at)


def _closing_row(row: Closing) -> ClosingRow:
    """Freeze a closing."""
    return ClosingRow(
        row.id, AccountId(row.account_id), BrandId(row.brand), row.by, row.why, row.begun_at, row.told_at,
        row.finished_at,
    )  # fmt: skip


def _dispute_row(row: Dispute) -> DisputeRow:
    """Freeze a dispute."""
    return DisputeRow(
        row.id, BrandId(row.brand), AccountId(row.account_id), SubjectId(row.subject), row.how, row.made_at,
        row.until,
    )  # fmt: skip
