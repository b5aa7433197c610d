"""Changing the address one logs in with: asked for, confirmed from the new mailbox, then in force."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CategoryId, MailId, Ref, SubjectId, UserId
from hostkeep.people.closings import PASSING
from hostkeep.people.errors import AccountNotOpen, AddressSame, AddressTooLong, LinkOver, NoSuchUser
from hostkeep.people.events import AddressChanged
from hostkeep.people.fields import LONGEST
from hostkeep.people.models import Account, LoginAddress, PassingAddress, User
from hostkeep.people.rules.closing import OPEN
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime.outbox import publish
from hostkeep.vault import door, sealing

EMAIL = CategoryId("email")
TO_CONFIRM = timedelta(hours=4)
"""How long the link to the new mailbox works."""

TO_TELL = timedelta(days=2)
"""How long a mail may take to reach an address that was given up; the address is gone after it."""


@dataclass(frozen=True, slots=True)
class ChangeAsked:
    """A change that waits.

    passing   the new address, until its mailbox confirms it; None where another login has it
    taken     the row of that other login's address, and taken_by whose it is
    """

    user: UserId
    passing: UUID | None
    taken: int = field(default=0, repr=False)
    taken_by: UserId = field(default=UserId(UUID(int=0)), repr=False)

    @property
    def ref(self) -> Ref:
        """The login."""
        return Ref("people.user", self.user)


@dataclass(frozen=True, slots=True)
class Changed:
    """A new login address in force.  former: the old one in passing, until its mailbox was told."""

    user: UserId
    account: AccountId
    former: UUID

    @property
    def ref(self) -> Ref:
        """The login."""
        return Ref("people.user", self.user)


@dataclass(frozen=True, slots=True)
class Kept:
    """An address in passing."""

    id: UUID
    user: UserId

    @property
    def ref(self) -> Ref:
        """The login."""
        return Ref("people.user", self.user)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Addresses in passing that are gone, or noted.  id: what was meant, else nobody's."""

    id: UUID
    count: int

    @property
    def ref(self) -> Ref:
        """The address in passing."""
        return Ref("people.passing_address", self.id)


@recorded("people.address.change_asked")
def ask_change(act: Act, *, user: UserId, address: str) -> ChangeAsked:
    """Keep a new login address, sealed, until its mailbox confirms it.  An older wish is dropped.

    address  in clear, checked for its form by the face
    An address of another login is answered alike; only `taken` tells, and only the mailbox hears of it.
    Raises NoSuchUser, AccountNotOpen, AddressTooLong, AddressSame.
    """
    if len(address.encode()) > LONGEST:
        raise AddressTooLong
    login = _open_login(act, user)
    with running_brand.during(act.brand):
        known = LoginAddress.objects.filter(email=address).values_list("id", "user_id").first()
    if known is not None and known[1] == login.id:
        raise AddressSame
    PassingAddress.objects.filter(user=login, use="new").delete()
    if known is not None:
        return ChangeAsked(user, None, known[0], UserId(known[1]))
    return ChangeAsked(user, _keep(act, login, "new", address, TO_CONFIRM).id)


@recorded("people.address.changed")
def confirm_change(act: Act, *, passing: UUID) -> Changed:
    """Put a confirmed address in force, at sign-in and in the vault.  A link works once.

    Where the policy archives what changes, the old one goes into the archive.
    act  of the person themselves: who holds the link has the new mailbox
    Publishes AddressChanged.
    Raises LinkOver (never there, used, over, or somebody else has the address by now), AccountNotOpen.
    """
    wish = (
        PassingAddress.objects.select_for_update()
        .filter(id=passing, use="new", expires_at__gt=act.at)
        .first()
    )
    if wish is None:
        raise LinkOver
    login = _open_login(act, UserId(wish.user_id))
    account = Account.objects.get(membership__user=login, membership__role="owner")
    try:
        new = sealing.unseal_for(PASSING, wish.address)
    except sealing.BrokenSeal:
        raise LinkOver from None
    with running_brand.during(act.brand):
        if LoginAddress.objects.filter(email=new).exclude(user=login).exists():
            raise LinkOver
        try:
            with transaction.atomic():
                old = _exchange(login, new)
        except IntegrityError:  # somebody else confirmed the same address at this moment
            raise LinkOver from None
    door.put(act, subject=SubjectId(login.subject), category=EMAIL, value=new)
    wish.delete()
    former = _keep(act, login, "old", old, TO_TELL)
    changed = Changed(UserId(login.id), AccountId(account.id), former.id)
    publish(act, AddressChanged(changed.user, changed.account, former.id))
    return changed


@recorded("people.address.kept")
def keep_for_farewell(act: Act, *, user: UserId) -> Kept:
    """Keep a login's present address for the mail that says its account is closed.  Again: the same one.

    Raises NoSuchUser.
    """
    login = User.objects.select_for_update().filter(id=user, brand=act.brand).first()
    if login is None:
        raise NoSuchUser
    known = PassingAddress.objects.filter(user=login, use="closing").first()
    if known is not None:
        return Kept(known.id, user)
    with running_brand.during(act.brand):
        row = LoginAddress.objects.filter(user=login, primary=True).first()
    if row is None:
        raise NoSuchUser
    return Kept(_keep(act, login, "closing", row.email, TO_TELL).id, user)


@recorded("people.address.mailed")
def note_mail(act: Act, *, passing: UUID, mail: MailId) -> Forgotten:
    """Note which mail an address in passing is kept for."""
    del act
    return Forgotten(passing, PassingAddress.objects.filter(id=passing, mail=None).update(mail=mail))


@recorded("people.address.forgotten")
def forget_mailed(act: Act, *, mail: MailId) -> Forgotten:
    """Forget the address that was kept for a mail, now that the mail has come to its end."""
    del act
    found = PassingAddress.objects.filter(mail=mail).exclude(use="new")
    return Forgotten(mail, found.delete()[0])


@recorded("people.addresses.forgotten")
def forget_old(act: Act) -> Forgotten:
    """Forget every address in passing whose time is over."""
    return Forgotten(UUID(int=0), PassingAddress.objects.filter(expires_at__lte=act.at).delete()[0])


def _open_login(act: Act, user: UserId) -> User:
    """Return a customer's login, locked, at act.brand.  Raises NoSuchUser, AccountNotOpen."""
    login = User.objects.select_for_update().filter(id=user, brand=act.brand, is_active=True).first()
    if login is None or (act.role == "customer" and act.own != login.subject):
        raise NoSuchUser
    if not Account.objects.filter(membership__user=login, membership__role="owner", state=OPEN).exists():
        raise AccountNotOpen
    return login


def _exchange(login: User, new: str) -> str:
    """Write a new login address over the old one and return that; no other address of the login stays."""
    row = LoginAddress.objects.select_for_update().filter(user=login).order_by("-primary", "id")[0]
    old = str(row.email)
    LoginAddress.objects.filter(user=login).exclude(id=row.id).delete()
    row.email, row.verified, row.primary = new, True, True
    row.save()
    return old


def _keep(act: Act, login: User, use: str, address: str, life: timedelta) -> PassingAddress:
    """Seal an address for as long as a mail may take."""
    return PassingAddress.objects.create(
        user=login,
        use=use,
        address=sealing.seal_for(PASSING, address),
        made_at=act.at,
        expires_at=act.at + life,
    )
