"""A customer opens the access data of their service, as often as the policy says."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.brands.applying import policy_under
from hostkeep.flows.policy_change import note_use
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CategoryId, PurposeId, ServiceId
from hostkeep.kernel.sealed import Sealed
from hostkeep.people.queries import account
from hostkeep.provisioning.actions.asking import Queued, queue_action
from hostkeep.provisioning.actions.forgetting import forget_secret
from hostkeep.provisioning.errors import NoSuchSecret
from hostkeep.provisioning.queries import service_of
from hostkeep.provisioning.rules.work import Verb
from hostkeep.vault import door
from hostkeep.vault.column_door import use_columns

SERVICE = PurposeId("service")
SECRET = CategoryId("service_secret")


@dataclass(frozen=True, slots=True)
class Opened:
    """A secret that was let out.  gone: whether this was the one time it could be shown."""

    name: str
    value: Sealed[str]
    gone: bool


def shown_once(act: Act) -> bool:
    """Say whether the policy that applies to the customer lets a secret be shown only once."""
    return policy_under(act).secrets == "once"


def open_secret(act: Act, *, of: AccountId, service: ServiceId, name: str) -> Opened:
    """Let a secret of a customer's own service out of the vault, and forget it where the policy says so.

    name  one of the service's `kept`
    Where the policy says so, going on using a service accepts its rules: that is noted.
    Raises NoSuchService (also for another account's), NoSuchSecret, and the door's Refused.
    """
    row = service_of(of, service)
    under = act.for_purpose(SERVICE)
    if not use_columns(under, wishes=[row.wish], fn=lambda told: bool(told[0] and name in told[0].kept)):
        raise NoSuchSecret
    note_use(under, account(of))
    value = door.reveal(under, subject=row.subject, category=SECRET, slot=f"{service}:{name}")
    if value is None:
        raise NoSuchSecret
    gone = shown_once(act)
    if gone:
        forget_secret(under, service=service, name=name)
    return Opened(name, value, gone)


def renew_secret(act: Act, *, of: AccountId, service: ServiceId, name: str, once: str) -> Queued:
    """Have a secret of a customer's own service replaced; the old one stops working.

    name  a secret the service has or had: the driver knows its names
    once  idempotency key, of the page that was shown
    Raises NoSuchService, NoSuchStep (it does not run), StillBusy.
    """
    row = service_of(of, service)
    key = f"renew:{row.id}:{once}"
    return queue_action(act.for_purpose(SERVICE), service=row.id, verb=Verb.RENEW, once=key, target=name)
