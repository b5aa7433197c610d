"""Taking work up: one worker at a time, and what a dead worker held comes back."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.drivers.machines import Ask
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ActionId, BrandId, Ref, ServiceId, SubjectId
from hostkeep.provisioning.boxing import Contents, use_contents
from hostkeep.provisioning.errors import NoSuchAction, NotDue
from hostkeep.provisioning.models import Action
from hostkeep.provisioning.rules.work import LEASE, MOST_FAILURES, Claimed, Stage, Verb


@dataclass(frozen=True, slots=True)
class Taken:
    """Work in our hands, and whose policy it is done under."""

    work: Claimed
    brand: BrandId
    subject: SubjectId

    @property
    def ref(self) -> Ref:
        """The piece of work."""
        return Ref("provisioning.action", self.work.id)


@recorded("provisioning.action.claimed")
def claim_action(act: Act, *, action: ActionId) -> Taken:
    """Take a piece of work into our hands for the time of a lease.

    Work that another worker held until its lease ran out is ours too, and is known to have been asked before.
    Each worker lost over it counts as a failure.
    Raises NoSuchAction, NotDue (finished, not yet due, or in other hands).
    """
    row = Action.objects.select_for_update(of=("self",)).select_related("service").filter(id=action).first()
    if row is None:
        raise NoSuchAction
    waits_for = {Stage.QUEUED: row.due_at, Stage.WAITING: row.due_at, Stage.RUNNING: row.leased_to}
    due = waits_for.get(Stage(row.stage))
    if due is None or due > act.at:
        raise NotDue
    before = row.claims > 0
    row.claims += 1
    row.failures += row.stage == Stage.RUNNING
    row.stage, row.leased_to, row.due_at = Stage.RUNNING, act.at + LEASE, None
    row.started_at = row.started_at or act.at
    row.save()
    work = use_contents(act, row.service, lambda known: _claimed(row, known, before=before))
    return Taken(work, BrandId(row.service.brand), SubjectId(row.service.subject))


def _claimed(row: Action, known: Contents, *, before: bool) -> Claimed:
    """Return the work as its driver needs it: handles and sizes, no person."""
    service = row.service
    spec = {**known.spec, "renew": row.target} if row.verb == Verb.RENEW else dict(known.spec)
    return Claimed(
        id=ActionId(row.id),
        service=ServiceId(service.id),
        driver=known.driver,
        verb=Verb(row.verb),
        ask=Ask(once=str(row.id), handle=service.handle, spec=spec, sealed={}),
        fence=row.claims,
        before=before,
        lost=row.failures >= MOST_FAILURES,
        facts=dict(known.facts),
        kept=frozenset(known.kept),
    )
