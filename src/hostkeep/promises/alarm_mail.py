"""Telling staff: a mail when a light turns red or a room raises an alarm, and one when it is over.

Plain words, handles alone, once an alarm and reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext

from hostkeep.brands.queries import brand, policy_in_force
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR
from hostkeep.kernel.words import gettext_noop
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.queries import MailRow
from hostkeep.messaging.rules.operations import OPERATIONS
from hostkeep.messaging.rules.shown import day_text
from hostkeep.people.queries import staff_in
from hostkeep.promises.alarms import AlarmRow, alarm
from hostkeep.promises.events import AlarmClosed, AlarmOpened
from hostkeep.promises.models import Alarm
from hostkeep.runtime.addresses import operator_url

READERS = ("owner", "privacy")
"""Roles that are told."""

OPENED, CLOSED = "operations/alarm_opened", "operations/alarm_closed"

RED = gettext_noop("The light of {clause} turned red")
RAISED = gettext_noop("An alarm was raised: {kind}")


def on_alarm_opened(act: Act, event: AlarmOpened) -> None:
    """Tell staff that something needs them."""
    _tell(act, event.alarm, OPENED)


def on_alarm_closed(act: Act, event: AlarmClosed) -> None:
    """Tell staff that it is over."""
    _tell(act, event.alarm, CLOSED)


def said_of_alarm(row: MailRow) -> Mapping[str, object]:
    """Return what a mail about an alarm shows.  Raises NoSuchAlarm, NoSuchBrand."""
    found = alarm(UUID(row.facts["alarm"]))
    shop = brand(found.brand) if found.brand != OPERATOR else None
    zone = shop.zone if shop else "UTC"
    place = f"{found.brand}-{found.clause}" if found.clause else "alarms"
    with translation.override(row.language):
        return {
            "brand_name": shop.name if shop else gettext("All brands"),
            "headline": headline(found),
            "clause": found.clause,
            "promise": _promise(found, row.language),
            "seen": found.value,
            "opened": _moment(found.opened_at, zone, row.language),
            "closed": _moment(found.closed_at, zone, row.language) if found.closed_at else "",
            "link": operator_url(f"/staff/promises/#{place}"),
        }


WRITTEN = MappingProxyType({OPENED: said_of_alarm, CLOSED: said_of_alarm})
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


def _tell(act: Act, alarm_id: UUID, template: str) -> None:
    """Queue one mail for each reader."""
    ours = act.of_brand(OPERATOR)
    for reader in staff_in(READERS):
        queue_mail(
            ours,
            stream=OPERATIONS,
            template=template,
            subject=reader.id,
            address="login",
            facts={"alarm": str(alarm_id)},
            once=f"{template}:{alarm_id}:{reader.id}",
        )
