"""What provisioning's actions share: queueing work and entering its outcome, inside their transaction.

Only modules of `provisioning.actions` call this.  Rows come locked, the service before its work.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hostkeep.drivers.machines import Done
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, ActionId, CategoryId, ServiceId, SubjectId
from hostkeep.provisioning.boxing import Contents, seal_contents, use_contents
from hostkeep.provisioning.errors import AddressTaken, AskedDifferently, StillBusy
from hostkeep.provisioning.events import (
    ActionQueued,
    ServiceActivated,
    ServiceClosed,
    ServiceResumed,
    ServiceSuspended,
    TaskOpened,
)
from hostkeep.provisioning.models import Action, Lease, Service, Task
from hostkeep.provisioning.rules.lifecycle import State, Step, after
from hostkeep.provisioning.rules.work import FROM, OPEN, TAKES, Stage, Verb, may_ask
from hostkeep.runtime.outbox import publish
from hostkeep.vault import door

SECRET = CategoryId("service_secret")

NEWS = MappingProxyType({
    Step.BUILT: ServiceActivated, Step.OVERDUE: ServiceSuspended, Step.SETTLED: ServiceResumed,
})  # fmt: skip
"""What is told of a step; of one that closes a service, that."""

CALM = 4
"""Seconds until a new task is told of: whoever comes at once would find its service's page not yet opened."""


def slot_of(service: ServiceId, name: str) -> str:
    """Return the vault's slot of a secret of a service."""
    return f"{service}:{name}"


def queue(act: Act, service: Service, *, verb: Verb, once: str, target: str = "") -> Action:
    """Ask for work; the same key gives the same work.

    Publishes ActionQueued.  Raises AskedDifferently, NoSuchStep, StillBusy.
    """
    known = Action.objects.filter(once=once).first()
    if known is not None:
        if (known.service_id, known.verb, known.target) != (service.id, verb, target):
            raise AskedDifferently(action=str(known.id))
        return known
    may_ask(verb, State(service.state))
    busy = Action.objects.filter(service=service, stage__in=OPEN).first()
    if busy is not None:
        raise StillBusy(action=str(busy.id))
    work = Action.objects.create(
        service=service, verb=verb, target=target, once=once, queued_at=act.at, due_at=act.at
    )
    publish(act, ActionQueued(ActionId(work.id)))
    return work


def take(act: Act, service: Service, step: Step) -> None:
    """Move a service one step on and save it.  Raises NoSuchStep."""
    service.state = after(State(service.state), step)
    if step is Step.BUILT:
        service.activated_at = act.at
    news = NEWS.get(step) or (ServiceClosed if service.state == State.CLOSED else None)
    if news is not None:
        publish(act, news(ServiceId(service.id), AccountId(service.account)))
    service.save(update_fields=["state", "activated_at", "facts", "kept"])


def settle(act: Act, service: Service, work: Action, done: Done) -> None:
    """Enter that it is so: facts, secrets to the vault, addresses, the service's step, the work's end.

    Raises AddressTaken, and what the vault raises where the policy has no room for the secret.
    """
    verb = Verb(work.verb)
    if verb is Verb.TERMINATE:
        use_contents(act, service, lambda known: _clear(act, service, known))
    else:
        use_contents(act, service, lambda known: _keep(act, service, known, done))
    step = TAKES.get(verb)
    if step is not None and State(service.state) in FROM[verb]:
        take(act, service, step)
    else:
        service.save(update_fields=["facts", "kept"])
    work.stage, work.last_code = Stage.DONE, ""
    work.due_at, work.leased_to, work.ended_at = None, None, act.at
    work.save()


def open_task(act: Act, service: Service, work: Action) -> None:
    """Put work on the staff's list, once."""
    task, fresh = Task.objects.get_or_create(
        action=work, defaults={"service": service, "kind": work.verb, "opened_at": act.at}
    )
    if fresh:
        publish(act, TaskOpened(task.id), after=CALM)


def drop_open_work(act: Act, service: Service) -> None:
    """Give up work that nothing has begun, and work that only waits.  Raises StillBusy if some is running."""
    for work in Action.objects.select_for_update().filter(service=service, stage__in=OPEN):
        if work.stage == Stage.RUNNING:
            raise StillBusy(action=str(work.id))
        work.stage, work.due_at, work.ended_at = Stage.DROPPED, None, act.at
        work.save()
        Task.objects.filter(action=work, state=Task.OPEN).update(state=Task.DROPPED, done_at=act.at)


def _keep(act: Act, service: Service, known: Contents, done: Done) -> None:
    facts = {**known.facts, **done.facts}
    seal_contents(act, service, facts=facts, kept=sorted({*known.kept, *done.secrets}))
    for name, secret in done.secrets.items():
        slot = slot_of(ServiceId(service.id), name)
        door.put(act, subject=SubjectId(service.subject), category=SECRET, value=secret, slot=slot)
    _lease(act, service, facts)


def _lease(act: Act, service: Service, facts: Mapping[str, str]) -> None:
    """Enter the addresses that a driver took from a pool.  Raises AddressTaken."""
    pool = facts.get("pool", "")
    wanted = set(facts.get("leases", "").split()) if pool else set()
    held = Lease.objects.filter(pool=pool, address__in=wanted, until=None)
    for lease in held:
        if lease.service_id != service.id:
            raise AddressTaken(service=str(lease.service_id))
    fresh = wanted - {lease.address for lease in held}
    Lease.objects.bulk_create(
        Lease(pool=pool, address=address, service=service, since=act.at) for address in sorted(fresh)
    )


def _clear(act: Act, service: Service, known: Contents) -> None:
    """Forget what was known of a service that is gone."""
    for name in known.kept:
        slot = slot_of(ServiceId(service.id), name)
        door.drop(act, subject=SubjectId(service.subject), category=SECRET, slot=slot)
    Lease.objects.filter(service=service, until=None).update(until=act.at)
    seal_contents(act, service, facts={}, kept=[])
