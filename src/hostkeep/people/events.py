"""What people tells the house, after the fact."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hostkeep.kernel.ids import AccountId, UserId


@dataclass(frozen=True, slots=True)
class SignedUp:
    """A login and its account exist; the address is not confirmed yet."""

    user: UserId
    account: AccountId


@dataclass(frozen=True, slots=True)
class AddressMailWanted:
    """The sign-in asks that a mail about a login address leaves.

    note  handle of the row in people that says which mail
    """

    note: UUID


@dataclass(frozen=True, slots=True)
class AccountClosing:
    """An account is being closed: its services must end, then its data meets what the policy says."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class AccountClosed:
    """An account is deactivated or closed, and the policy's word on its data was carried out."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """A login has a new address.  former: the old one in passing, until its mailbox was told."""

    user: UserId
    account: AccountId
    former: UUID


@dataclass(frozen=True, slots=True)
class DisputeOpened:
    """The owner of a closed account brings something forward."""

    dispute: UUID
