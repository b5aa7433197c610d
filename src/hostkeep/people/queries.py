"""What people shows: handles, states and sessions.  Names lie in the vault."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from hostkeep.kernel.ids import OPERATOR, AccountId, BrandId, SubjectId, UserId
from hostkeep.kernel.sealed import Sealed
from hostkeep.people.errors import NoSuchAccount, NoSuchUser
from hostkeep.people.models import (
    Acceptance,
    Account,
    ApiKey,
    LoginAddress,
    Session,
    StaySeries,
    User,
)
from hostkeep.people.rules.scopes import parts_of
from hostkeep.people.rules.tokens import hash_of
from hostkeep.runtime.together import Question, ask
from hostkeep.runtime.written import objects_of, rows, rows_of


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account.

    number  what its owner is called by
    state   open, closing, deactivated or closed
    canary  whether it tries the house, and is nobody's
    """

    id: AccountId
    brand: BrandId
    number: str
    subject: SubjectId
    state: str
    language: str
    opened_at: datetime
    canary: bool


@dataclass(frozen=True, slots=True)
class UserRow:
    """A login.  staff_role: empty for customers."""

    id: UserId
    brand: BrandId
    subject: SubjectId
    staff_role: str


@dataclass(frozen=True, slots=True)
class AcceptanceRow:
    """What a person was shown and ticked.  id: number of its receipt."""

    id: UUID
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


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key of the API, without its secret.

    number   the how manieth of its login; what people call it
    account  whose data it opens, or None for staff's; language: the account's, or empty
    used_on  the day of its last call, or None
    """

    id: UUID
    brand: BrandId
    user: UserId
    account: AccountId | None
    subject: SubjectId
    language: str
    role: str
    number: int
    prefix: str
    scopes: frozenset[str]
    made_at: datetime
    expires_at: datetime | None
    used_on: date | None
    ended_at: datetime | None

    def alive(self, at: datetime) -> bool:
        """Whether it was neither ended nor is past its end."""
        return self.ended_at is None and (self.expires_at is None or self.expires_at > at)


def account(account_id: AccountId) -> AccountRow:
    """Return one account.  Raises NoSuchAccount.  One query, written once: nearly every page asks it."""
    return only_account(ask(account_asked(account_id))[0])


def account_asked(account_id: AccountId) -> Question[AccountRow]:
    """Return the question of `account`, to be asked together with others; only_account reads its answer."""
    asked = rows(_alone, account_id)
    return Question(asked.text, asked.values, _asked_row)


def only_account(found: Sequence[AccountRow]) -> AccountRow:
    """Return the account that account_asked found.  Raises NoSuchAccount."""
    for row in found:
        return row
    raise NoSuchAccount


ASKED = ("id", "brand", "number", "subject", "state", "language", "opened_at", "canary")
"""What _asked_row is given."""


def _asked_row(row: Sequence[Any]) -> AccountRow:
    """Make an account of what `_alone` reads."""
    found, brand, number, subject, *rest = row
    return AccountRow(AccountId(found), BrandId(brand), number, SubjectId(subject), *rest)


def _alone(account_id: AccountId) -> QuerySet[Account, Any]:
    """Return the query of `account`."""
    return Account.objects.filter(id=account_id).values_list(*ASKED)


def accounts_by_id(accounts: Collection[AccountId]) -> Mapping[AccountId, AccountRow]:
    """Return several accounts by their ids; one that is not there is left out.  One query."""
    found = rows_of(_several, tuple(set(accounts))) if accounts else ()
    return {row.id: row for row in map(_asked_row, found)}


def _several(accounts: Sequence[AccountId]) -> QuerySet[Account, Any]:
    """Return the query of accounts_by_id."""
    return Account.objects.filter(id__in=accounts).values_list(*ASKED)


def account_of_user(user: UserId) -> AccountRow | None:
    """Return the account that a login owns, or None.  One query."""
    row = Account.objects.filter(membership__user_id=user, membership__role="owner").first()
    return _account_row(row) if row else None


def account_of_subject(subject: SubjectId) -> AccountRow | None:
    """Return the account whose owner a data subject is, or None."""
    row = Account.objects.filter(subject=subject).first()
    return _account_row(row) if row else None


def numbers_of(accounts: Iterable[AccountId]) -> Mapping[AccountId, str]:
    """Return what the owners of accounts are called by: their numbers.  One query."""
    found = Account.objects.filter(id__in=set(accounts)).values_list("id", "number")
    return {AccountId(account_id): number for account_id, number in found}


def numbers_of_subjects(subjects: Iterable[SubjectId]) -> Mapping[SubjectId, str]:
    """Return what several data subjects are called by: their accounts' numbers.  One query."""
    found = Account.objects.filter(subject__in=set(subjects)).values_list("subject", "number")
    return {SubjectId(subject): number for subject, number in found}


def owner_of(account_id: AccountId) -> UserRow:
    """Return the login that owns an account.  Raises NoSuchAccount."""
    for found in objects_of(_owners, account_id):
        return _user_row(found)
    raise NoSuchAccount


def _owners(account_id: AccountId) -> QuerySet[User]:
    """Return the query of `owner_of`."""
    found = User.objects.filter(membership__account_id=account_id, membership__role="owner")
    return found.order_by("membership__id")[:1]


def subject_of(account_id: AccountId) -> SubjectId:
    """Return the data subject behind an account.  Raises NoSuchAccount."""
    return account(account_id).subject


def user(user_id: UserId) -> UserRow:
    """Return one login.  Raises NoSuchUser."""
    for found in objects_of(_login, user_id):
        return _user_row(found)
    raise NoSuchUser


def _login(user_id: UserId) -> QuerySet[User]:
    """Return the query of `user`."""
    return User.objects.filter(id=user_id)


def login_address(user_id: UserId) -> Sealed[str] | None:
    """Return the address a login signs in with, or None.

    Not through the door: it is the key to the login, sealed apart.  Only mail to its owner may use it.
    """
    row = next(iter(objects_of(_addresses, user_id)), None)
    return Sealed(row.email, "email") if row else None


def _addresses(user_id: UserId) -> QuerySet[LoginAddress]:
    """Return the query of `login_address`."""
    return LoginAddress.objects.filter(user_id=user_id).order_by("-primary", "-verified", "id")[:1]


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
    return tuple(AcceptanceRow(a.id, a.what, a.version, a.digest, a.form, a.at) for a in found)


def stays_of(user_id: UserId, at: datetime) -> tuple[StayRow, ...]:
    """Return the browsers that stay signed in, newest first."""
    found = StaySeries.objects.filter(user_id=user_id, ended_at=None, expires_at__gt=at).order_by("-used_at")
    return tuple(StayRow(s.id, s.started_at, s.used_at, s.expires_at) for s in found)


def stay_of_cookie(
    brand: BrandId, cookie: str, at: datetime, *, idle: timedelta | None = None
) -> UUID | None:
    """Return the living series that a browser's cookie speaks of, whatever its token, or None.  One query.

    idle  how long the policy lets it live unused; None: to its end
    """
    series = hash_of(cookie.partition(".")[0])
    found = StaySeries.objects.filter(series=series, brand=brand, ended_at=None, expires_at__gt=at)
    if idle is not None:
        found = found.filter(used_at__gt=at - idle)
    return found.values_list("id", flat=True).first()


def keys_of(user_id: UserId) -> tuple[KeyRow, ...]:
    """Return every key a login ever made, newest first."""
    found = ApiKey.objects.select_related("user", "account").filter(user_id=user_id).order_by("-number")
    return tuple(_key_row(row) for row in found)


def key_of_text(brand: BrandId, text: str, at: datetime) -> KeyRow | None:
    """Return the living key that a program brings to a brand, or None.  One query.

    None for every reason alike: unknown, wrong, ended, past its end, of another brand, of an account that
    is not open or a login that is shut, of a staff member whose role is another one now.
    """
    prefix, secret = parts_of(text) or ("", "")
    row = ApiKey.objects.select_related("user", "account").filter(prefix=prefix, brand=brand).first()
    right = secrets.compare_digest(row.secret if row else hash_of(""), hash_of(secret))
    if row is None or not right or not row.user.is_active or not _key_row(row).alive(at):
        return None
    if row.account is None:
        return _key_row(row) if row.user.staff_role == row.role else None
    return _key_row(row) if row.account.state == "open" else None


def accounts_of_brand(brand: BrandId) -> int:
    """Return how many open accounts a brand has; its canary is not counted."""
    return Account.objects.filter(brand=brand, state="open", canary=False).count()


def canary_of_brand(brand: BrandId) -> AccountRow | None:
    """Return the account that the promise ledger's probes act for, or None."""
    row = Account.objects.filter(brand=brand, canary=True).first()
    return _account_row(row) if row else None


def canaries() -> tuple[AccountRow, ...]:
    """Return the canaries of all brands."""
    return tuple(_account_row(row) for row in Account.objects.filter(canary=True))


def canary_accounts() -> frozenset[AccountId]:
    """Return the accounts that no list, count, statistic or campaign may hold: the canaries.  One query.

    The rooms of the business leave them out of what they ask with `is_canary`, which costs no query.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM people_account WHERE canary")
        return frozenset(AccountId(found) for (found,) in cursor.fetchall())


def is_canary(account: str) -> Exists:
    """Return a condition on rows of other rooms: whether they are a canary's.  It runs within their query.

    account  the way from a row to its account's handle, "account" or "service__account"
    """
    return Exists(Account.objects.filter(id=OuterRef(account), canary=True))


def accounts_after(
    brand: BrandId, *, opened_by: datetime, last: UUID | None, most: int
) -> tuple[AccountRow, ...]:
    """Return open accounts of a brand in the order of their ids, its canary left out.

    Those alone whose owner confirmed an address: another's may have been typed.

    opened_by  those that existed at that time
    last       the id after which to go on, or None to begin
    """
    confirmed = LoginAddress.objects.filter(user=OuterRef("membership__user"), verified=True)
    found = Account.objects.filter(
        Exists(confirmed), brand=brand, state="open", canary=False, opened_at__lte=opened_by,
        membership__role="owner",
    )  # fmt: skip
    if last is not None:
        found = found.filter(id__gt=last)
    return tuple(_account_row(row) for row in found.order_by("id")[:most])


def staff_in(roles: Iterable[str]) -> tuple[UserRow, ...]:
    """Return the staff who have one of some roles, and whose login is alive."""
    found = User.objects.filter(brand=OPERATOR, staff_role__in=set(roles), is_active=True).order_by("id")
    return tuple(_user_row(row) for row in found)


def live_sessions(user_id: UserId, at: datetime) -> int:
    """Return how many sessions of a login are alive."""
    return Session.objects.filter(user=user_id, expires_at__gt=at).count()


def _account_row(row: Account) -> AccountRow:
    """Freeze an account."""
    return AccountRow(
        AccountId(row.id), BrandId(row.brand), row.number, SubjectId(row.subject), row.state, row.language,
        row.opened_at, row.canary,
    )  # fmt: skip


def _key_row(row: ApiKey) -> KeyRow:
    """Freeze a key."""
    return KeyRow(
        id=row.id,
        brand=BrandId(row.brand),
        user=UserId(row.user_id),
        account=AccountId(row.account_id) if row.account_id else None,
        subject=SubjectId(row.user.subject),
        language=row.account.language if row.account else "",
        role=row.role,
        number=row.number,
        prefix=row.prefix,
        scopes=frozenset(row.scopes),
        made_at=row.made_at,
        expires_at=row.expires_at,
        used_on=row.used_on,
        ended_at=row.ended_at,
    )


def _user_row(row: User) -> UserRow:
    """Freeze a login."""
    return UserRow(UserId(row.id), BrandId(row.brand), SubjectId(row.subject), row.staff_role)
