"""Which term follows the one that runs, as each face tells it: opened where it is only agreed on."""

from __future__ import annotations

from hostkeep.faces.ui.telling import told_one
from hostkeep.kernel.act import Act
from hostkeep.subscriptions.queries.changes import ChangeRow
from hostkeep.subscriptions.queries.next_terms import NextTerm, billed_term, wanted_term
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow


def next_term_of(act: Act, row: SubscriptionRow, waiting: ChangeRow | None) -> NextTerm | None:
    """Return the other term that a subscription will have, or has while one before it runs out; or None.

    waiting  its change that waits
    Raises the vault's Refused.
    """
    wanted = wanted_term(row, waiting)
    return told_one(act, wanted) if wanted is not None else billed_term(row, at=act.at)
