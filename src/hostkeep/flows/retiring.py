"""When a service ends: its own data, and at some brands with the last one the account's."""

from __future__ import annotations

from hostkeep.brands.applying import policy_for
from hostkeep.flows import closing
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PurposeId
from hostkeep.people.queries import account as account_row
from hostkeep.policy import schedule
from hostkeep.policy.schedule import LAST_SERVICE_ENDED, SERVICE_ENDED
from hostkeep.provisioning.events import ServiceClosed
from hostkeep.provisioning.queries import services_of
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.vault import retention


def on_service_closed(act: Act, event: ServiceClosed) -> None:
    """Do what the policy says for the end of a service, and for that of the last one.

    The last one: the account has had a service that ran, and has none that lives or may still come to.  Where
    the policy ends the account with it, the account is closed.
    """
    row = account_row(event.account)
    under = act.of_brand(row.brand).in_role("system").for_purpose(PurposeId("account"))
    retention.fire(under, subject=row.subject, event=SERVICE_ENDED, slot=str(event.service))
    services = services_of(row.id)
    if any(each.state is not State.CLOSED for each in services):
        return
    if all(each.activated_at is None for each in services):
        return
    policy = policy_for(row.brand, row.subject, act.at)
    if schedule.closes(policy, LAST_SERVICE_ENDED):
        closing.close(under, account=row.id, by="policy", once=f"last-service:{row.id}")
    else:
        retention.fire(under, subject=row.subject, event=LAST_SERVICE_ENDED)
