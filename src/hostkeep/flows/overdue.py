"""An unpaid invoice with all that its calendar looks at, gathered from the rooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hostkeep.billing.queries import dunning as rows
from hostkeep.billing.queries.dunning import DunnedRow
from hostkeep.billing.rules.calendars import DunningCalendar, calendar_of
from hostkeep.billing.rules.dunning import next_look, steps_due
from hostkeep.billing.rules.dunning_steps import About, Done, Facts, Step
from hostkeep.billing.rules.gateways import not_kept_by
from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.flows.late_bills import periods_billed_by
from hostkeep.kernel.ids import InvoiceId, ServiceId
from hostkeep.kernel.period import Period
from hostkeep.people.queries import account
from hostkeep.people.rules.closing import OPEN
from hostkeep.provisioning.errors import NoSuchService
from hostkeep.provisioning.queries import ServiceRow, service, services_billed_by
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.subscriptions.queries.changes import change_paid_by
from hostkeep.subscriptions.queries.courses import BilledRow

GONE = frozenset({State.CLOSING, State.CLOSED})


@dataclass(frozen=True, slots=True)
class Overdue:
    """An unpaid invoice at one time.

    services  what it pays for, as far as that exists
    period    what it bills, where it bills one period
    drops_at  when it is taken back with the change that it is for, or None
    """

    row: DunnedRow
    facts: Facts
    calendar: DunningCalendar
    services: tuple[ServiceRow, ...]
    period: Period | None
    drops_at: datetime | None

    def steps(self, at: datetime, done: Sequence[Done] | None = None) -> tuple[Step, ...]:
        """Return the steps to take at a time.  done: others than are written down."""
        taken = self.row.done if done is None else done
        return steps_due(self.calendar, self.facts, taken, self.row.spared, at)

    def next(self, at: datetime, done: Sequence[Done] | None = None) -> datetime | None:
        """Return when to look again."""
        taken = self.row.done if done is None else done
        return next_look(self.calendar, self.facts, taken, self.row.spared, at)


def look(invoice: InvoiceId, at: datetime) -> Overdue:
    """Look at an invoice.  Raises NoSuchInvoice, BadCalendar."""
    row = rows.dunned(invoice, at=at)
    seller = brand(row.brand)
    periods = periods_billed_by(invoice)
    first = services_billed_by(invoice)
    change = change_paid_by(invoice)
    services = first or _services(list(dict.fromkeys(each.service for each in periods)))
    about = _about(first, periods, has_change=change is not None and change.state == "waiting")
    facts = Facts(
        issued_at=row.issued_at, due_at=row.due_at, zone=seller.zone, about=about,
        owed=row.owed.minor > 0, held=row.held, released=row.released, chargeable=_chargeable(row, at),
        runs=any(each.state is State.ACTIVE for each in services),
        stopped=any(each.state is State.SUSPENDED for each in services),
        lapsed=_is_lapsed(row, first, periods),
        gone=bool(services) and all(each.state in GONE for each in services),
    )  # fmt: skip
    return Overdue(
        row, facts, calendar_of(seller.words), services, periods[0].period if len(periods) == 1 else None,
        change.drops_at if change else None,
    )  # fmt: skip


def _about(first: Sequence[ServiceRow], periods: Sequence[BilledRow], *, has_change: bool) -> About:
    """Say what an invoice is for."""
    if has_change:
        return "change"
    if any(each.state is State.ORDERED for each in first):
        return "order"
    return "renewal" if first or periods else "other"


def _is_lapsed(row: DunnedRow, first: Sequence[ServiceRow], periods: Sequence[BilledRow]) -> bool:
    """Say whether nobody has to pay an invoice: its account is closing, or what it bills never came to be.

    A canary's counts as such: it tries the house, and nobody is to be stopped over it.
    """
    debtor = account(row.account)
    if debtor.canary or debtor.state != OPEN:
        return True
    if first:
        return all(each.state is State.CLOSED and each.activated_at is None for each in first)
    return bool(periods) and all(each.is_void for each in periods)


def _services(wanted: Sequence[ServiceId]) -> tuple[ServiceRow, ...]:
    """Return the services that there are of some."""
    found = []
    for each in wanted:
        try:
            found.append(service(each))
        except NoSuchService:
            continue
    return tuple(found)


def _chargeable(row: DunnedRow, at: datetime) -> datetime | None:
    """Return since when there is a method to charge; None where the policy lets none be kept."""
    since = rows.chargeable_since(row.account)
    if since is None or not_kept_by(policy_for(row.brand, row.subject, at)) is not None:
        return None
    return since
