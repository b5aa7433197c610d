"""What billing keeps for a while, as a store for the sweeper: call-backs that gateways repeat.

Invoices and money stay, as the books need them: whoever they were for is sealed under the fiscal key, and
every invoice's buyer has an end of its own.
"""

from __future__ import annotations

from hostkeep.runtime.stores import Store, table_store

KEPT_DAYS = 90
"""Longer than any gateway repeats a call-back."""

STORES: tuple[Store, ...] = (
    table_store(
        "billing.notices",
        "fiscal",
        "Call-backs of gateways by their own ids and ours, so that none counts twice; each is kept 90 days.",
        table="billing_gatewaynotice",
        due=f"at <= %(at)s - make_interval(days => {KEPT_DAYS})",
    ),
)
