"""Whose page this is: the account behind a signed-in request."""

from __future__ import annotations

from django.http import HttpRequest

from hostkeep.kernel.ids import UserId
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.queries import AccountRow, account_of_user


def account_or_none(request: HttpRequest) -> AccountRow | None:
    """Return the signed-in login's account at this brand, or None for a visitor.  One query a request."""
    if not request.user.is_authenticated:
        return None
    if not hasattr(request, "account_row"):
        request.account_row = account_of_user(UserId(request.user.pk))  # type: ignore[attr-defined]
    row: AccountRow | None = request.account_row  # type: ignore[attr-defined]
    brand = getattr(request, "brand", None)
    return row if row is not None and brand is not None and row.brand == brand.id else None


def account_of(request: HttpRequest) -> AccountRow:
    """Return the signed-in login's account.  Raises NoSuchAccount."""
    row = account_or_none(request)
    if row is None:
        raise NoSuchAccount
    return row
