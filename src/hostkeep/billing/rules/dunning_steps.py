"""The words of a calendar of reminders: its steps, what was done, exceptions, and what it looks at.

Days are calendar days of the brand's zone, counted from the day on which the invoice is due.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from hostkeep.billing.rules.calendars import DunningCalendar

About = Literal["renewal", "order", "change", "other"]
"""What an invoice is for: another period, something new, a change of what runs, or nothing that runs."""


class Kind(StrEnum):
    """A step.

    A warning of a stop or an end is one step, and that it was told is another: written down when a mail host
    took the letter, or when a member of staff told its owner otherwise.
    """

    REMINDER = "reminder"
    CHARGE = "charge"
    STOP_WARNING = "suspend_warning"
    STOP_TOLD = "suspend_warning_told"
    STOP = "suspend"
    END_WARNING = "end_warning"
    END_TOLD = "end_warning_told"
    END = "end"
    CANCEL = "cancel"


TOLD = {Kind.STOP_WARNING: Kind.STOP_TOLD, Kind.END_WARNING: Kind.END_TOLD}
LAST = frozenset({Kind.END, Kind.CANCEL})
"""After these nothing more happens."""

SENT, FOLDED, MISSED, ASKED, UNTOLD, OVER = "sent", "folded", "missed", "asked", "untold", "over"
"""Outcomes of a step: a letter went; another letter of that day says it; it was too late; somebody was asked
and has not answered, or a stop holds; a letter that nobody took; a stop that holds no more."""

WROTE = frozenset({"declined", "visit"})
"""Outcomes of a charge of which a letter tells: refused, or the bank wants to see the payer first."""

PROMISE, NEVER_STOP, NEVER_END = "promise", "never_stop", "never_end"
EXCEPTIONS = (PROMISE, NEVER_STOP, NEVER_END)


@dataclass(frozen=True, slots=True)
class Step:
    """A step to take.

    day      days from the due date; of a warning, a stop or an end the day on which it is taken
    outcome  MISSED or FOLDED: it is only written down
    on       of a warning: when what it warns of comes at the earliest
    """

    kind: Kind
    day: int
    outcome: str = ""
    on: datetime | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was taken.  outcome: of the words above, or how a charge stands."""

    kind: str
    day: int
    at: datetime
    outcome: str = ""

    @property
    def is_asked_charge(self) -> bool:
        """Whether it is a charge of which nobody wrote down what came."""
        return self.kind == Kind.CHARGE and self.outcome == ASKED


@dataclass(frozen=True, slots=True)
class Spared:
    """An exception of an account.  until: its end, None for good.  lifted_at: when it was taken back."""

    kind: str
    since: datetime
    until: datetime | None = None
    lifted_at: datetime | None = None

    @property
    def end(self) -> datetime | None:
        """When it stopped or stops to hold, or None."""
        ends = [each for each in (self.until, self.lifted_at) if each is not None]
        return min(ends, default=None)

    def holds(self, at: datetime) -> bool:
        """Say whether it holds at a time."""
        return self.since <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the calendar looks at of an invoice.

    zone        IANA name
    owed        whether something is still to pay
    held        whether nothing may happen now: the payer's bank disputes a payment, or what was charged is
                not known yet
    paying      whether its payer may be at a gateway's page this moment: what is due waits, but not long
    released    when such a dispute was over last, or None
    chargeable  since when there is a stored method to charge, or None
    runs        whether a service that it pays for runs
    stopped     whether one stands still
    lapsed      whether it bills only time after its service was over: nobody has to pay it
    gone        whether no service that it pays for is left: nothing can be stopped or ended over it
    """

    issued_at: datetime
    due_at: datetime
    zone: str
    about: About
    owed: bool = True
    held: bool = False
    paying: bool = False
    released: datetime | None = None
    chargeable: datetime | None = None
    runs: bool = False
    stopped: bool = False
    lapsed: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A step and the earliest time at which it may be taken."""

    at: datetime
    step: Step


def day_of(at: datetime, facts: Facts) -> int:
    """Return the calendar day on which a moment falls, counted from the day on which an invoice is due."""
    zone = ZoneInfo(facts.zone)
    return (at.astimezone(zone).date() - facts.due_at.astimezone(zone).date()).days


def moment_of(calendar: DunningCalendar, facts: Facts, day: int) -> datetime:
    """Return the brand's hour on a day from the due date."""
    zone = ZoneInfo(facts.zone)
    date = facts.due_at.astimezone(zone).date() + timedelta(days=day)
    return datetime.combine(date, time(calendar.hour), tzinfo=zone).astimezone(facts.due_at.tzinfo)
