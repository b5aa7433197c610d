"""What asking for a change comes to, whatever is changed; and that nothing else waits.  Rows come locked.

Only modules of `subscriptions.actions` and its queries call this; flows name what it returns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import Money, money
from hostkeep.subscriptions.boxing import as_system, change_wish
from hostkeep.subscriptions.errors import ChangeWaits, NoSuchChange
from hostkeep.subscriptions.models import Change, Subscription
from hostkeep.vault.column_door import use_columns


@dataclass(frozen=True, slots=True)
class Asked:
    """A change as it stands.

    kind   upgrade, downgrade, term, add_on or add_on_off
    state  "waiting", "done" or "dropped"
    due    what is to be paid before it holds; back: what is given back; as the brand's prices are
    again  whether the same key had asked for it before
    """

    id: UUID
    kind: str
    state: str
    due: Money
    back: Money
    effective_at: datetime
    again: bool

    @property
    def ref(self) -> Ref:
        """The change."""
        return Ref("subscriptions.change", self.id)


def free_of_changes(row: Subscription) -> None:
    """Return if no change of a subscription waits: there is one at a time.  Raises ChangeWaits."""
    waits = Change.objects.filter(subscription=row, state="waiting").first()
    if waits is not None:
        raise ChangeWaits(change=str(waits.id))


def asked_again(act: Act, row: Subscription, known: Change) -> Asked:
    """Answer for a key that was used before.  Raises NoSuchChange where it was another subscription's."""
    if known.subscription_id != row.id:
        raise NoSuchChange
    due = use_columns(
        as_system(act, row), wishes=[change_wish(row, known)],
        fn=lambda told: int(told[0]["due"]) if told[0] else 0,
    )  # fmt: skip
    return Asked(
        known.id, known.kind, known.state, money(due, row.currency), money(known.credit_minor, row.currency),
        known.effective_at, again=True,
    )  # fmt: skip
