"""Orders that no shop took: their payment is checked beforehand, as nothing is asked of an order without one."""

from __future__ import annotations

from uuid import uuid4

from hostkeep.billing.actions.qualifying import note_check
from hostkeep.billing.rules.qualifying import Verdict
from hostkeep.flows.qualifying import QUALIFICATION, is_checked
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, OrderId
from hostkeep.people.queries import account


def checked_already(act: Act, who: AccountId, invoice: InvoiceId) -> None:
    """Note that nothing had to be checked, where the brand's policy has the check; the real one finds it."""
    if is_checked(act, account(who).subject):
        under = act.in_role("system").for_purpose(QUALIFICATION)
        note_check(under, invoice=invoice, account=who, order=OrderId(uuid4()), verdict=Verdict("not_needed", "", ()))
