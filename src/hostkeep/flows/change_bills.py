"""What a change costs, on paper: its own invoice, and one over what was billed without it while it waited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from hostkeep.flows.billing_one import Item, bill_items
from hostkeep.flows.giving_back import late_key
from hostkeep.flows.renewing import time_to_pay
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, PurposeId, Ref
from hostkeep.kernel.money import Money
from hostkeep.kernel.period import Period
from hostkeep.people.queries import account
from hostkeep.shop.rules.catalogue import Words, in_language
from hostkeep.subscriptions.errors import NoSuchChange, NoSuchSubscription
from hostkeep.subscriptions.queries.changes import ChangeRow, change
from hostkeep.subscriptions.queries.subscriptions import (
    SubscriptionRow,
    SubscriptionTold,
    subscription_of_service,
)
from hostkeep.subscriptions.rules.add_ons import ADDED, counted, taken_from_told
from hostkeep.subscriptions.rules.changing import TIME_TO_PAY, Late
from hostkeep.vault.column_door import use_columns

DIFFERENCE: Words = MappingProxyType(
    {"en": "Change to {}: the difference", "vi": "Đổi sang {}: phần chênh lệch"}
)
"""What the line of a change is called: its amount is not the price of what it names."""

BILLING = PurposeId("billing")
SERVICE = PurposeId("service")


def issue(act: Act, row: ChangeRow) -> InvoiceId:
    """Issue the invoice of a change that costs more."""
    told = use_columns(act.for_purpose(SERVICE), wishes=[row.wish], fn=there_of)
    items = _items(act, row, told, row.dues_of(told))
    return bill_items(act, account=row.account, items=items, due_in=TIME_TO_PAY, once=f"change:{row.id}")


def bill_late(act: Act, change_id: UUID, late: Late) -> InvoiceId:
    """Bill what a change comes to for periods that were billed without it while it waited, as they are due.

    At once, and about the change: what takes back such time finds it as it finds the change's own invoice.
    """
    row = change(change_id)
    if row is None:
        raise NoSuchChange
    under = act.in_role("system").for_purpose(BILLING)
    told = use_columns(under.for_purpose(SERVICE), wishes=[row.wish], fn=there_of)
    due_in = time_to_pay(act.at, late[0][0])
    return bill_items(
        under, account=row.account, items=_items(under, row, told, late), due_in=due_in, once=late_key(row.id)
    )


def _items(
    act: Act, row: ChangeRow, told: Mapping[str, Any], dues: Sequence[tuple[Period | None, Money]]
) -> list[Item]:
    """Return what a change comes to for some periods, a line each.  told: its opened column."""
    under, about = act.for_purpose(SERVICE), Ref("subscriptions.change", row.id)
    if row.kind == ADDED:
        taken, product = taken_from_told(told), had_of(under, row).told.product
        title = counted(taken.add_on.title, taken.quantity)
    else:
        what = row.wanted_of(told).agreed
        language = account(row.account).language
        title, product = in_language(DIFFERENCE, language).format(what.title)[:200], what.product
    return [Item(title, product, due, about, period) for period, due in dues]


def had_of(act: Act, row: ChangeRow) -> SubscriptionTold:
    """Return the subscription of a change, opened.  Raises NoSuchSubscription where it is erased."""
    return told_of(act, subscription_of_service(row.service, of=row.account))


def there_of(told: Sequence[Mapping[str, Any] | None]) -> Mapping[str, Any]:
    """Return what was opened.  Raises NoSuchChange where it is erased."""
    if told[0] is None:
        raise NoSuchChange
    return told[0]


def told_of(act: Act, row: SubscriptionRow) -> SubscriptionTold:
    """Return a subscription opened, as the system does for its own sums.  Raises NoSuchSubscription."""
    under = act.in_role("system").for_purpose(SERVICE)

    def there(told: Sequence[SubscriptionTold | None]) -> SubscriptionTold:
        if told[0] is None:
            raise NoSuchSubscription
        return told[0]

    return use_columns(under, wishes=[row.wish], fn=there)
