"""An unpaid invoice with all that its calendar looks at, gathered from the rooms."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.queries import dunned as rows
from hostkeep.billing.queries.dunned import DunnedRow
from hostkeep.billing.queries.dunning import chargeable_since_each
from hostkeep.billing.rules.calendars import DunningCalendar, calendar_of
from hostkeep.billing.rules.dunning import next_look, steps_due
from hostkeep.billing.rules.dunning_steps import About, Done, Facts, Step
from hostkeep.billing.rules.gateways import not_kept_by
from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.flows.late_bills import periods_billed_by_each
from hostkeep.kernel.ids import InvoiceId
from hostkeep.kernel.period import Period
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.queries import AccountRow, accounts_by_id
from hostkeep.people.rules.closing import OPEN
from hostkeep.provisioning.queries import ServiceRow, services_billed_by_each, services_by_id
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.subscriptions.queries.changes import ChangeRow, changes_paid_by
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


    def without_page(self) -> Overdue:
        """Return it as it stands once its payer has left the gateway's page, with nothing paid."""
        return replace(self, facts=replace(self.facts, paying=False))


def look(invoice: InvoiceId, at: datetime) -> Overdue:
    """Look at an invoice.  Raises NoSuchInvoice, NoSuchAccount, BadCalendar."""
    found = look_at_each([invoice], at)
    if invoice not in found:
        raise NoSuchInvoice
    return found[invoice]


def look_at_each(invoices: Collection[InvoiceId], at: datetime) -> Mapping[InvoiceId, Overdue]:
    """Look at invoices; one that is not there is left out.  As many queries for many as for one.

    Raises NoSuchAccount, BadCalendar.
    """
    found = rows.dunned_each(invoices, at=at)
    periods, first = periods_billed_by_each(list(found)), services_billed_by_each(list(found))
    changes = changes_paid_by(list(found))
    accounts = accounts_by_id([row.account for row in found.values()])
    cards = chargeable_since_each(list(accounts))
    services = services_by_id([each.service for some in periods.values() for each in some])

    def looked(row: DunnedRow) -> Overdue:
        account = accounts.get(row.account)
        if account is None:
            raise NoSuchAccount
        begun = first.get(row.id, ())
        renewed = dict.fromkeys(each.service for each in periods[row.id])
        paid_for = begun or tuple(services[each] for each in renewed if each in services)
        change, card = changes.get(row.id), cards.get(row.account)
        return _overdue(row, _Beside(account, periods[row.id], begun, paid_for, change, card), at)

    return {invoice: looked(row) for invoice, row in found.items()}


@dataclass(frozen=True, slots=True)
class _Beside:
    """What other rooms know of an invoice.

    first     services whose building starts when it is paid
    services  those, or else the services whose periods it bills
    card      since when its account has a method that is charged
    """

    account: AccountRow
    periods: tuple[BilledRow, ...]
    first: tuple[ServiceRow, ...]
    services: tuple[ServiceRow, ...]
    change: ChangeRow | None
    card: datetime | None


def _overdue(row: DunnedRow, beside: _Beside, at: datetime) -> Overdue:
    """Put together what was found of an invoice.  Raises BadCalendar."""
    seller, change, periods, services = brand(row.brand), beside.change, beside.periods, beside.services
    has_change = change is not None and change.state == "waiting"
    facts = Facts(
        issued_at=row.issued_at, due_at=row.due_at, zone=seller.zone,
        about=_about(beside.first, periods, has_change=has_change),
        owed=row.owed.minor > 0, held=row.held and row.held_until is None,
        paying=row.held_until is not None, released=row.released,
        chargeable=_chargeable(row, beside.card, at),
        runs=any(each.state is State.ACTIVE for each in services),
        stopped=any(each.state is State.SUSPENDED for each in services),
        lapsed=_is_lapsed(beside),
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


def _is_lapsed(beside: _Beside) -> bool:
    """Say whether nobody has to pay an invoice: its account is closing, or what it bills never came to be.

    A canary's counts as such: it tries the house, and nobody is to be stopped over it.
    """
    if beside.account.canary or beside.account.state != OPEN:
        return True
    if beside.first:
        return all(each.state is State.CLOSED and each.activated_at is None for each in beside.first)
    return bool(beside.periods) and all(each.is_void for each in beside.periods)


def _chargeable(row: DunnedRow, since: datetime | None, at: datetime) -> datetime | None:
    """Return since when there is a method to charge; None where the policy lets none be kept."""
    if since is None or not_kept_by(policy_for(row.brand, row.subject, at)) is not None:
        return None
    return since
