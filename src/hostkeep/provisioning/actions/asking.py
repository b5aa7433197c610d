"""Asking for work: building, suspending, resuming, a new secret, closing, trying again."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ActionId, Ref, ServiceId
from hostkeep.provisioning.boxing import seal_contents
from hostkeep.provisioning.errors import NoSuchAction, NoSuchService, NotParked, StillBusy
from hostkeep.provisioning.events import ActionQueued
from hostkeep.provisioning.models import Action, Service
from hostkeep.provisioning.rules.lifecycle import State, Step
from hostkeep.provisioning.rules.work import FOR_STAFF, OPEN, Stage, Verb
from hostkeep.provisioning.settling import drop_open_work, queue, take
from hostkeep.runtime.outbox import publish


@dataclass(frozen=True, slots=True)
class Queued:
    """Work that waits for a driver, or did; None where nothing needed to be asked."""

    service: ServiceId
    action: ActionId | None
    state: State

    @property
    def ref(self) -> Ref:
        """The service."""
        return Ref("provisioning.service", self.service)


@recorded("provisioning.service.building")
def begin_building(act: Act, *, service: ServiceId, driver: str) -> Queued:
    """Have a paid service built.

    driver  what runs it here; it may be another than was sold, where that one is not set up

    Takes the step PAID, queues CREATE, publishes ActionQueued.  Again: changes nothing.
    Raises NoSuchService, NoSuchStep (the service was cancelled before it was paid).
    """
    row = _locked(service)
    if row.state == State.ORDERED:
        seal_contents(act, row, driver=driver)
        row.save(update_fields=["driver"])
        take(act, row, Step.PAID)
    work = queue(act, row, verb=Verb.CREATE, once=f"create:{service}")
    return Queued(service, ActionId(work.id), State(row.state))


@recorded("provisioning.action.queued")
def queue_action(act: Act, *, service: ServiceId, verb: Verb, once: str, target: str = "") -> Queued:
    """Ask a driver to do something with a service.  The state follows when the driver has answered.

    verb    SUSPEND, RESUME or RENEW; building and closing have their own deeds
    target  the name of the secret that RENEW replaces
    once    idempotency key

    Raises NoSuchService, NoSuchStep, StillBusy, AskedDifferently.
    """
    row = _locked(service)
    work = queue(act, row, verb=verb, once=once, target=target)
    return Queued(service, ActionId(work.id), State(row.state))


@recorded("provisioning.action.called_off")
def call_off_stop(act: Act, *, service: ServiceId) -> Queued:
    """Drop a SUSPEND that no driver has begun, and one that was given up: nobody is to try it again.

    Without one: changes nothing.

    Raises NoSuchService, StillBusy (a driver is at it: resume the service when it has answered).
    """
    row = _locked(service)
    stops = Action.objects.filter(service=row, verb=Verb.SUSPEND)
    stops.filter(stage=Stage.PARKED).update(stage=Stage.DROPPED, due_at=None)
    for work in stops.filter(stage__in=OPEN):
        if work.started_at is not None and work.last_code != FOR_STAFF:
            raise StillBusy(action=str(work.id))
        drop_open_work(act, row)
    return Queued(service, None, State(row.state))


@recorded("provisioning.service.closing")
def close_service(act: Act, *, service: ServiceId) -> Queued:
    """End a service: an unpaid one at once, any other when its driver has wiped it.

    Work that only waits is dropped.  Again: changes nothing.
    Raises NoSuchService, StillBusy (a driver is at work; try again when it has answered).
    """
    return _close(act, _locked(service))


@recorded("provisioning.service.end_wanted")
def end_when_idle(act: Act, *, service: ServiceId) -> Queued:
    """End a service as close_service does; while a driver is at work on it, as soon as that has answered.

    Again: changes nothing.  Raises NoSuchService.
    """
    row = _locked(service)
    if row.state in {State.CLOSING, State.CLOSED}:
        return _close(act, row)
    if Action.objects.filter(service=row, stage=Stage.RUNNING).exists():
        row.end_wanted_at = row.end_wanted_at or act.at
        row.save(update_fields=["end_wanted_at"])
        return Queued(service, None, State(row.state))
    return _close(act, row)


@recorded("provisioning.action.retried")
def retry_action(act: Act, *, action: ActionId) -> Queued:
    """Try again, by hand, what was given up.

    Publishes ActionQueued.  Raises NoSuchAction, NotParked, StillBusy (other work is open by now).
    """
    found = Action.objects.filter(id=action).values_list("service_id", flat=True).first()
    if found is None:
        raise NoSuchAction
    row = _locked(ServiceId(found))
    work = Action.objects.select_for_update().get(id=action)
    if work.stage != Stage.PARKED:
        raise NotParked
    if Action.objects.filter(service=row, stage__in=OPEN).exists():
        raise StillBusy(action=str(action))
    if work.verb == Verb.CREATE and row.state == State.FAILED:
        take(act, row, Step.RETRIED)
    work.stage, work.failures, work.due_at, work.ended_at = Stage.QUEUED, 0, act.at, None
    work.save()
    publish(act, ActionQueued(action))
    return Queued(ServiceId(row.id), action, State(row.state))


def _close(act: Act, row: Service) -> Queued:
    """Take the step CANCEL and have what was built wiped.  Raises StillBusy."""
    service = ServiceId(row.id)
    if row.state not in {State.CLOSING, State.CLOSED}:
        drop_open_work(act, row)
        take(act, row, Step.CANCEL)
    if row.change_once or row.end_wanted_at:
        row.change_once, row.end_wanted_at = "", None
        row.save(update_fields=["change_once", "end_wanted_at"])
    if row.state == State.CLOSED:
        return Queued(service, None, State.CLOSED)
    work = queue(act, row, verb=Verb.TERMINATE, once=f"terminate:{service}")
    return Queued(service, ActionId(work.id), State(row.state))


def _locked(service: ServiceId) -> Service:
    row = Service.objects.select_for_update().filter(id=service).first()
    if row is None:
        raise NoSuchService
    return row
