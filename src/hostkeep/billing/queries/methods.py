"""What billing shows of ways to pay that gateways keep.  Rows are frozen; labels are behind the door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import F

from hostkeep.billing.errors.gateways import NoSuchMethod
from hostkeep.billing.method_boxing import Held, use_held, wish_for
from hostkeep.billing.models import StoredMethod
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId
from hostkeep.vault.column_door import ColumnWish

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class MethodTold:
    """A stored method, its label open.  expires_on: its last day, or None."""

    id: UUID
    gateway: str
    label: str
    preferred: bool
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class MethodRow:
    """A stored method as its account sees it, closed."""

    id: UUID
    gateway: str
    preferred: bool
    expires_on: date | None
    wish: ColumnWish[MethodTold]

    def without(self, word: str) -> MethodTold:
        """Return it with a word in the place of its label."""
        return MethodTold(self.id, self.gateway, word, self.preferred, self.expires_on)


@dataclass(frozen=True, slots=True)
class OpenMethod:
    """A method of whatever brand that something has to be done about.  state: "waiting" or "ended"."""

    id: UUID
    once: str
    brand: BrandId
    gateway: str
    state: str


def methods_of(account: AccountId, *, brand: BrandId) -> tuple[MethodRow, ...]:
    """Return an account's ready methods, the preferred one first, then the oldest first."""
    found = StoredMethod.objects.filter(account=account, brand=brand, state="ready")
    return tuple(_row(row) for row in found.order_by("-preferred", "created_at", "id"))


def preferred_method(account: AccountId) -> UUID | None:
    """Return the method by which an account is charged while its owner is away, or None."""
    found = StoredMethod.objects.filter(account=account, preferred=True, state="ready")
    return found.values_list("id", flat=True).first()


def gateway_of(method: UUID) -> str:
    """Return which gateway keeps a method.  Raises NoSuchMethod."""
    return _one(method).gateway


def method_of(act: Act, method: UUID, *, of: AccountId) -> OpenMethod:
    """Return an account's own method.  Raises NoSuchMethod, for another account's too."""
    row = StoredMethod.objects.filter(id=method, account=of, brand=act.brand).first()
    if row is None:
        raise NoSuchMethod
    return _open(row)


def by_once(once: str, *, gateway: str) -> OpenMethod | None:
    """Return the method that a gateway was asked to keep under a key, or None."""
    row = StoredMethod.objects.filter(once=once, gateway=gateway).first()
    return _open(row) if row else None


def waiting_methods(*, before: datetime, first: int = 100) -> tuple[OpenMethod, ...]:
    """Return methods begun before a time that nobody has told us of yet, of all brands, the newest first."""
    found = StoredMethod.objects.filter(state="waiting", forgotten_at=None, created_at__lt=before)
    return tuple(_open(row) for row in found.order_by("-created_at")[:first])


def methods_to_forget(first: int = 100) -> tuple[OpenMethod, ...]:
    """Return ended methods that their gateways still keep, of all brands, those ended first coming first."""
    found = StoredMethod.objects.filter(state="ended", forgotten_at=None)
    return tuple(_open(row) for row in found.order_by(F("ended_at").asc(nulls_first=True))[:first])


def kept_count(brand: BrandId) -> int:
    """Return how many methods stand in a brand's books, ended ones too."""
    return StoredMethod.objects.filter(brand=brand).count()


def account_methods(account: AccountId) -> tuple[OpenMethod, ...]:
    """Return all methods of an account that are not ended."""
    return tuple(_open(row) for row in StoredMethod.objects.filter(account=account).exclude(state="ended"))


def with_held(act: Act, method: UUID, fn: Callable[[Held], R]) -> R:
    """Hand what we hold of a method to fn, as the system does to charge it or to let go of it.

    Entered in the audit.  Raises NoSuchMethod, the vault's Refused.
    """
    return use_held(act, _one(method), fn)


def _one(method: UUID) -> StoredMethod:
    """Return a method.  Raises NoSuchMethod."""
    row = StoredMethod.objects.filter(id=method).first()
    if row is None:
        raise NoSuchMethod
    return row


def _row(row: StoredMethod) -> MethodRow:
    """Freeze a method, closed."""

    def told(values: Mapping[str, Any]) -> MethodTold:
        return MethodTold(row.id, row.gateway, str(values["label"]), row.preferred, row.expires_on)

    return MethodRow(row.id, row.gateway, row.preferred, row.expires_on, wish_for(row, told))


def _open(row: StoredMethod) -> OpenMethod:
    """Freeze what has to be known to ask about a method."""
    return OpenMethod(row.id, row.once, BrandId(row.brand), row.gateway, row.state)
