"""Signing up: a login, an account and what was ticked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.brands.actions.telling import mark_arrived
from hostkeep.brands.applying import is_told_to_all
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CategoryId, Ref, SubjectId, UserId
from hostkeep.people.events import SignedUp
from hostkeep.people.models import Acceptance, Membership, User
from hostkeep.people.numbering import numbered_account
from hostkeep.runtime.outbox import publish
from hostkeep.vault import door, search

BY_USE = "use"
"""The form of what is accepted by going on."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A new account and its owner."""

    account: AccountId
    user: UserId
    subject: SubjectId
    number: str

    @property
    def ref(self) -> Ref:
        """The account."""
        return Ref("people.account", self.account)


@dataclass(frozen=True, slots=True)
class Noted:
    """What was accepted."""

    subject: SubjectId

    @property
    def ref(self) -> Ref:
        """The person."""
        return Ref("person", self.subject)


@recorded("people.account.opened")
def open_account(
    act: Act,
    *,
    user: UserId,
    values: Mapping[CategoryId, str],
    language: str,
) -> Joined:
    """Open an account for a fresh login and seal what its owner told us.

    values    what the brand's sign-up form asks, by category
    language  the language the form was filled in
    Publishes SignedUp.  Raises door.NotDeclared for a category the policy lacks.
    """
    login = User.objects.get(id=user)
    account = numbered_account(act, subject=login.subject, language=language)
    Membership.objects.create(user=login, account=account)
    subject = SubjectId(login.subject)
    if not is_told_to_all(act.brand, act.at):
        mark_arrived(act, subject=subject, account=AccountId(account.id))
    for category, value in values.items():
        if value:
            door.put(act, subject=subject, category=category, value=value)
    search.note_number(act, subject=subject, number=account.number)
    publish(act, SignedUp(user, AccountId(account.id)))
    return Joined(AccountId(account.id), user, subject, account.number)


@recorded("people.statements.accepted")
def accept_statements(
    act: Act, *, subject: SubjectId, statements: Sequence[str], version: int, digest: str, form: str
) -> Noted:
    """Note what a person was shown and ticked, with the policy's version.

    What is accepted by use is noted once a version, also by two requests at one moment.
    It is acceptance of the rules, never consent to anything.  Source: GDPR article 7(2).
    """
    fresh = [
        Acceptance(
            subject=subject, brand=act.brand, what=what, version=version, digest=digest, form=form, at=act.at
        )
        for what in statements
    ]
    Acceptance.objects.bulk_create(fresh, ignore_conflicts=form == BY_USE)
    return Noted(subject)


@recorded("people.staff.added")
def make_staff(act: Act, *, user: UserId, role: str) -> StaffMade:
    """Give a login of the operator's host a staff role."""
    del act
    User.objects.filter(id=user).update(staff_role=role)
    return StaffMade(user)


@dataclass(frozen=True, slots=True)
class StaffMade:
    """A staff member."""

    user: UserId

    @property
    def ref(self) -> Ref:
        """The login."""
        return Ref("people.user", UUID(str(self.user)))
