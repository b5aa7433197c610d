"""Add-ons of subscriptions as frozen rows, and what more or less of one would come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.money import Money, money
from hostkeep.subscriptions.adding_on import reckoned_less, reckoned_more
from hostkeep.subscriptions.boxing import add_ons_wish, as_system
from hostkeep.subscriptions.errors import NoSuchSubscription
from hostkeep.subscriptions.extras import frozen_had
from hostkeep.subscriptions.extras import had_of as had_of_row
from hostkeep.subscriptions.models import Part, Subscription
from hostkeep.subscriptions.rules.add_ons import Had
from hostkeep.subscriptions.rules.agreeing import Taken
from hostkeep.subscriptions.rules.changing import Change
from hostkeep.subscriptions.rules.projecting import ADD_ON
from hostkeep.vault.column_door import ColumnWish, use_columns


@dataclass(frozen=True, slots=True)
class AddOnRow:
    """An add-on of a subscription, closed.

    unit      one piece for a whole term, as the brand's prices are; of what was bought once: what it cost
    ended_at  None while it holds; of what was bought once: when it was
    """

    id: UUID
    unit: Money
    quantity: int
    started_at: datetime
    ended_at: datetime | None
    wish: ColumnWish[AddOnTold] = field(repr=False)

    @property
    def whole(self) -> Money:
        """What all pieces come to for a whole term."""
        return self.unit.times(self.quantity)

    def without(self, word: str) -> AddOnTold:
        """Return it with a word in the place of its title."""
        return AddOnTold(**_same(self), slug="", title=word, work=False, recurs=True)


@dataclass(frozen=True, slots=True)
class AddOnTold(AddOnRow):
    """An add-on with what it is.

    work    whether something is done to the service for it
    recurs  whether it is billed each term
    """

    slug: str
    title: str
    work: bool
    recurs: bool


def add_ons_of(subscription: UUID) -> tuple[AddOnRow, ...]:
    """Return the add-ons of a subscription, those that are over too, oldest first.  One query."""
    found = _parts(subscription)
    return tuple(_frozen(part.subscription, part) for part in found)


def had_of(act: Act, subscription: UUID, *, of: AccountId) -> tuple[Had, ...]:
    """Return the add-ons that an account's subscription has, opened as the system does for its own sums.

    Raises NoSuchSubscription, and the vault's refusals.
    """
    return had_of_row(act, _row(act, subscription, of))


def had_by(act: Act, subscriptions: Sequence[UUID]) -> Mapping[UUID, tuple[Had, ...]]:
    """Return the add-ons that some subscriptions have, by subscription; those that have none are left out.

    Opened in one batch as the system does for its own sums.  One query.
    """
    parts: dict[UUID, list[Part]] = {}
    for part in Part.objects.filter(
        subscription__in=subscriptions, kind=ADD_ON, ended_at=None, add_on__isnull=False
    ).select_related("subscription").order_by("started_at", "id"):
        parts.setdefault(part.subscription_id, []).append(part)
    if not parts:
        return {}
    rows = {of: some[0].subscription for of, some in parts.items()}

    def there(told: Sequence[Mapping[UUID, Mapping[str, Any]] | None]) -> Mapping[UUID, tuple[Had, ...]]:
        return {
            of: frozen_had(parts[of], opened, rows[of].currency)
            for of, opened in zip(parts, told, strict=True) if opened is not None
        }  # fmt: skip

    return use_columns(act, wishes=[add_ons_wish(rows[of], parts[of]) for of in parts], fn=there)


def past_of(act: Act, subscription: UUID) -> tuple[Had, ...]:
    """Return all add-ons that a subscription has or had, oldest first; none where they are erased.

    Opened as the system does for its own sums.
    """
    parts = _parts(subscription)
    if not parts:
        return ()
    row = parts[0].subscription

    def there(told: Sequence[Mapping[UUID, Mapping[str, Any]] | None]) -> tuple[Had, ...]:
        return frozen_had(parts, told[0], row.currency) if told[0] is not None else ()

    return use_columns(as_system(act, row), wishes=[add_ons_wish(row, parts)], fn=there)


def preview_more(act: Act, subscription: UUID, *, of: AccountId, taken: Taken) -> Change:
    """Say what an add-on would come to now; what is due once is not in it.

    Raises NoSuchSubscription, NoSuchMove.
    """
    row = _row(act, subscription, of)
    return reckoned_more(act, row, had_of_row(act, row), taken)


def preview_less(act: Act, subscription: UUID, *, of: AccountId, slug: str, quantity: int) -> Change:
    """Say what would be given back where so many of an add-on are taken off.

    Raises NoSuchSubscription, NoSuchMove, NoSuchAddOn.
    """
    row = _row(act, subscription, of)
    return reckoned_less(act, row, had_of_row(act, row), slug=slug, quantity=quantity)


def _row(act: Act, subscription: UUID, of: AccountId) -> Subscription:
    """Return an account's subscription at act.brand.  Raises NoSuchSubscription."""
    row = Subscription.objects.filter(id=subscription, brand=act.brand, account=of).first()
    if row is None:
        raise NoSuchSubscription
    return row


def _parts(subscription: UUID) -> list[Part]:
    """Return the add-ons among a subscription's parts, oldest first."""
    found = Part.objects.filter(subscription_id=subscription, kind=ADD_ON, add_on__isnull=False)
    return list(found.select_related("subscription").order_by("started_at", "id"))


def _frozen(of: Subscription, part: Part) -> AddOnRow:
    """Freeze an add-on, closed."""
    opens = add_ons_wish(of, [part])

    def made(found: Mapping[str, Mapping[str, Any]]) -> AddOnTold:
        told = opens.make(found)[part.id]
        words = {name: told[name] for name in ("slug", "title", "work", "recurs")}
        return AddOnTold(**_same(row), **words)

    wish = ColumnWish(opens.brand, opens.subject, opens.category, opens.table, opens.rows, made)
    row = AddOnRow(
        part.id, money(part.unit_minor, of.currency), part.quantity, part.started_at, part.ended_at, wish
    )
    return row


def _same(row: AddOnRow) -> dict[str, Any]:
    """Return the fields of a closed row, for the open one."""
    return {one.name: getattr(row, one.name) for one in fields(AddOnRow)}
