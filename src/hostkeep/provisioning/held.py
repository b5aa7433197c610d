"""What provisioning holds of an account besides its services, for its owner: their page and their copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hostkeep.kernel.ids import AccountId
from hostkeep.provisioning.models import Action, Lease, Service
from hostkeep.runtime.counting import Rows, Tally, tallies_of


@dataclass(frozen=True, slots=True)
class WorkHeld:
    """A piece of work that was asked for a service.

    handle     how the service is called where it runs
    secret     the name of what was renewed, else empty
    code       what its driver said last, or empty
    by_hand    the state of the task for staff that it became, else empty
    done_role  the role of the person who did it, if a person did; who it was is theirs
    """

    handle: str
    verb: str
    secret: str
    stage: str
    failures: int
    code: str
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    by_hand: str
    done_at: datetime | None
    done_role: str


@dataclass(frozen=True, slots=True)
class LeaseHeld:
    """An address of ours that a service held.  until: when it gave it back."""

    handle: str
    address: str
    since: datetime
    until: datetime | None


def all_work_of(account: AccountId, *, first: int) -> tuple[WorkHeld, ...]:
    """Return all work that was asked for an account's services, newest first.  One query."""
    rows = Action.objects.filter(service__account=account).select_related("service", "task")
    return tuple(_work(row) for row in rows.order_by("-queued_at", "-id")[:first])


def leases_of(account: AccountId, *, first: int) -> tuple[LeaseHeld, ...]:
    """Return the addresses that an account's services hold and held, newest first.  One query."""
    rows = Lease.objects.filter(service__account=account).select_related("service")
    return tuple(
        LeaseHeld(row.service.handle, row.address, row.since, row.until)
        for row in rows.order_by("-since", "-id")[:first]
    )


def counts_of(account: AccountId) -> Mapping[str, Tally]:
    """Return how many rows of an account each table holds, and since when.  One query."""
    return tallies_of(_counted, account)


def _counted(account: AccountId) -> Rows:
    """Return what is counted."""
    return {
        "provisioning_service": (Service.objects.filter(account=account), "created_at"),
        "provisioning_action": (Action.objects.filter(service__account=account), "queued_at"),
        "provisioning_lease": (Lease.objects.filter(service__account=account), "since"),
    }


def _work(row: Action) -> WorkHeld:
    """Freeze a piece of work with its task, if it became one."""
    task = getattr(row, "task", None)
    return WorkHeld(
        row.service.handle, row.verb, row.target, row.stage, row.failures, row.last_code, row.queued_at,
        row.started_at, row.ended_at, task.state if task else "", task.done_at if task else None,
        task.done_role if task else "",
    )  # fmt: skip
