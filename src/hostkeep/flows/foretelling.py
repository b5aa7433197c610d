"""What will happen to an account: the calendar and the renewals, played ahead on a clock of their own.

The same rules as the real runs, fed with what stands now; nothing is written, and nobody is asked.  What
nobody can know is assumed and said: whether invoices are paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.queries.dunning import chargeable_since, coming, open_of, spared_of
from hostkeep.billing.rules.calendars import DAY, DunningCalendar, calendar_of
from hostkeep.billing.rules.dunning import next_look, steps_due
from hostkeep.billing.rules.dunning_steps import SENT, TOLD, Done, Facts, Kind, Spared, Step
from hostkeep.billing.rules.lines import Line, Prices, totals
from hostkeep.brands.queries import brand
from hostkeep.flows.overdue import Overdue, look
from hostkeep.flows.renewing import products_of, time_to_pay
from hostkeep.flows.taxing import Taxing, taxing_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, PurposeId, Ref, ServiceId
from hostkeep.kernel.money import Money
from hostkeep.kernel.period import Period, months_after
from hostkeep.people.queries import account as account_row
from hostkeep.provisioning.queries import services_of
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.subscriptions.errors import DateOutOfReach
from hostkeep.subscriptions.queries.courses import CourseRow, courses_of
from hostkeep.subscriptions.rules.projecting import Billed, Course, go_on

BILLING = PurposeId("billing")
MONTHS = 12
MOST = 2000
"""Events of one look ahead: hours billed for a year would fill books."""

Assumed = Literal["unpaid", "card", "on_time"]
"""Nobody pays; the stored method can be charged; each invoice is paid on the day on which it is due."""

What = Literal[
    "invoice", "reminder", "charge", "suspend_warning", "suspend", "end_warning", "end", "cancel", "drop",
    "paid", "over",
]
"""A step of rules.dunning, a change taken back that nobody paid, an expected invoice or payment, or the end
of what was cancelled."""


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that will happen.

    invoice  which one, or None for one that is only expected; number: its number, or empty
    amount   of the invoice
    service  of the expected invoice, or of what is over
    """

    at: datetime
    what: What
    amount: Money | None
    number: str = ""
    invoice: InvoiceId | None = None
    service: ServiceId | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What will happen by a time.  is_cut: there is more, but too much to list."""

    assumed: Assumed
    until: datetime
    events: tuple[Coming, ...]
    is_cut: bool = False


@dataclass(slots=True)
class _Bill:
    """An invoice in the play.

    period  what it bills, of an expected one
    drops   when it is taken back with the change that it is for, or None
    """

    facts: Facts
    done: list[Done]
    owed: Money
    services: tuple[ServiceId, ...]
    number: str = ""
    id: InvoiceId | None = None
    period: Period | None = None
    next: datetime | None = None
    drops: datetime | None = None


@dataclass(slots=True)
class _Play:
    """An account on its way through time."""

    calendar: DunningCalendar
    assumed: Assumed
    zone: str
    chargeable: datetime | None
    spared: tuple[Spared, ...]
    states: dict[ServiceId, State]
    courses: dict[ServiceId, Course]
    ends: dict[ServiceId, datetime]
    taxing: Taxing
    products: Mapping[ServiceId, str]
    stopped: dict[ServiceId, datetime] = field(default_factory=dict)
    bills: list[_Bill] = field(default_factory=list)
    events: list[Coming] = field(default_factory=list)

    def run(self, at: datetime, until: datetime) -> bool:
        """Play on to a time; say whether it was reached."""
        while (upcoming := self._next(at)) is not None and upcoming < until:
            at = upcoming
            self._stop_what_ends(at)
            self._renew(at)
            for bill in self.bills:
                self._settle(bill, at)
                self._drop(bill, at)
                self._follow(bill, at)
            if len(self.events) >= MOST:
                return False
        return True

    def _next(self, at: datetime) -> datetime | None:
        """Return when something happens next."""
        times: list[datetime] = [each.renew_at for each in self.courses.values() if each.renew_at is not None]
        times += self.ends.values()
        for bill in self.bills:
            times += [each for each in (bill.next, bill.drops, self._paid_at(bill)) if each is not None]
        return max(at, min(times)) if times else None

    def _paid_at(self, bill: _Bill) -> datetime | None:
        """Return when an invoice is expected to be paid by its account, or None: one that lapsed never is."""
        pays = self.assumed == "on_time" and bill.facts.owed and not bill.facts.lapsed
        if not pays:
            return None
        return bill.facts.due_at if bill.drops is None else min(bill.facts.due_at, bill.drops)

    def _stop_what_ends(self, at: datetime) -> None:
        """End what was cancelled, when its time is up."""
        for service in [each for each, end in self.ends.items() if end <= at]:
            self._tell(self.ends.pop(service), "over", None, service=service)
            self._close(service, at)

    def _renew(self, at: datetime) -> None:
        """Bill the periods that are due."""
        for service, course in list(self.courses.items()):
            now = course
            while now.renew_at is not None and now.renew_at <= at:
                billed, now = go_on(now)
                self.courses[service] = now
                if billed.is_billed:
                    self._bill(service, billed, at)

    def _bill(self, service: ServiceId, billed: Billed, at: datetime) -> None:
        """Expect the invoice of a period."""
        facts = Facts(
            at, at + time_to_pay(at, billed.period), self.zone, "renewal", chargeable=self.chargeable,
            runs=self.states[service] is State.ACTIVE, stopped=self.states[service] is State.SUSPENDED,
        )  # fmt: skip
        bill = _Bill(facts, [], self._gross(service, billed), (service,), period=billed.period)
        bill.next = next_look(self.calendar, facts, (), self.spared, at)
        self.bills.append(bill)
        self._tell(at, "invoice", bill, service=service)

    def _gross(self, service: ServiceId, billed: Billed) -> Money:
        """Return what a period comes to with its tax."""
        about = Ref("subscriptions.subscription", UUID(int=0))
        product = self.products.get(service, "")
        taxed = self.taxing.taxed
        lines = [taxed(Line("-", quantity, unit, 0, about), product) for quantity, unit in billed.amounts]
        return totals(lines, prices=cast("Prices", self.taxing.brand.prices)).gross

    def _settle(self, bill: _Bill, at: datetime) -> None:
        """Take an invoice as paid when it is expected to be."""
        paid_at = self._paid_at(bill)
        if paid_at is not None and paid_at <= at:
            self._tell(max(paid_at, at), "paid", bill)
            self._pay(bill)

    def _pay(self, bill: _Bill) -> None:
        """Take an invoice as paid; what stood still over it runs again."""
        bill.facts, bill.next, bill.drops = replace(bill.facts, owed=False), None, None
        if any(each.kind == Kind.STOP for each in bill.done):
            for service in bill.services:
                if self.states[service] is State.SUSPENDED:
                    self.states[service] = State.ACTIVE
                    self.stopped.pop(service, None)

    def _drop(self, bill: _Bill, at: datetime) -> None:
        """Take an invoice back whose change was not paid in time; nobody is reminded of it any more."""
        if bill.drops is not None and bill.drops <= at:
            self._tell(max(bill.drops, at), "drop", bill)
            bill.facts, bill.next, bill.drops = replace(bill.facts, owed=False), None, None

    def _follow(self, bill: _Bill, at: datetime) -> None:
        """Take the steps that are due about an invoice."""
        while bill.next is not None and bill.next <= at:
            bill.facts = self._facts_now(bill)
            steps = steps_due(self.calendar, bill.facts, bill.done, self.spared, at)
            for step in steps:
                self._take(bill, step.kind, step.day, step.outcome, at)
            if not steps:
                bill.facts = self._facts_now(bill)
                bill.next = next_look(self.calendar, bill.facts, bill.done, self.spared, at)
                if bill.next is not None and bill.next <= at:
                    return

    def _facts_now(self, bill: _Bill) -> Facts:
        """Return what the calendar looks at, as the play stands."""
        states = [self.states[service] for service in bill.services if service in self.states]
        return replace(bill.facts, runs=State.ACTIVE in states, stopped=State.SUSPENDED in states)

    def _take(self, bill: _Bill, kind: Kind, day: int, outcome: str, at: datetime) -> None:
        """Take a step: note it, tell it, and let follow what follows."""
        works = self.assumed == "card" and kind is Kind.CHARGE and not outcome
        said = outcome or ("settled" if works else "declined" if kind is Kind.CHARGE else SENT)
        bill.done.append(Done(kind, day, at, said))
        if outcome:
            return
        if kind in TOLD:
            bill.done.append(Done(TOLD[kind], day, at))
        self._tell(at, cast("What", kind.value), bill)
        if works:
            self._pay(bill)
        elif kind is Kind.STOP:
            self._stop(bill, at)
        elif kind in {Kind.END, Kind.CANCEL}:
            for service in bill.services:
                self._close(service, at)

    def _stop(self, bill: _Bill, at: datetime) -> None:
        """Let the services of an invoice stand still."""
        for service in bill.services:
            if self.states.get(service) is State.ACTIVE:
                self.states[service] = State.SUSPENDED
                self.stopped[service] = at

    def _close(self, service: ServiceId, at: datetime) -> None:
        """End a service: nothing more of it is billed, and what it could not be used for is owed no more."""
        since = self.stopped.get(service, at)
        self.states[service] = State.CLOSED
        self.courses.pop(service, None)
        self.ends.pop(service, None)
        for bill in self.bills:
            if bill.services == (service,) and bill.period is not None and bill.period.start >= since:
                bill.facts, bill.next = replace(bill.facts, lapsed=True), None

    def _tell(
        self, at: datetime, what: What, bill: _Bill | None, *, service: ServiceId | None = None
    ) -> None:
        """Put something on the list."""
        if bill is None:
            self.events.append(Coming(at, what, None, service=service))
        else:
            self.events.append(Coming(at, what, bill.owed, bill.number, bill.id, service))


def preview(act: Act, account: AccountId, *, assumed: Assumed | None = None, months: int = MONTHS) -> Outlook:
    """Say what will happen to an account of act.brand in the next months, and do nothing.

    assumed  None: the stored method pays, where there is one; else nobody does
    months   1 to 24

    Prices are as agreed now.  Where the brand's tax depends on where the buyer is, the buyer's block is read
    through the door, as for an invoice.  Raises NoSuchAccount, BadCalendar.
    """
    until = months_after(act.at, months)
    cases = [look(invoice, act.at) for invoice in open_of(account)]
    play = _set_up(act, account, cases, courses_of(account), assumed)
    try:
        whole = play.run(act.at, until)
    except DateOutOfReach:
        whole = False
    return Outlook(play.assumed, until, tuple(play.events), is_cut=not whole)


def preview_invoice(act: Act, invoice: InvoiceId, *, of: AccountId) -> tuple[Coming, ...]:
    """Say what follows on one unpaid invoice of an account if it stays open.

    Raises NoSuchInvoice, for another account's too.
    """
    case = look(invoice, act.at)
    if case.row.account != of:
        raise NoSuchInvoice
    play = _set_up(act, of, [case], (), "unpaid")
    play.run(act.at, months_after(act.at, MONTHS))
    return tuple(play.events)


@dataclass(frozen=True, slots=True)
class Today:
    """An invoice about which something is to be done soon.  at: when, at the earliest."""

    id: InvoiceId
    brand: BrandId
    account: AccountId
    number: str
    owed: Money
    at: datetime
    steps: tuple[Step, ...]


def today(act: Act, *, first: int = 200) -> tuple[Today, ...]:
    """Say what is to be done within a day, of all brands, if nobody pays before."""
    found = []
    for invoice in coming(act.at + DAY, first=first):
        case = look(invoice, act.at)
        at = act.at if case.steps(act.at) else case.next(act.at)
        steps = case.steps(at) if at is not None and at < act.at + DAY else ()
        if at is not None and any(not step.outcome for step in steps):
            row = case.row
            found.append(Today(row.id, row.brand, row.account, row.number, row.owed, at, steps))
    return tuple(sorted(found, key=lambda each: each.at))


def _set_up(
    act: Act, account: AccountId, cases: Sequence[Overdue], rows: Sequence[CourseRow], assumed: Assumed | None
) -> _Play:
    """Make a play of what stands now."""
    seller, since = brand(act.brand), chargeable_since(account)
    products = products_of(act.in_role("system").for_purpose(BILLING), [row.service for row in rows])
    play = _Play(
        calendar=calendar_of(seller.words),
        assumed=assumed or ("card" if since else "unpaid"),
        zone=seller.zone,
        chargeable=since,
        spared=spared_of(account),
        states={row.id: row.state for row in services_of(account)},
        courses={row.service: row.course for row in rows if row.course.renew_at is not None},
        ends={row.service: row.ends_at for row in rows if row.ends_at is not None},
        taxing=taxing_of(act, account_row(account) if rows else None),
        products={row.service: products[row.id] for row in rows if row.id in products},
    )
    for row in rows:
        play.states.setdefault(row.service, State.ACTIVE)
    for case in cases:
        services = tuple(each.id for each in case.services)
        of = case.row
        bill = _Bill(case.facts, list(of.done), of.owed, services, of.number, of.id, case.period)
        bill.drops = case.drops_at if case.facts.owed else None
        stop = max((each.at for each in of.done if each.kind == Kind.STOP), default=None)
        if stop is not None and case.facts.stopped:
            play.stopped |= dict.fromkeys(services, stop)
        bill.next = case.next(act.at)
        if case.steps(act.at):
            bill.next = act.at
        if case.facts.held:  # what a bank will say, and when, cannot be played
            bill.next = None
        play.bills.append(bill)
    return play
