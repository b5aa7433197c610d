"""What is done about an invoice that is not paid, and when: a calendar as data, and what is due by it.

Days are calendar days of the brand's zone, counted from the day on which the invoice is due; a step is taken
at the brand's hour and never in its quiet hours.  Each step is taken once.  What was missed is not sent in a
burst: of reminders the latest alone.  A warning comes before what it warns of by the promised time,
counted from when it was handed over, also where that makes the rest come later than the calendar says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hostkeep.billing.rules.calendars import DAY, DunningCalendar
from hostkeep.billing.rules.dunning_steps import (
    FOLDED,
    LAST,
    MISSED,
    NEVER_END,
    NEVER_STOP,
    PROMISE,
    TOLD,
    WROTE,
    Done,
    Facts,
    Kind,
    Planned,
    Spared,
    Step,
    day_of,
    moment_of,
)

HOUR = timedelta(hours=1)
FIRST_AFTER = DAY
"""A reminder keeps so far from the invoice's own letter."""

WAITS_FOR_PAGE = timedelta(hours=3)
"""How long what is due waits for who may be at a gateway's page; counted from the step, for anyone who has a
link to pay by opens that page as often as they like."""


def steps_due(
    calendar: DunningCalendar, facts: Facts, done: Sequence[Done], spared: Sequence[Spared], at: datetime
) -> tuple[Step, ...]:
    """Return the steps to take now, in their order: none in quiet hours, after payment, or under a promise.

    A charge comes alone: what else is due is to be asked again when its outcome is known.  None is taken
    while the payer may be at a gateway's page, until one has waited for WAITS_FOR_PAGE.
    """
    if _is_over(facts, done) or facts.held or not calendar.is_awake(at, facts.zone):
        return ()
    if any(each.kind == PROMISE and each.holds(at) for each in spared):
        return ()
    case = _Case(calendar, facts, done, spared, at)
    if facts.paying and at < case.patience:
        return ()
    charges = [each.step for each in case.charges() if each.at <= at]
    if charges:
        return _latest(charges)
    hard = [each.step for each in case.hard() if each.at <= at]
    soft = _latest([each.step for each in case.reminders() if each.at <= at])
    if hard or case.wrote_today:
        soft = tuple(Step(each.kind, each.day, each.outcome or FOLDED) for each in soft)
    return (*soft, *hard)


def next_look(
    calendar: DunningCalendar, facts: Facts, done: Sequence[Done], spared: Sequence[Spared], at: datetime
) -> datetime | None:
    """Return when to look at an invoice again, after at; None where the calendar is over.

    What waits for a letter to be handed over is looked at again when news of it comes, and once a day
    besides; what waits for a gateway or for who is at its page, every hour.
    """
    if _is_over(facts, done):
        return None
    tomorrow = calendar.awake(at + DAY, facts.zone)
    promises = [each for each in spared if each.kind == PROMISE and each.holds(at)]
    if promises:
        ends = [each.end for each in promises]
        later = None if None in ends else max(end for end in ends if end is not None)
        return calendar.awake(later, facts.zone) if later else None
    if facts.held:
        return calendar.awake(at + HOUR, facts.zone)
    case = _Case(calendar, facts, done, spared, at)
    if facts.paying:
        return calendar.awake(max(at, min(at + HOUR, case.patience)), facts.zone)
    planned = [max(each.at, at) for each in (*case.charges(), *case.hard(), *case.reminders())]
    planned += [each.end for each in spared if each.holds(at) and each.end is not None]
    if planned:
        found = calendar.awake(min(planned), facts.zone)
        return min(found, tomorrow) if case.waits else found
    return tomorrow if case.waits else None


@dataclass(slots=True)
class _Case:
    """One invoice at one time.  waits: whether the rest of the calendar waits for news or for a change."""

    calendar: DunningCalendar
    facts: Facts
    done: Sequence[Done]
    spared: Sequence[Spared]
    at: datetime
    waits: bool = False
    taken: frozenset[tuple[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.taken = frozenset((each.kind, each.day) for each in self.done)

    @property
    def wrote_today(self) -> bool:
        """Whether a letter about a charge that went wrong was written on this day."""
        return any(
            each.kind == Kind.CHARGE and each.outcome in WROTE and self._day_of(each.at) == self.today
            for each in self.done
        )

    @property
    def today(self) -> int:
        """The day, counted from the due date."""
        return self._day_of(self.at)

    @property
    def patience(self) -> datetime:
        """Until when what is due first waits for who is at a gateway's page; the end of time if nothing is.

        What was due before a promise or a dispute was over is due since then, and none in quiet hours.
        """
        planned = (*self.charges(), *self.hard(), *self.reminders())
        since = [self._awake(max(each.at, self._fresh)) for each in planned]
        return min(since) + WAITS_FOR_PAGE if since else datetime.max.replace(tzinfo=UTC)

    def charges(self) -> Iterator[Planned]:
        """Yield charges of a stored method, of days on which there was one.

        Of days that were over when the invoice was made, the last is made up for at once: who rents by the
        hour or the day would else run on unpaid for a day each time.
        """
        since, issued_at = self.facts.chargeable, self.facts.issued_at
        if self.facts.about != "renewal" or since is None:
            return
        over = [day for day in self.calendar.charges if self._moment(day) < issued_at]
        for day in self.calendar.charges:
            moment = issued_at if over and day == max(over) else self._moment(day)
            if (Kind.CHARGE, day) not in self.taken and moment >= max(since, issued_at):
                yield Planned(moment, Step(Kind.CHARGE, day))

    def reminders(self) -> Iterator[Planned]:
        """Yield reminders that were not written."""
        last = self._cancel_at()
        for day in self.calendar.reminders:
            moment = self._moment(day)
            if (Kind.REMINDER, day) in self.taken or moment - self.facts.issued_at < FIRST_AFTER:
                continue
            if last is None or moment < last:
                yield Planned(moment, Step(Kind.REMINDER, day))

    def hard(self) -> Iterator[Planned]:
        """Yield the next step towards a stop, an end or a cancellation, if there is one.

        A step is one of a day: what was taken today, and then became void, comes again tomorrow.
        """
        for planned in self._hard():
            if (planned.step.kind, planned.step.day) in self.taken:
                tomorrow = self.today + 1
                yield Planned(self._moment(tomorrow), replace(planned.step, day=tomorrow))
            else:
                yield planned

    def _hard(self) -> Iterator[Planned]:
        cancel_at = self._cancel_at()
        if cancel_at is not None:
            yield Planned(cancel_at, Step(Kind.CANCEL, self.today))
        elif self.facts.about == "renewal" and not self.facts.gone and not self._spares(NEVER_STOP):
            stop = self._stop()
            if stop is None:
                yield from self._to_stop()
            elif not self._spares(NEVER_END):
                yield from self._to_end(stop)

    def _stop(self) -> Done | None:
        """Return the stop that counts.

        One from before a promise or a dispute was over counts from then, where its services stand still yet.
        """
        stop = self._newest(Kind.STOP)
        if stop is None and self.facts.stopped and not self.facts.runs:
            before = [each for each in self.done if each.kind == Kind.STOP]
            old = max(before, key=lambda each: each.at, default=None)
            stop = replace(old, at=self._fresh) if old else None
        return stop

    def _to_stop(self) -> Iterator[Planned]:
        """Yield the warning of a stop, or the stop once its time has come."""
        if self.calendar.stop is None or not self.facts.runs:
            self.waits = self.calendar.stop is not None
            return
        planned, ahead = self._moment(self.calendar.stop), self.calendar.stop_warning
        warned = self._newest(Kind.STOP_WARNING)
        if warned is None:
            begin = self._moment(self.calendar.stop - -(-ahead // DAY))
            on = max(planned, max(begin, self.at) + ahead)
            yield Planned(begin, Step(Kind.STOP_WARNING, self.today, on=self._awake(on)))
            return
        told = self._told(warned)
        self.waits = told is None
        if told is not None:
            yield Planned(max(planned, told + ahead), Step(Kind.STOP, self.today))

    def _to_end(self, stop: Done) -> Iterator[Planned]:
        """Yield the next warning of an end, or the end once all of them were told in time."""
        self.waits = True
        if self.calendar.end is None or self.calendar.stop is None or not self.facts.stopped:
            return
        apart = self.calendar.end - self.calendar.stop
        end = max(self._moment(self.calendar.end), self._moment(self._day_of(stop.at) + apart))
        since = max([self._fresh, *self._ends_of({NEVER_END})])
        warned = [each for each in self.done if each.kind == Kind.END_WARNING and each.at >= since]
        warned.sort(key=lambda each: each.at)
        for before, each in zip(self.calendar.end_warnings, warned, strict=False):
            told = self._told(each)
            if told is None:
                return
            end = max(end, told + before * DAY)
        self.waits = False
        if len(warned) >= len(self.calendar.end_warnings):
            yield Planned(end, Step(Kind.END, self.today))
            return
        before = self.calendar.end_warnings[len(warned)]
        begin = self._moment(self._day_of(end) - before)
        if warned and self._day_of(warned[-1].at) == self._day_of(max(begin, self.at)):
            begin = self._moment(self._day_of(warned[-1].at) + 1)  # one letter a day
        on = max(end, max(begin, self.at) + before * DAY)
        yield Planned(begin, Step(Kind.END_WARNING, self.today, on=self._awake(on)))

    def _cancel_at(self) -> datetime | None:
        """Return when what was never paid is taken back, or None where that is not so."""
        days = self.calendar.cancel_order
        if self.facts.about != "order" or days is None:
            return None
        issued = self._day_of(self.facts.issued_at)
        day = max(issued + days, 0)
        return self._moment(day) if self._moment(day) >= self.facts.due_at else self._moment(day + 1)

    @property
    def _fresh(self) -> datetime:
        """Since when warnings and stops count: the newest end of what kept the calendar from going on."""
        ends = self._ends_of({PROMISE, NEVER_STOP})
        ends += [self.facts.released] if self.facts.released else []
        return max(ends, default=self.facts.issued_at)

    def _ends_of(self, kinds: Collection[str]) -> list[datetime]:
        """Return when exceptions of some kinds were over."""
        return [
            each.end for each in self.spared
            if each.kind in kinds and each.end is not None and each.end <= self.at
        ]  # fmt: skip

    def _newest(self, kind: Kind) -> Done | None:
        """Return the newest step of a kind that counts."""
        found = [each for each in self.done if each.kind == kind and each.at >= self._fresh]
        return max(found, key=lambda each: each.at, default=None)

    def _told(self, warned: Done) -> datetime | None:
        """Return when a warning was told, or None."""
        told = TOLD[Kind(warned.kind)]
        return next((each.at for each in self.done if (each.kind, each.day) == (told, warned.day)), None)

    def _spares(self, kind: str) -> bool:
        """Say whether an exception holds."""
        return any(each.kind == kind and each.holds(self.at) for each in self.spared)

    def _day_of(self, at: datetime) -> int:
        """Return the day on which a moment falls, counted from the due date."""
        return day_of(at, self.facts)

    def _moment(self, day: int) -> datetime:
        """Return the brand's hour on a day."""
        return moment_of(self.calendar, self.facts, day)

    def _awake(self, at: datetime) -> datetime:
        """Return a moment, or the end of the quiet hours that it falls into."""
        return self.calendar.awake(at, self.facts.zone)


def _is_over(facts: Facts, done: Iterable[Done]) -> bool:
    """Say whether nothing more happens: paid, over by itself, or the last step was taken."""
    return not facts.owed or facts.lapsed or any(each.kind in LAST for each in done)


def _latest(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return steps of which the latest alone is taken; the others were missed."""
    if not steps:
        return ()
    ordered = sorted(steps, key=lambda each: each.day)
    return (*(Step(each.kind, each.day, MISSED) for each in ordered[:-1]), ordered[-1])
