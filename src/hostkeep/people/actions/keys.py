"""Keys of the API: made, shown once, ended."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Q

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, Ref, UserId
from hostkeep.people.errors import NoScope, NoSuchAccount, NoSuchKey, NoSuchUser, NotThatScope, TooManyKeys
from hostkeep.people.models import Account, ApiKey, User
from hostkeep.people.rules.scopes import CUSTOMER, MOST_KEYS, SCOPES, scopes_for, written
from hostkeep.people.rules.tokens import hash_of

PREFIX_BYTES = 6
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyMade:
    """A new key.  key: what its owner keeps; it is stored nowhere here and cannot be shown again."""

    id: UUID
    number: int
    key: str = field(repr=False)

    @property
    def ref(self) -> Ref:
        """The key."""
        return Ref("people.key", self.id)


@dataclass(frozen=True, slots=True)
class KeyEnded:
    """A key that opens nothing any more."""

    id: UUID

    @property
    def ref(self) -> Ref:
        """The key."""
        return Ref("people.key", self.id)


@dataclass(frozen=True, slots=True)
class KeysEnded:
    """Every key of a login, ended.  count: how many were alive."""

    user: UserId
    count: int

    @property
    def ref(self) -> Ref:
        """The login."""
        return Ref("people.user", self.user)


@recorded("people.key.made")
def make_key(
    act: Act,
    *,
    user: UserId,
    account: AccountId | None,
    scopes: Collection[str],
    expires_at: datetime | None = None,
) -> KeyMade:
    """Make a key that opens act.brand's API as far as its scopes reach.

    user        whose it is: with an account a customer of the brand, without one a staff member
    scopes      of people.rules.scopes, as far as the role may have them
    expires_at  when it ends by itself, or None

    Raises NoSuchUser, NoSuchAccount, NoScope, NotThatScope, TooManyKeys.
    """
    login = User.objects.select_for_update().filter(id=user, is_active=True).first()
    if login is None:
        raise NoSuchUser
    role = _role(act, login, account)
    _check_scopes(role, scopes)
    held = ApiKey.objects.filter(user=login)
    if held.filter(Q(expires_at=None) | Q(expires_at__gt=act.at), ended_at=None).count() >= MOST_KEYS:
        raise TooManyKeys(most=MOST_KEYS)
    number = int(held.aggregate(last=Max("number", default=0))["last"]) + 1
    prefix, secret = secrets.token_hex(PREFIX_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    row = ApiKey.objects.create(
        brand=act.brand, user=login, account_id=account, role=role, number=number, prefix=prefix,
        secret=hash_of(secret), scopes=sorted(set(scopes)), made_at=act.at, expires_at=expires_at,
    )  # fmt: skip
    return KeyMade(row.id, number, written(prefix, secret))


@recorded("people.key.ended")
def end_key(act: Act, *, user: UserId, key: UUID) -> KeyEnded:
    """End one key of a login, from this moment on; once more changes nothing.

    Raises NoSuchKey, also for another login's.
    """
    row = ApiKey.objects.select_for_update().filter(id=key, user_id=user).first()
    if row is None:
        raise NoSuchKey
    if row.ended_at is None:
        row.ended_at = act.at
        row.save(update_fields=["ended_at"])
    return KeyEnded(row.id)


@recorded("people.keys.ended")
def end_keys(act: Act, *, user: UserId) -> KeysEnded:
    """End every key of a login: its owner asks for it, or its password is another one now."""
    return KeysEnded(user, ApiKey.objects.filter(user_id=user, ended_at=None).update(ended_at=act.at))


def _role(act: Act, login: User, account: AccountId | None) -> str:
    """Return the role a key of a login would have.  Raises NoSuchAccount, NoSuchUser."""
    if account is None:
        if not login.staff_role:
            raise NoSuchUser
        return login.staff_role
    owned = Account.objects.filter(
        id=account, brand=act.brand, state="open", membership__user=login, membership__role="owner"
    )
    if not owned.exists():
        raise NoSuchAccount
    return CUSTOMER


def _check_scopes(role: str, scopes: Collection[str]) -> None:
    """Refuse scopes that a role may not give.  Raises NoScope, NotThatScope."""
    if not scopes:
        raise NoScope
    allowed = scopes_for(role)
    for scope in scopes:
        if scope not in allowed:
            raise NotThatScope(scope=scope if scope in SCOPES else "?")
