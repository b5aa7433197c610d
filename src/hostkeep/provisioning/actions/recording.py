"""Entering what a driver answered."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.drivers.machines import Done, Outcome
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ActionId, Ref, ServiceId
from hostkeep.provisioning.events import ActionParked, ActionQueued
from hostkeep.provisioning.models import Action, Service
from hostkeep.provisioning.rules.lifecycle import State, Step
from hostkeep.provisioning.rules.work import FOR_STAFF, Claimed, Stage, Verb, Verdict, judge
from hostkeep.provisioning.settling import open_task, settle, take
from hostkeep.runtime.outbox import publish


@dataclass(frozen=True, slots=True)
class Answered:
    """Work after an answer.  late: the answer came when the work was in other hands, and was not entered."""

    id: ActionId
    stage: Stage
    code: str
    late: bool

    @property
    def ref(self) -> Ref:
        """The piece of work."""
        return Ref("provisioning.action", self.id)


@recorded("provisioning.action.answered")
def record_outcome(act: Act, *, work: Claimed, outcome: Outcome) -> Answered:
    """Enter an answer: the work's stage, and what it makes true of the service.

    Done moves the service, keeps its facts and puts its secrets into the vault.  Waiting and Unknown are
    taken up again later, Refused and the eighth Unknown are parked for staff.  An answer that comes after
    somebody else took the work up is not entered.
    Publishes ServiceActivated, TaskOpened, ActionParked as it comes to pass.
    Raises AddressTaken and what the vault refuses; then nothing is entered.
    """
    service = Service.objects.select_for_update().get(id=work.service)
    row = Action.objects.select_for_update().get(id=work.id)
    if row.stage != Stage.RUNNING or row.claims != work.fence:
        return _late(act, row, outcome)
    if isinstance(outcome, Done):
        settle(act, service, row, outcome)
    else:
        _unfinished(act, service, row, judge(outcome, row.failures))
    return Answered(work.id, Stage(row.stage), row.last_code, late=False)


def _unfinished(act: Act, service: Service, row: Action, verdict: Verdict) -> None:
    row.stage, row.failures, row.last_code = verdict.stage, verdict.failures, verdict.code[:64]
    row.leased_to = None
    row.due_at = act.at + verdict.wait if verdict.wait is not None else None
    if verdict.stage is Stage.PARKED:
        row.ended_at = act.at
    row.save()
    if verdict.stage is Stage.WAITING and verdict.code == FOR_STAFF:
        open_task(act, service, row)
    if verdict.stage is Stage.PARKED:
        if row.verb == Verb.CREATE and service.state == State.BUILDING:
            take(act, service, Step.BROKE)
        publish(act, ActionParked(ActionId(row.id), ServiceId(service.id)))


def _late(act: Act, row: Action, outcome: Outcome) -> Answered:
    """Leave a late answer out.

    One that made a secret may have unmade the secret we hold: then the work is looked at once more.
    """
    if isinstance(outcome, Done) and outcome.secrets and row.stage == Stage.DONE:
        row.stage, row.due_at, row.ended_at = Stage.QUEUED, act.at, None
        row.save()
        publish(act, ActionQueued(ActionId(row.id)))
    return Answered(ActionId(row.id), Stage(row.stage), row.last_code, late=True)
