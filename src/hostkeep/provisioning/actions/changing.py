"""Making a service what its owner has now: another plan, another size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref, ServiceId
from hostkeep.provisioning.boxing import seal_contents
from hostkeep.provisioning.errors import NoSuchService, StillBusy
from hostkeep.provisioning.models import Action, Service
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import FROM, OPEN, Verb
from hostkeep.provisioning.settling import drop_open_work, queue


@dataclass(frozen=True, slots=True)
class Changed:
    """A service that is something else now.  asked: whether a driver is asked to make it so."""

    service: ServiceId
    asked: bool

    @property
    def ref(self) -> Ref:
        """The service."""
        return Ref("provisioning.service", self.service)


@recorded("provisioning.service.changed")
def change_service(
    act: Act, *, service: ServiceId, title: str, product: str, spec: Mapping[str, str], once: str
) -> Changed:
    """Say what a service is now, and ask its driver to make it so while it runs.

    title, product  as the catalogue has them
    spec            sizes for the driver; empty where they stay as they are: those that an earlier change is
                    still to be asked for, too
    once            idempotency key, at most 128 characters; the same key asks once

    A driver that cannot change what runs leaves it to staff.  An earlier change that only waits, for a driver
    or for staff, is dropped: this one takes its place.  What stands still, is being built or has a driver at
    work is asked for later (ask_change_left); what is not built takes the sizes with its building.
    Raises NoSuchService, AskedDifferently.
    """
    row = _held(service)
    if Action.objects.filter(once=once).exists():
        return Changed(service, asked=True)
    if row.state in {State.CLOSING, State.CLOSED}:
        return Changed(service, asked=False)
    names = ["title", "product", "change_once"]
    seal_contents(act, row, title=title, product=product)
    if spec:
        seal_contents(act, row, spec=dict(spec))
        names.append("spec")
        row.change_once = once if row.state != State.ORDERED else ""
    asked = _ask(act, row)
    row.save(update_fields=names)
    return Changed(service, asked=asked)


@recorded("provisioning.service.change_asked")
def ask_change_left(act: Act, *, service: ServiceId) -> Changed:
    """Ask a driver for the change that could not be asked for when it was made, if it can be now.

    Without one: changes nothing.  Raises NoSuchService.
    """
    row = _held(service)
    asked = _ask(act, row)
    row.save(update_fields=["change_once"])
    return Changed(service, asked=asked)


def _ask(act: Act, row: Service) -> bool:
    """Queue the change that a service is still to become, where it runs and no other work is open on it."""
    if not row.change_once or State(row.state) not in FROM[Verb.CHANGE]:
        return False
    work = Action.objects.filter(service=row, stage__in=OPEN)
    try:
        if work.exists() and not work.exclude(verb=Verb.CHANGE).exists():
            drop_open_work(act, row)
        queue(act, row, verb=Verb.CHANGE, once=row.change_once)
    except StillBusy:
        return False
    row.change_once = ""
    return True


def _held(service: ServiceId) -> Service:
    row = Service.objects.select_for_update().filter(id=service).first()
    if row is None:
        raise NoSuchService
    return row
