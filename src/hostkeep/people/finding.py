"""From a person's handle, or a customer number, to the account: for those who look after customers."""

from __future__ import annotations

from collections.abc import Iterable

from hostkeep.kernel.ids import AccountId, BrandId, SubjectId
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.models import Account
from hostkeep.people.queries import AccountRow, account


def accounts_of_people(brand: BrandId, people: Iterable[SubjectId]) -> tuple[AccountRow, ...]:
    """Return the accounts of some people at a brand, by number; whoever has none is left out."""
    found = Account.objects.filter(brand=brand, subject__in=set(people), canary=False).order_by("number")
    return tuple(account(AccountId(row)) for row in found.values_list("id", flat=True))


def account_numbered(brand: BrandId, number: str) -> AccountRow:
    """Return a brand's account by its number.  Raises NoSuchAccount."""
    row = Account.objects.filter(brand=brand, number=number.strip()).values_list("id", flat=True).first()
    if row is None:
        raise NoSuchAccount
    return account(AccountId(row))


def accounts_numbered(number: str) -> tuple[AccountId, ...]:
    """Return the accounts of all brands that bear a number: one a brand at most."""
    found = Account.objects.filter(number=number.strip(), canary=False).order_by("brand")
    return tuple(map(AccountId, found.values_list("id", flat=True)))
