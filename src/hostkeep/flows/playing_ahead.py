"""An account on its way through time: what falls due, in the order in which the real runs would do it.

Rules alone, on a clock of its own; `flows.foretelling` says what stands at the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from hostkeep.billing.rules.calendars import DunningCalendar
from hostkeep.billing.rules.dunning import next_look, steps_due
from hostkeep.billing.rules.dunning_steps import SENT, TOLD, Done, Facts, Kind, Spared
from hostkeep.billing.rules.lines import Line, Prices, totals
from hostkeep.flows.renewing import time_to_pay
from hostkeep.flows.taxing import Taxing
from hostkeep.flows.use_ahead import UseAhead
from hostkeep.kernel.ids import InvoiceId, Ref, ServiceId
from hostkeep.kernel.money import Money
from hostkeep.kernel.period import Period
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.subscriptions.rules.projecting import Course, go_on, take_hold

MOST = 2000
"""Events of one look ahead: hours billed for a year would fill books."""

Assumed = Literal["unpaid", "card", "on_time"]
"""Nobody pays; the stored method can be charged; each invoice is paid on the day on which it is due."""

What = Literal[
    "invoice", "use", "reminder", "charge", "suspend_warning", "suspend", "end_warning", "end", "cancel",
    "drop", "paid", "over",
]
"""A step of rules.dunning, a change taken back that nobody paid, an expected invoice (of a period or of use)
or payment, or the end of what was cancelled."""


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that will happen.

    invoice  which one, or None for one that is only expected; number: its number, or empty
    amount   of the invoice; of use: what was used so far
    service  of the expected invoice, or of what is over
    likely   of use: what it comes to by the end of its period if it goes on like this, else None; nobody
             knows that, and nothing else is reckoned from it
    """

    at: datetime
    what: What
    amount: Money | None
    number: str = ""
    invoice: InvoiceId | None = None
    service: ServiceId | None = None
    likely: Money | None = None


@dataclass(slots=True)
class Bill:
    """An invoice in the play.

    period  what it bills, of an expected one
    drops   when it is taken back with the change that it is for, or None
    makes   the service that gets what waits, once it is paid, or None
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
    makes: ServiceId | None = None


@dataclass(slots=True)
class Play:
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
    products: dict[ServiceId, str]
    uses: list[UseAhead] = field(default_factory=list)
    stopped: dict[ServiceId, datetime] = field(default_factory=dict)
    bills: list[Bill] = field(default_factory=list)
    events: list[Coming] = field(default_factory=list)

    def run(self, at: datetime, until: datetime) -> bool:
        """Play on to a time; say whether it was reached."""
        while (upcoming := self._next(at)) is not None and upcoming < until:
            at = upcoming
            self._stop_what_ends(at)
            self._renew(at)
            self._bill_use(at)
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
        times += [each.billed_at for each in self.uses]
        for bill in self.bills:
            times += [each for each in (bill.next, bill.drops, self._paid_at(bill)) if each is not None]
        return max(at, min(times)) if times else None

    def _paid_at(self, bill: Bill) -> datetime | None:
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
                if now.turns:
                    now = self._take_hold(service, now, at)
                billed, now = go_on(now)
                self.courses[service] = now
                if billed.is_billed:
                    self._bill(service, billed.period, billed.amounts, at)

    def _take_hold(self, service: ServiceId, course: Course, at: datetime) -> Course:
        """Let what waits hold, and expect the invoice of what was billed without it."""
        if course.waits is not None and course.waits.product is not None:
            self.products[service] = course.waits.product
        self.courses[service], late = take_hold(course)
        if late:
            period, *others = [each for each, _ in late]
            bill = self._bill(service, period, [(1, due) for _, due in late], at)
            bill.period = None if others else period
        return self.courses[service]

    def _bill(
        self, service: ServiceId, period: Period, amounts: Sequence[tuple[int, Money]], at: datetime
    ) -> Bill:
        """Expect the invoice of a period."""
        facts = Facts(
            at, at + time_to_pay(at, period), self.zone, "renewal", chargeable=self.chargeable,
            runs=self.states[service] is State.ACTIVE, stopped=self.states[service] is State.SUSPENDED,
        )  # fmt: skip
        bill = Bill(facts, [], self._gross(service, amounts), (service,), period=period)
        bill.next = next_look(self.calendar, facts, (), self.spared, at)
        self.bills.append(bill)
        self._tell(at, "invoice", bill, service=service)
        return bill

    def _bill_use(self, at: datetime) -> None:
        """Expect the invoice of what was used in periods that are over; what comes to nothing gets none."""
        for use in [each for each in self.uses if each.billed_at <= at]:
            self.uses.remove(use)
            so_far, likely = self._gross(use.service, use.now()), self._gross(use.service, use.likely())
            if not so_far.minor and not likely.minor:
                continue
            facts = Facts(at, at + use.due_in, self.zone, "other", chargeable=self.chargeable)
            bill = Bill(facts, [], so_far, ())
            self.events.append(Coming(at, "use", so_far, service=use.service, likely=likely))
            if so_far.minor:
                bill.next = next_look(self.calendar, facts, (), self.spared, at)
                self.bills.append(bill)

    def _gross(self, service: ServiceId, amounts: Sequence[tuple[int, Money]]) -> Money:
        """Return what quantities at prices come to with their tax."""
        about = Ref("subscriptions.subscription", UUID(int=0))
        product = self.products.get(service, "")
        taxed = self.taxing.taxed
        lines = [taxed(Line("-", quantity, unit, 0, about), product) for quantity, unit in amounts]
        return totals(lines, prices=cast("Prices", self.taxing.brand.prices)).gross

    def _settle(self, bill: Bill, at: datetime) -> None:
        """Take an invoice as paid when it is expected to be."""
        paid_at = self._paid_at(bill)
        if paid_at is not None and paid_at <= at:
            self._tell(max(paid_at, at), "paid", bill)
            self._pay(bill, at)

    def _pay(self, bill: Bill, at: datetime) -> None:
        """Take an invoice as paid; what stood still over it runs again, and what waited for it holds."""
        bill.facts, bill.next, bill.drops = replace(bill.facts, owed=False), None, None
        if any(each.kind == Kind.STOP for each in bill.done):
            for service in bill.services:
                if self.states[service] is State.SUSPENDED:
                    self.states[service] = State.ACTIVE
                    self.stopped.pop(service, None)
        if bill.makes in self.courses:
            self._take_hold(bill.makes, self.courses[bill.makes], at)

    def _drop(self, bill: Bill, at: datetime) -> None:
        """Take an invoice back whose change was not paid in time; nobody is reminded of it any more."""
        if bill.drops is not None and bill.drops <= at:
            self._take_back(bill, at)

    def _take_back(self, bill: Bill, at: datetime) -> None:
        """Take an invoice back with its change: what is had goes on."""
        self._tell(at, "drop", bill)
        bill.facts, bill.next, bill.drops = replace(bill.facts, owed=False), None, None
        if bill.makes in self.courses:
            self.courses[bill.makes] = replace(self.courses[bill.makes], waits=None)

    def _follow(self, bill: Bill, at: datetime) -> None:
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

    def _facts_now(self, bill: Bill) -> Facts:
        """Return what the calendar looks at, as the play stands."""
        states = [self.states[service] for service in bill.services if service in self.states]
        return replace(bill.facts, runs=State.ACTIVE in states, stopped=State.SUSPENDED in states)

    def _take(self, bill: Bill, kind: Kind, day: int, outcome: str, at: datetime) -> None:
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
            self._pay(bill, at)
        elif kind is Kind.STOP:
            self._stop(bill, at)
        elif kind in {Kind.END, Kind.CANCEL}:
            for service in bill.services:
                self._close(service, at)

    def _stop(self, bill: Bill, at: datetime) -> None:
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
        self.uses = [each.until(at) if each.service == service else each for each in self.uses]
        for bill in self.bills:
            if bill.services == (service,) and bill.period is not None and bill.period.start >= since:
                bill.facts, bill.next = replace(bill.facts, lapsed=True), None
            if bill.makes == service and bill.drops is not None:
                self._take_back(bill, at)

    def _tell(
        self, at: datetime, what: What, bill: Bill | None, *, service: ServiceId | None = None
    ) -> None:
        """Put something on the list."""
        if bill is None:
            self.events.append(Coming(at, what, None, service=service))
        else:
            self.events.append(Coming(at, what, bill.owed, bill.number, bill.id, service))
