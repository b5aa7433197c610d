"""Work that staff do by hand."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.drivers.machines import Done
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref, ServiceId
from hostkeep.provisioning.errors import NoSuchTask, TaskClosed
from hostkeep.provisioning.models import Action, Service, Task
from hostkeep.provisioning.rules.access import Access
from hostkeep.provisioning.settling import settle


@dataclass(frozen=True, slots=True)
class TaskDone:
    """A task that is closed, and the service it was for."""

    id: UUID
    service: ServiceId

    @property
    def ref(self) -> Ref:
        """The task."""
        return Ref("provisioning.task", self.id)


@recorded("provisioning.task.completed")
def complete_task(act: Act, *, task: UUID, access: Access) -> TaskDone:
    """Tell that a task is done, with the access data it made, if any.

    access  read by rules.access.access_data; its secrets go to the vault under the service's own brand

    The work behind the task is Done, so the service takes its step.  Raises NoSuchTask, TaskClosed.
    """
    found = Task.objects.filter(id=task).values_list("service_id", flat=True).first()
    if found is None:
        raise NoSuchTask
    service = Service.objects.select_for_update().get(id=found)
    row = Task.objects.select_for_update().get(id=task)
    if row.state != Task.OPEN:
        raise TaskClosed
    row.state, row.done_at, row.done_by, row.done_role = Task.DONE, act.at, act.actor, act.role
    row.save()
    work = Action.objects.select_for_update().get(id=row.action_id)
    under = act.of_brand(BrandId(service.brand))
    settle(under, service, work, Done(access.facts, access.secrets))
    return TaskDone(row.id, ServiceId(service.id))
