"""Closing an account, and erasing its login.  What becomes of the data, flows.closing asks the policy."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import IntegrityError, transaction

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, Ref
from hostkeep.people.errors import NoSuchAccount, NoSuchReason, NotClosing, OnceUsed
from hostkeep.people.events import AccountClosed, AccountClosing
from hostkeep.people.models import (
    Acceptance,
    Account,
    ApiKey,
    Closing,
    LoginAddress,
    Membership,
    PassingAddress,
    SecondFactor,
    Session,
    StaySeries,
    User,
)
from hostkeep.people.rules.closing import CLOSED, CLOSING, DEACTIVATED, OPEN, REASONS
from hostkeep.runtime.outbox import publish

STUB_BYTES = 7


@dataclass(frozen=True, slots=True)
class ClosingBegun:
    """A closing under way, or done.  fresh: whether this call began it."""

    id: UUID
    account: AccountId
    state: str
    fresh: bool

    @property
    def ref(self) -> Ref:
        """The account."""
        return Ref("people.account", self.account)


@dataclass(frozen=True, slots=True)
class ClosingDone:
    """An account in its last state."""

    account: AccountId
    state: str

    @property
    def ref(self) -> Ref:
        """The account."""
        return Ref("people.account", self.account)


@dataclass(frozen=True, slots=True)
class LoginErased:
    """A login that signs nobody in any more.  acceptances: how many were deleted with it."""

    account: AccountId
    acceptances: int

    @property
    def ref(self) -> Ref:
        """The account."""
        return Ref("people.account", self.account)


@recorded("people.account.closing")
def begin_closing(
    act: Act, *, account: AccountId, by: Literal["customer", "staff", "policy"], once: str, why: str = ""
) -> ClosingBegun:
    """Begin to close an account: from now on nothing signs in but its owner, to the page for closed accounts.

    by    who closes it; a customer their own alone; "policy": it ends with the last service
    why   a word of rules.closing.REASONS where the company does, else empty
    once  idempotency key, made of ids and words of ours

    Ends its keys, the browsers that stay signed in and every session.  Publishes AccountClosing.
    An account that is closing or closed stays as it is.
    Raises NoSuchAccount (also for another's), NoSuchReason, OnceUsed.
    """
    row = _locked(act, account)
    if by == "customer" and act.own != row.subject:
        raise NoSuchAccount
    if (why in REASONS) is not (by == "staff"):
        raise NoSuchReason
    known = Closing.objects.filter(account=row).first()
    if known is not None:
        return ClosingBegun(known.id, account, row.state, fresh=False)
    if Closing.objects.filter(once=once).exists():
        raise OnceUsed
    made = Closing.objects.create(account=row, brand=act.brand, by=by, why=why, once=once, begun_at=act.at)
    if row.state == OPEN:
        row.state = CLOSING
        row.save(update_fields=["state"])
    _end_ways_in(act, account)
    publish(act, AccountClosing(account))
    return ClosingBegun(made.id, account, row.state, fresh=True)


@recorded("people.account.closing_told")
def note_told(act: Act, *, account: AccountId) -> ClosingDone:
    """Note that the mail which says an account is closed was queued.  Raises NoSuchAccount."""
    row = _locked(act, account)
    Closing.objects.filter(account=row, told_at=None).update(told_at=act.at)
    return ClosingDone(account, row.state)


@recorded("people.account.closed")
def finish_closing(act: Act, *, account: AccountId, state: str) -> ClosingDone:
    """Put a closing account into its last state.  Again: changes nothing.

    state  deactivated (something of it may still be read) or closed
    Publishes AccountClosed.  Raises NoSuchAccount, NotClosing.
    """
    row = _locked(act, account)
    closing = Closing.objects.filter(account=row).first()
    if closing is None or state not in {DEACTIVATED, CLOSED}:
        raise NotClosing
    if closing.finished_at is not None:
        return ClosingDone(account, row.state)
    closing.finished_at = act.at
    closing.save(update_fields=["finished_at"])
    if row.state != CLOSED:
        row.state = state
        row.save(update_fields=["state"])
    _end_ways_in(act, account)
    publish(act, AccountClosed(account))
    return ClosingDone(account, row.state)


@recorded("people.login.erased")
def erase_login(act: Act, *, account: AccountId, but_row: bool = False) -> LoginErased:
    """Erase the login of an account whose data is erased: nothing signs in, and nothing names the person.

    Call it once the account class of the person is being erased, or where it never had a key.
    Gone are the password, the login addresses, second factors, sessions, browsers that stay signed in, keys
    and memberships; of the login's row only its handle stays.  The number becomes a random one that begins
    with x, the language empty, the state closed; acceptances go where the vault lets them.
    but_row  the number and the language stay, for a hold that its person is not told of: nothing signs in all
             the same, and with the end of the hold they go by a second call
    Again: changes nothing.  Raises NoSuchAccount.
    """
    row = _locked(act, account)
    logins = list(User.objects.select_for_update().filter(membership__account=row))
    for login in logins:
        _erase(login)
    if but_row and row.erased_at is None:
        row.state = CLOSED
        row.save(update_fields=["state"])
    elif row.erased_at is None:
        row.number, row.language = f"x{secrets.token_hex(STUB_BYTES)}", ""
        row.state, row.erased_at = CLOSED, act.at
        row.save(update_fields=["number", "language", "state", "erased_at"])
    Membership.objects.filter(account=row).delete()
    return LoginErased(account, _delete_acceptances(row))


def _delete_acceptances(row: Account) -> int:
    """Delete what was accepted where its person's key is gone; the database refuses it anywhere else."""
    try:
        with transaction.atomic():
            return Acceptance.objects.filter(subject=row.subject).delete()[0]
    except IntegrityError:
        return 0


def _erase(login: User) -> None:
    """Leave nothing of a login but its handle."""
    LoginAddress.objects.filter(user=login).delete()
    SecondFactor.objects.filter(user=login).delete()
    Session.objects.filter(user=login.id).delete()
    StaySeries.objects.filter(user=login).delete()
    ApiKey.objects.filter(user=login).delete()
    PassingAddress.objects.filter(user=login).exclude(use__in=("old", "closing")).delete()
    login.set_unusable_password()
    login.is_active, login.created_at = False, None
    login.save(update_fields=["password", "is_active", "created_at"])


def _end_ways_in(act: Act, account: AccountId) -> None:
    """End keys, sessions and browsers that stay signed in, of every login of an account."""
    logins = list(User.objects.filter(membership__account=account).values_list("id", flat=True))
    ApiKey.objects.filter(account=account, ended_at=None).update(ended_at=act.at)
    ApiKey.objects.filter(user_id__in=logins, ended_at=None).update(ended_at=act.at)
    StaySeries.objects.filter(user_id__in=logins, ended_at=None).update(ended_at=act.at)
    Session.objects.filter(user__in=logins).delete()


def _locked(act: Act, account: AccountId) -> Account:
    """Return an account of act.brand, locked till the deed is done.  Raises NoSuchAccount."""
    row = Account.objects.select_for_update().filter(id=account, brand=act.brand).first()
    if row is None:
        raise NoSuchAccount
    return row
