"""Who has tried what: an order line with days of trial is its account's trial of the product.

Which product it was is sealed with the order, so the lines of one account are opened to know; the rule lasts
as long as the order is kept, and needs nothing kept beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, PurposeId
from hostkeep.shop.models import Order
from hostkeep.shop.queries.order_rows import OrderTold
from hostkeep.shop.queries.orders import frozen_orders
from hostkeep.shop.queries.pricing_lines import PricedLine, is_for_trial, with_trials
from hostkeep.vault.column_door import use_columns

ORDER = PurposeId("order")
MOST_LOOKED_AT = 200


def tried_products(act: Act, account: AccountId) -> frozenset[str]:
    """Return the slugs of the products that an account of act.brand has tried.

    Two queries and one look through the wall; none where it has tried nothing.  Raises the vault's Refused.
    """
    found = Order.objects.filter(brand=act.brand, account_id=account, lines__trial_days__gt=0).distinct()
    orders = frozen_orders(found, MOST_LOOKED_AT)
    if not orders:
        return frozenset()

    def products(told: Sequence[OrderTold | None]) -> frozenset[str]:
        lines = (line for order in told if order is not None for line in order.told)
        return frozenset(line.product for line in lines if line.trial_days)

    under = act.in_role("system").for_purpose(ORDER)
    return use_columns(under, wishes=[order.wish for order in orders], fn=products)


def trials_given(
    act: Act, priced: Sequence[PricedLine], account: AccountId | None
) -> tuple[PricedLine, ...]:
    """Return lines with the trials that whoever orders them can have.

    account  None: nobody knows yet who orders; what they have tried before is looked at when they do
    """
    if not any(is_for_trial(line) for line in priced):
        return tuple(priced)
    tried = tried_products(act, account) if account is not None else frozenset[str]()
    return with_trials(priced, tried=tried)
