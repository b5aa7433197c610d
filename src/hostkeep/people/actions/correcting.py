"""Correcting what a person told us, by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CategoryId, Ref, SubjectId
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.models import Account
from hostkeep.vault import door


@dataclass(frozen=True, slots=True)
class Corrected:
    """What was changed.  fields: the categories, never their values."""

    subject: SubjectId
    fields: tuple[CategoryId, ...]

    @property
    def ref(self) -> Ref:
        """The person."""
        return Ref("person", self.subject)


@dataclass(frozen=True, slots=True)
class Spoken:
    """An account's language."""

    account: AccountId
    language: str

    @property
    def ref(self) -> Ref:
        """The account."""
        return Ref("people.account", self.account)


@recorded("people.profile.corrected")
def correct_values(act: Act, *, subject: SubjectId, values: Mapping[CategoryId, str]) -> Corrected:
    """Keep new values over the old ones; the new ones count from the next moment on.

    values  what changes, by category; an empty text takes the value away

    Enters one audit entry a field besides its own, each without the value.
    Raises door.NotDeclared for a category the policy lacks.
    """
    for category, value in values.items():
        if value:
            door.put(act, subject=subject, category=category, value=value)
        else:
            door.drop(act, subject=subject, category=category)
    return Corrected(subject, tuple(values))


@recorded("people.account.language_chosen")
def choose_language(act: Act, *, account: AccountId, language: str) -> Spoken:
    """Write and show in this language from now on.

    language  a code the brand offers: "en", "vi"
    Raises NoSuchAccount.
    """
    if not Account.objects.filter(id=account, brand=act.brand).update(language=language):
        raise NoSuchAccount
    return Spoken(account, language)
