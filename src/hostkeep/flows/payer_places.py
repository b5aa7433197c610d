"""Where a buyer's payments come from, as the processor tells it: the second proof of their place.

Asked for once a payment, at a brand with a `[tax]` whose policy lets billing read payment references, and of
gateways that know it; kept as two letters in the vault, beside the references.
"""

from __future__ import annotations

from hostkeep.billing.calls.gateways import gateway_for, is_ready
from hostkeep.billing.calls.locating import can_locate, country_of
from hostkeep.billing.queries.payments import newest_payment
from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import BrandRow, brand
from hostkeep.flows.buyers import PAID_FROM, PAYMENT_REF
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PurposeId
from hostkeep.people.queries import AccountRow
from hostkeep.runtime.transactions import assert_outside
from hostkeep.vault import door

BILLING = PurposeId("billing")


def learn_country(act: Act, *, account: AccountRow) -> str:
    """Learn where an account's newest payment came from, if that is not known; return the country, if any.

    Never inside a transaction.  A gateway that does not answer is asked again at the next order.
    """
    assert_outside()
    row = brand(act.brand)
    if "tax" not in row.words or not _readable(act, account):
        return ""
    found = newest_payment(account.id, gateways=_locating(row))
    if found is None:
        return ""
    payment, gateway, proof = found
    under = act.in_role("system").for_purpose(BILLING)
    held = door.use(under, subject=account.subject, category=PAYMENT_REF, slot=PAID_FROM, fn=str) or ""
    country, _, of = held.partition(" ")
    if of == str(payment):
        return country
    told = country_of(gateway_for(gateway, act.brand), proof)
    if told:
        value = f"{told} {payment}"
        door.put(under, subject=account.subject, category=PAYMENT_REF, value=value, slot=PAID_FROM)
    return told


def _readable(act: Act, account: AccountRow) -> bool:
    """Say whether the policy lets billing read the buyer's payment references."""
    policy = policy_for(act.brand, account.subject, act.at)
    return (PAYMENT_REF, BILLING, "system") in policy.table


def _locating(row: BrandRow) -> list[str]:
    """Return the brand's gateways that know where payments come from."""
    ready = [name for name in row.payment if is_ready(name, row.id)]
    return [name for name in ready if can_locate(gateway_for(name, row.id))]
