"""Every kind of fact that comes of ordering, paying and using: the one table of the owner's page and copy.

A table of the rooms below that holds something of a person stands here, or tests/house/test_held.py fails.
"""

from __future__ import annotations

from collections.abc import Mapping

from hostkeep.billing.queries import held as billing
from hostkeep.flows.exporting.billing import BILLED
from hostkeep.flows.exporting.ordering import ORDERED
from hostkeep.flows.exporting.trading import Kind
from hostkeep.kernel.ids import AccountId
from hostkeep.provisioning import held as provisioning
from hostkeep.runtime.counting import Tally
from hostkeep.shop.queries import held as shop
from hostkeep.subscriptions.queries import held as subscriptions

TRADE: Mapping[str, Kind] = {kind.name: kind for kind in (*ORDERED, *BILLED)}
"""Name -> kind."""


def tallies_of(account: AccountId) -> Mapping[str, Tally]:
    """Return of how many rows an account's kinds are, by name, those without one left out.

    Nothing is opened.  Five queries.
    """
    rooms = (shop, provisioning, subscriptions, billing)
    counted = {table: tally for room in rooms for table, tally in room.counts_of(account).items()}
    found = ((name, counted[kind.tables[0]]) for name, kind in TRADE.items())
    return {name: tally for name, tally in found if tally.count}
