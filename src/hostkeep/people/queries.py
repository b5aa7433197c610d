"""What people shows: handles, states and sessions.  Names lie in the vault."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hostkeep.kernel.ids import AccountId, BrandId, SubjectId, UserId
from hostkeep.kernel.sealed import Sealed
from hostkeep.people.errors import NoSuchAccount, NoSuchUser
from hostkeep.people.models import (
    Acceptance,
    Account,
    LoginAddress,
    Membership,
    Session,
    StaySeries,
    User,
)
from hostkeep.people.rules.tokens import hash_of


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account.  number: what its owner is called by.  state: open, deactivated or closed."""

    id: AccountId
    brand: BrandId
    number: str
    subject: SubjectId
    state: str
    language: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class UserRow:
    """A login.  staff_role: empty for customers."""

    id: UserId
    brand: BrandId
    subject: SubjectId
    staff_role: str


@dataclass(frozen=True, slots=True)
class AcceptanceRow:
    """What a person was shown and ticked."""

    what: str
    version: int
    digest: str
    form: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StayRow:
    """A browser that stays signed in."""

    id: UUID
    started_at: datetime
    used_at: datetime
    expires_at: datetime


def account(account_id: AccountId) -> AccountRow:
    """Return one account.  Raises NoSuchAccount."""
    row = Account.objects.filter(id=account_id).first()
    if row is None:
        raise NoSuchAccount
    return _account_row(row)


def account_of_user(user: UserId) -> AccountRow | None:
    """Return the account that a login owns, or None.  One query."""
    row = Account.objects.filter(membership__user_id=user, membership__role="owner").first()
    return _account_row(row) if row else None


def numbers_of(accounts: Iterable[AccountId]) -> Mapping[AccountId, str]:
    """Return what the owners of accounts are called by: their numbers.  One query."""
    found = Account.objects.filter(id__in=set(accounts)).values_list("id", "number")
    return {AccountId(account_id): number for account_id, number in found}


def owner_of(account_id: AccountId) -> UserRow:
    """Return the login that owns an account.  Raises NoSuchAccount."""
    found = Membership.objects.select_related("user").filter(account_id=account_id, role="owner").first()
    if found is None:
        raise NoSuchAccount
    return _user_row(found.user)


def subject_of(account_id: AccountId) -> SubjectId:
    """Return the data subject behind an account.  Raises NoSuchAccount."""
    return account(account_id).subject


def user(user_id: UserId) -> UserRow:
    """Return one login.  Raises NoSuchUser."""
    row = User.objects.filter(id=user_id).first()
    if row is None:
        raise NoSuchUser
    return _user_row(row)


def login_address(user_id: UserId) -> Sealed[str] | None:
    """Return the address a login signs in with, or None.

    Not through the door: it is the key to the login, sealed apart.  Only mail to its owner may use it.
    """
    row = LoginAddress.objects.filter(user_id=user_id).order_by("-primary", "-verified", "id").first()
    return Sealed(row.email, "email") if row else None


def login_address_row(address_id: str) -> Sealed[str] | None:
    """Return one login address by its row's number, or None."""
    row = LoginAddress.objects.filter(pk=int(address_id)).first()
    return Sealed(row.email, "email") if row else None


def login_of_address(address: str) -> UserId | None:
    """Return the login of an address at the running brand, or None."""
    row = LoginAddress.objects.filter(email=address).first()
    return UserId(row.user_id) if row else None


def acceptances_of(subject: SubjectId) -> tuple[AcceptanceRow, ...]:
    """Return what a person was shown and ticked, newest first."""
    found = Acceptance.objects.filter(subject=subject).order_by("-at")
    return tuple(AcceptanceRow(a.what, a.version, a.digest, a.form, a.at) for a in found)


def stays_of(user_id: UserId, at: datetime) -> tuple[StayRow, ...]:
    """Return the browsers that stay signed in, newest first."""
    found = StaySeries.objects.filter(user_id=user_id, ended_at=None, expires_at__gt=at).order_by("-used_at")
    return tuple(StayRow(s.id, s.started_at, s.used_at, s.expires_at) for s in found)


def stay_of_cookie(brand: BrandId, cookie: str, at: datetime) -> UUID | None:
    """Return the living series that a browser's cookie speaks of, whatever its token, or None.  One query."""
    series = hash_of(cookie.partition(".")[0])
    found = StaySeries.objects.filter(series=series, brand=brand, ended_at=None, expires_at__gt=at)
    return found.values_list("id", flat=True).first()


def accounts_of_brand(brand: BrandId) -> int:
    """Return how many open accounts a brand has; its canary is not counted."""
    return Account.objects.filter(brand=brand, state="open", canary=False).count()


def canary_of_brand(brand: BrandId) -> AccountRow | None:
    """Return the account that the promise ledger's probes act for, or None."""
    row = Account.objects.filter(brand=brand, canary=True).first()
    return _account_row(row) if row else None


def live_sessions(user_id: UserId, at: datetime) -> int:
    """Return how many sessions of a login are alive."""
    return Session.objects.filter(user=user_id, expires_at__gt=at).count()


def _account_row(row: Account) -> AccountRow:
    """Freeze an account."""
    return AccountRow(
        AccountId(row.id), BrandId(row.brand), row.number, SubjectId(row.subject), row.state, row.language,
        row.opened_at,
    )  # fmt: skip


def _user_row(row: User) -> UserRow:
    """Freeze a login."""
    return UserRow(UserId(row.id), BrandId(row.brand), SubjectId(row.subject), row.staff_role)
