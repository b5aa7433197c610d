"""Telling staff: a mail when lights turn red or a room raises an alarm, and one when it is over.

Plain words, handles alone, each alarm once to each reader.  What opened together goes in one letter: a
sweeper that stands still breaks a clause of every brand, and nobody reads thirty mails.  An alarm alone has a
letter of its own.  An alarm and its letter are written together: who dies before leaves it to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from hostkeep.brands.queries import all_brands, brand, policy_in_force
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR
from hostkeep.kernel.words import gettext_noop
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.queries import MailRow
from hostkeep.messaging.rules.operations import OPERATIONS
from hostkeep.messaging.rules.shown import day_text
from hostkeep.people.queries import staff_in
from hostkeep.promises.actions.alarming import put_in_letter
from hostkeep.promises.alarms import AlarmRow, alarm, in_letter, is_round_under_way, untold
from hostkeep.promises.events import AlarmClosed, AlarmOpened
from hostkeep.promises.models import Alarm
from hostkeep.promises.rounds import ERRAND
from hostkeep.promises.rules.letters import LONGEST_WAIT, MOST_LISTED, About
from hostkeep.runtime.addresses import operator_url
from hostkeep.runtime.jobs import is_sent

READERS = ("owner", "privacy")
"""Roles that are told."""

ALONE: Mapping[About, str] = MappingProxyType(
    {"opened": "operations/alarm_opened", "closed": "operations/alarm_closed"}
)
TOGETHER: Mapping[About, str] = MappingProxyType(
    {"opened": "operations/alarms_opened", "closed": "operations/alarms_closed"}
)

RED = gettext_noop("The light of {clause} turned red")
RAISED = gettext_noop("An alarm was raised: {kind}")


def on_alarm_opened(act: Act, event: AlarmOpened) -> None:
    """Tell staff that something needs them, with whatever else does."""
    del event
    tell_all(act)


def on_alarm_closed(act: Act, event: AlarmClosed) -> None:
    """Tell staff that it is over, with whatever else is."""
    del event
    tell_all(act)


def tell_all(act: Act) -> int:
    """Tell of what no letter tells of yet, what opened first; return how many letters.

    A watch too, called each minute: for what waited for a round, and what a worker that died left.
    """
    return _tell(act, "opened") + _tell(act, "closed")


def said_of_alarm(row: MailRow) -> Mapping[str, object]:
    """Return what a mail about an alarm shows.  Raises NoSuchAlarm, NoSuchBrand."""
    with translation.override(row.language):
        return _said(alarm(UUID(row.facts["alarm"])), row.language)


def said_of_opened(row: MailRow) -> Mapping[str, object]:
    """Return what a mail about alarms that opened together shows.  Raises NoSuchBrand."""
    return _said_together(row, "opened")


def said_of_closed(row: MailRow) -> Mapping[str, object]:
    """Return what a mail about alarms that closed together shows.  Raises NoSuchBrand."""
    return _said_together(row, "closed")


WRITTEN: Mapping[str, Callable[[MailRow], Mapping[str, object]]] = MappingProxyType(
    {
        ALONE["opened"]: said_of_alarm,
        ALONE["closed"]: said_of_alarm,
        TOGETHER["opened"]: said_of_opened,
        TOGETHER["closed"]: said_of_closed,
    }
)
"""Handed to flows.operator_mail at start."""


def headline(found: AlarmRow) -> str:
    """Say in the active language what an alarm is about."""
    if found.kind == Alarm.BROKEN:
        return gettext(RED).format(clause=found.clause)
    return gettext(RAISED).format(kind=found.kind.replace("_", " "))


def _promise(found: AlarmRow, language: str) -> str:
    """Return the text of the clause an alarm is about, or an empty text."""
    if found.brand == OPERATOR:
        return ""
    clauses = policy_in_force(found.brand, found.opened_at).clauses
    text = next((clause.text for clause in clauses if clause.id == found.clause), None)
    return (text.get(language) or text["en"]) if text else ""


def _moment(at: datetime, zone: str, language: str) -> str:
    """Write day and minute in the brand's zone."""
    return f"{day_text(at, zone, language)}, {at.astimezone(ZoneInfo(zone)):%H:%M} ({zone})"


def _said_together(row: MailRow, about: About) -> Mapping[str, object]:
    """Say what a letter about several alarms shows: brand, what it is and where to look."""
    found = in_letter(UUID(row.facts["letter"]), about)
    with translation.override(row.language):
        shown = [_said(each, row.language) for each in found[:MOST_LISTED]]
        brands = {str(each["brand_name"]) for each in shown}
        return {
            "brand_name": brands.pop() if len(brands) == 1 else gettext("Several brands"),
            "headline": gettext("{count} alarms").format(count=len(found)),
            "alarms": shown,
            "more": len(found) - len(shown),
            "link": operator_url("/staff/promises/"),
        }


def _said(found: AlarmRow, language: str) -> dict[str, object]:
    """Say what one alarm is about, in the active language."""
    shop = brand(found.brand) if found.brand != OPERATOR else None
    zone = shop.zone if shop else "UTC"
    place = f"{found.brand}-{found.clause}" if found.clause else "alarms"
    return {
        "brand_name": shop.name if shop else gettext("All brands"),
        "headline": headline(found),
        "clause": found.clause,
        "promise": _promise(found, language),
        "seen": found.value,
        "opened": _moment(found.opened_at, zone, language),
        "closed": _moment(found.closed_at, zone, language) if found.closed_at else "",
        "link": operator_url(f"/staff/promises/#{place}"),
    }


def _tell(act: Act, about: About) -> int:
    """Put what no letter tells of yet into letters and queue these; return how many letters.

    Lights wait, for a while, until no round is under way or about to be; what a room raised does not.
    """
    waiting = untold(about)
    lights = [row for row in waiting if row.kind == Alarm.BROKEN]
    raised = [row for row in waiting if row.kind != Alarm.BROKEN]
    ready = [raised, [] if _is_held(act, lights, about) else lights]
    return sum(_queue(act.of_brand(OPERATOR), rows, about) for rows in ready if rows)


def _is_held(act: Act, lights: Sequence[AlarmRow], about: About) -> bool:
    """Say whether lights wait for others that turn in the same round."""
    times = (row.opened_at if about == "opened" else row.closed_at or act.at for row in lights)
    since = min(times, default=act.at)
    if act.at - since >= LONGEST_WAIT:
        return False
    return is_round_under_way(act.at) or any(is_sent(ERRAND, row.id) for row in all_brands())


def _queue(act: Act, rows: Sequence[AlarmRow], about: About) -> int:
    """Queue one letter about some alarms for each reader, or none where another worker was first."""
    with transaction.atomic():
        told = put_in_letter(act, alarms=[row.id for row in rows], about=about)
        if not told.alarms:
            return 0
        alone = told.alarms == 1
        template = (ALONE if alone else TOGETHER)[about]
        for reader in staff_in(READERS):
            queue_mail(
                act,
                stream=OPERATIONS,
                template=template,
                subject=reader.id,
                address="login",
                facts={"alarm" if alone else "letter": str(told.letter)},
                once=f"{template}:{told.letter}:{reader.id}",
            )
    return 1
