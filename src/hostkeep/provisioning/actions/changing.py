"""Making a service what its owner has now: another plan, another size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref, ServiceId
from hostkeep.provisioning.boxing import seal_contents
from hostkeep.provisioning.errors import NoSuchService
from hostkeep.provisioning.models import Action, Service
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import FROM, Verb
from hostkeep.provisioning.settling import queue


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
    spec            sizes for the driver; empty where they stay as they are
    once            idempotency key, at most 128 characters; the same key asks once

    A driver that cannot change what runs leaves it to staff.  What does not run takes the sizes with its next
    building.  Raises NoSuchService, StillBusy, AskedDifferently.
    """
    row = Service.objects.select_for_update().filter(id=service).first()
    if row is None:
        raise NoSuchService
    if Action.objects.filter(once=once).exists():
        return Changed(service, asked=True)
    if row.state in {State.CLOSING, State.CLOSED}:
        return Changed(service, asked=False)
    asked = bool(spec) and State(row.state) in FROM[Verb.CHANGE]
    if asked:
        queue(act, row, verb=Verb.CHANGE, once=once)
    names = ["title", "product"]
    seal_contents(act, row, title=title, product=product)
    if spec:
        seal_contents(act, row, spec=dict(spec))
        names.append("spec")
    row.save(update_fields=names)
    return Changed(service, asked=asked)
