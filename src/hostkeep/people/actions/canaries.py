"""Canaries: one account a brand, made up by us, on which the promise ledger tries what is forbidden.

None of these deeds works on an account of a real person.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import F

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CategoryId, Ref, SubjectId, UserId
from hostkeep.people.actions.joining import Joined
from hostkeep.people.errors import NotACanary
from hostkeep.people.models import LoginAddress, Membership, Session, StaySeries, User
from hostkeep.people.numbering import numbered_account
from hostkeep.runtime import brand as running_brand
from hostkeep.vault import door


@dataclass(frozen=True, slots=True)
class Lent:
    """What logs a canary in.  user: its login.  address: what it logs in with."""

    user: UserId
    address: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def ref(self) -> Ref:
        """The login."""
        return Ref("people.user", self.user)


@dataclass(frozen=True, slots=True)
class Aged:
    """Sessions of a canary, made older.  count: how many."""

    user: UserId
    count: int

    @property
    def ref(self) -> Ref:
        """The login."""
        return Ref("people.user", self.user)


@recorded("people.canary.opened")
def open_canary(act: Act, *, address: str, values: Mapping[CategoryId, str]) -> Joined:
    """Make the canary of act.brand: a confirmed login without a password, its account, its values.

    address  of the login, at a name that takes no mail
    values   made up, by category
    Raises django.db.IntegrityError if the brand has a canary.
    """
    with running_brand.during(act.brand):
        login = User(brand=act.brand, created_at=act.at)
        login.set_unusable_password()
        login.save(force_insert=True)
        LoginAddress.objects.create(user=login, email=address, verified=True, primary=True)
    account = numbered_account(act, subject=login.subject, language="en", canary=True)
    Membership.objects.create(user=login, account=account)
    subject = SubjectId(login.subject)
    for category, value in values.items():
        door.put(act, subject=subject, category=category, value=value)
    return Joined(AccountId(account.id), UserId(login.id), subject, account.number)


@recorded("people.canary.password_lent")
def lend_password(act: Act, *, user: UserId) -> Lent:
    """Give a canary a fresh password, so that a probe can log in.  Raises NotACanary."""
    login = _canary(act, user)
    password = secrets.token_urlsafe(18)
    login.set_password(password)
    login.save(update_fields=["password"])
    return Lent(user, LoginAddress.objects.get(user=login, primary=True).email, password)


@recorded("people.canary.sessions_aged")
def age_sessions(act: Act, *, user: UserId, by: timedelta) -> Aged:
    """Make a canary's sessions older, as if nobody had used them for so long.  Raises NotACanary."""
    _canary(act, user)
    held = Session.objects.filter(user=user, brand=act.brand)
    count = held.update(used_at=F("used_at") - by, expires_at=F("expires_at") - by)
    return Aged(user, count)


@recorded("people.canary.stays_aged")
def age_stays(act: Act, *, user: UserId, by: timedelta) -> Aged:
    """Let a canary's browsers that stay signed in have come for so long no more.  Raises NotACanary."""
    _canary(act, user)
    found = StaySeries.objects.filter(user=user, brand=act.brand)
    return Aged(user, found.update(used_at=F("used_at") - by))


def _canary(act: Act, user: UserId) -> User:
    """Return the login of act.brand's canary.  Raises NotACanary."""
    found = User.objects.filter(id=user, membership__account__canary=True, brand=act.brand).first()
    if found is None:
        raise NotACanary
    return found
