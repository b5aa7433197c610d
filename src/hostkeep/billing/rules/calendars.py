"""A brand's calendar of what follows an unpaid invoice: `[dunning]` of brand.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hostkeep.billing.errors.dunning import BadCalendar

DAY = timedelta(days=1)
FAR = 366
"""Days, at most, between a due date and a step."""
HOURS = 24
MOST = 12
"""Steps of one kind, at most."""


@dataclass(frozen=True, slots=True)
class DunningCalendar:
    """When what happens.  Days are counted from the due date, negative before it.

    reminders      days on which a letter reminds
    charges        days on which a stored method is charged, until a charge holds
    stop           day on which services stand still, or None: never
    stop_warning   how long before that is told at least
    end            day on which they end with what is on them, or None: never
    end_warnings   days before the end at which it is told, the longest first
    cancel_order   days after an order's invoice was made at which an order that nobody paid is cancelled
    card_notice    day of the month on which it is told that a card ends next month, or None
    hour           at which steps are taken, of the brand's zone
    quiet          from which hour to which nothing is done
    """

    reminders: tuple[int, ...] = (-7, -3, -1, 1, 3, 7)
    charges: tuple[int, ...] = (-1, 1, 3, 7)
    stop: int | None = 5
    stop_warning: timedelta = timedelta(hours=48)
    end: int | None = 30
    end_warnings: tuple[int, ...] = (7, 1)
    cancel_order: int | None = 7
    card_notice: int | None = 15
    hour: int = 9
    quiet: tuple[int, int] = (20, 8)

    def is_quiet(self, hour: int) -> bool:
        """Say whether nothing is done in an hour of the day."""
        begin, end = self.quiet
        return begin <= hour < end if begin <= end else hour >= begin or hour < end

    def is_awake(self, at: datetime, zone: str) -> bool:
        """Say whether something may be done at a moment.  zone: IANA name."""
        return not self.is_quiet(at.astimezone(ZoneInfo(zone)).hour)

    def awake(self, at: datetime, zone: str) -> datetime:
        """Return a moment, or the end of the quiet hours that it falls into.  zone: IANA name."""
        local, end = at.astimezone(ZoneInfo(zone)), self.quiet[1]
        if not self.is_quiet(local.hour):
            return at
        day = local.date() + timedelta(days=1 if local.hour >= end else 0)
        return datetime.combine(day, time(end), tzinfo=local.tzinfo).astimezone(at.tzinfo)


KNOWN = frozenset({
    "invoice_before", "reminders", "charges", "suspend", "suspend_warning_hours", "terminate",
    "terminate_warnings", "cancel_order", "card_notice", "hour", "quiet",
})  # fmt: skip
"""Names under [dunning]; invoice_before is read by subscriptions.rules.pricing."""

USUAL = DunningCalendar()


def calendar_of(words: Mapping[str, Any]) -> DunningCalendar:
    """Read a brand's calendar; what it does not say is as usual.  words: of brand.toml.

    Raises BadCalendar.
    """
    said = words.get("dunning", {})
    if not isinstance(said, Mapping) or said.keys() - KNOWN:
        raise BadCalendar(name=", ".join(sorted(set(said) - KNOWN)) or "dunning")
    stop = _day(said, "suspend", USUAL.stop, least=0)
    hours = _number(said.get("suspend_warning_hours", 48), "suspend_warning_hours", 1, FAR * HOURS)
    found = DunningCalendar(
        reminders=_days(said, "reminders", USUAL.reminders),
        charges=_days(said, "charges", USUAL.charges),
        stop=stop,
        stop_warning=timedelta(hours=hours),
        end=_day(said, "terminate", USUAL.end if stop is not None else None, least=1),
        end_warnings=_days(said, "terminate_warnings", USUAL.end_warnings, least=1)[::-1],
        cancel_order=_day(said, "cancel_order", USUAL.cancel_order, least=1),
        card_notice=_day(said, "card_notice", USUAL.card_notice, least=1, most=28),
        hour=_number(said.get("hour", USUAL.hour), "hour", 0, HOURS - 1),
        quiet=_hours(said.get("quiet", list(USUAL.quiet))),
    )
    return _sane(found)


def _sane(found: DunningCalendar) -> DunningCalendar:
    """Refuse what contradicts itself."""
    if found.end is not None and (found.stop is None or found.end <= found.stop or not found.end_warnings):
        raise BadCalendar(name="terminate")
    if found.is_quiet(found.hour):
        raise BadCalendar(name="hour")
    return found


def _days(said: Mapping[str, Any], name: str, usual: tuple[int, ...], least: int = -FAR) -> tuple[int, ...]:
    """Return days, the first coming first.  Raises BadCalendar."""
    found = said.get(name, list(usual))
    if not isinstance(found, list) or len(found) > MOST or len(set(map(str, found))) != len(found):
        raise BadCalendar(name=name)
    return tuple(sorted(_number(each, name, least, FAR) for each in found))


def _day(said: Mapping[str, Any], name: str, usual: int | None, *, least: int, most: int = FAR) -> int | None:
    """Return a day, or None for "never".  Raises BadCalendar."""
    found = said.get(name, "never" if usual is None else usual)
    return None if found == "never" else _number(found, name, least, most)


def _hours(said: object) -> tuple[int, int]:
    """Return the hours between which nothing is done.  Raises BadCalendar."""
    if not isinstance(said, list) or len(said) != len(USUAL.quiet):
        raise BadCalendar(name="quiet")
    begin, end = (_number(each, "quiet", 0, HOURS - 1) for each in said)
    return begin, end


def _number(value: object, name: str, least: int, most: int) -> int:
    """Return a whole number within bounds.  Raises BadCalendar."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadCalendar(name=name)
    return value
