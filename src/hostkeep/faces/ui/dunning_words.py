"""What follows an unpaid invoice, in words that pages share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.utils.translation import gettext

from hostkeep.billing.rules.dunning_steps import NEVER_END, NEVER_STOP, PROMISE, Step
from hostkeep.flows.playing_ahead import Coming
from hostkeep.kernel.words import gettext_noop

WHAT: Mapping[str, str] = MappingProxyType({
    "invoice": gettext_noop("Invoice for the next period"),
    "use": gettext_noop("Invoice for what was used"),
    "reminder": gettext_noop("Reminder by mail"),
    "charge": gettext_noop("Charge of the stored way to pay"),
    "suspend_warning": gettext_noop("Warning by mail: services stop"),
    "suspend": gettext_noop("Services stop; what is on them stays"),
    "end_warning": gettext_noop("Warning by mail: services end"),
    "end": gettext_noop("Services end, and what is on them is deleted"),
    "cancel": gettext_noop("The order is cancelled; nothing is owed"),
    "drop": gettext_noop("What was asked for is taken back; nothing is owed"),
    "paid": gettext_noop("Payment expected"),
    "over": gettext_noop("Service ends, as was asked for"),
})
"""By step or event."""

SPARED: Mapping[str, str] = MappingProxyType({
    PROMISE: gettext_noop("Promise to pay: nothing happens until then"),
    NEVER_STOP: gettext_noop("Nothing is stopped or ended"),
    NEVER_END: gettext_noop("Nothing is ended"),
})
"""By kind of exception."""

TONES: Mapping[str, str] = MappingProxyType({
    "suspend_warning": "warn", "suspend": "bad", "end_warning": "warn", "end": "bad", "cancel": "bad",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """An event as a page lists it.  tone: of its badge, or empty."""

    at: datetime
    text: str
    tone: str
    event: Coming


def shown(events: Iterable[Coming]) -> tuple[Shown, ...]:
    """Return events in words, in the active language."""
    return tuple(
        Shown(each.at, gettext(WHAT[each.what]), TONES.get(each.what, ""), each) for each in events
    )


def next_threat(events: Iterable[Coming]) -> Shown | None:
    """Return the next stop, end or cancellation among events, or None."""
    return next((each for each in shown(events) if each.tone == "bad"), None)


def steps_said(steps: Iterable[Step]) -> str:
    """Say what is to be done about an invoice, one step after the other."""
    return "; ".join(gettext(WHAT[each.kind.value]) for each in steps if not each.outcome)
