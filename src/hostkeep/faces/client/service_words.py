"""How services are told to customers: steps of a building, reasons of a failure, sizes, history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.utils.translation import gettext, ngettext

from hostkeep.kernel.words import gettext_noop
from hostkeep.provisioning.queries import ServiceRow, WorkRow
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import Stage, Verb

UNDER_WAY = frozenset({Stage.QUEUED, Stage.RUNNING, Stage.WAITING})
MEGABYTES = 1024

REASONS: Mapping[str, str] = MappingProxyType({
    "no_answer": gettext_noop("The server did not answer. We try again by ourselves."),
    "for_staff": gettext_noop("A member of our staff does this by hand."),
    "capacity.full": gettext_noop("There is no free place at the moment. Our staff have been told."),
    "image.missing": gettext_noop("The system you chose is missing on the server. Our staff have been told."),
    "spec.unknown": gettext_noop("The size that was ordered cannot be built. Our staff have been told."),
})
"""By code: what a customer is told of work that is not done."""

HISTORY: Mapping[Verb, tuple[str, str, str]] = MappingProxyType({
    Verb.CREATE: (gettext_noop("Built"), gettext_noop("Being built"), gettext_noop("Building failed")),
    Verb.SUSPEND: (
        gettext_noop("Suspended"), gettext_noop("Being suspended"), gettext_noop("Suspending failed"),
    ),
    Verb.RESUME: (gettext_noop("Resumed"), gettext_noop("Being resumed"), gettext_noop("Resuming failed")),
    Verb.TERMINATE: (
        gettext_noop("Ended, content destroyed"), gettext_noop("Being ended"), gettext_noop("Ending failed"),
    ),
    Verb.RENEW: (
        gettext_noop("New access data made"),
        gettext_noop("New access data being made"),
        gettext_noop("New access data could not be made"),
    ),
    Verb.CHANGE: (
        gettext_noop("Changed to what you have now"),
        gettext_noop("Being changed"),
        gettext_noop("Changing failed"),
    ),
})  # fmt: skip
"""By verb: done, under way, failed."""


@dataclass(frozen=True, slots=True)
class BuildStep:
    """A step of a building.  state: "done", "now" or empty."""

    title: str
    state: str
    at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Past:
    """Something that happened.  tone: "ok", "bad" or empty."""

    title: str
    at: datetime
    text: str
    tone: str
    clause: str = ""


def reason(code: str) -> str:
    """Say why work is not done; a code we have no words for is staff's to read."""
    return gettext(REASONS.get(code, gettext_noop("Something went wrong. Our staff have been told.")))


def build_steps(row: ServiceRow, work: WorkRow | None) -> tuple[BuildStep, ...]:
    """Tell how far the building is.  work: the piece that builds it, or None before it is paid."""
    if work is None:
        return (
            BuildStep(gettext("Ordered"), "done", row.created_at, ""),
            BuildStep(gettext("Waiting for your payment"), "now", None, ""),
            BuildStep(gettext("Building"), "", None, ""),
            BuildStep(gettext("Access data sealed"), "", None, ""),
        )
    begun = work.started_at is not None
    waits = reason(work.code) if work.code else ""
    return (
        BuildStep(gettext("Ordered"), "done", row.created_at, ""),
        BuildStep(gettext("Paid"), "done", work.queued_at, ""),
        BuildStep(gettext("Taken up"), "done" if begun else "now", work.started_at, ""),
        BuildStep(gettext("Building"), "now" if begun else "", None, waits),
        BuildStep(gettext("Access data sealed"), "", None, ""),
    )


def waiting_steps(row: ServiceRow, paid_at: datetime) -> tuple[BuildStep, ...]:
    """Tell how far the building of a paid service is while a person looks at its order."""
    return (
        BuildStep(gettext("Ordered"), "done", row.created_at, ""),
        BuildStep(gettext("Paid"), "done", paid_at, ""),
        BuildStep(gettext("A person looks at the order"), "now", None, ""),
        BuildStep(gettext("Building"), "", None, ""),
        BuildStep(gettext("Access data sealed"), "", None, ""),
    )


def history(work: Sequence[WorkRow]) -> tuple[Past, ...]:
    """Tell what was done with a service, newest first."""
    told = []
    for row in work:
        if row.stage is Stage.DROPPED:
            continue
        done, doing, failed = HISTORY[row.verb]
        if row.stage is Stage.DONE:
            by = gettext("by the demo clerk, a program") if row.done_role == "clerk" else ""
            told.append(Past(gettext(done), row.ended_at or row.queued_at, by, "ok"))
        elif row.stage is Stage.PARKED:
            told.append(Past(gettext(failed), row.ended_at or row.queued_at, reason(row.code), "bad"))
        else:
            told.append(Past(gettext(doing), row.queued_at, reason(row.code) if row.code else "", ""))
    return tuple(told)


def sizes(spec: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Name what was bought: (label, value)."""
    told = []
    if spec.get("cpu", "").isdecimal():
        count = int(spec["cpu"])
        cores = ngettext("%(count)s core", "%(count)s cores", count) % {"count": count}
        told.append((gettext("Processor"), cores))
    if spec.get("memory_mb", "").isdecimal():
        told.append((gettext("Memory"), _memory(int(spec["memory_mb"]))))
    if spec.get("disk_gb", "").isdecimal():
        told.append((gettext("Disk"), f"{spec['disk_gb']} GB"))
    if spec.get("devices", "").isdecimal():
        told.append((gettext("Devices"), spec["devices"]))
    return tuple(told)


def under_way(row: ServiceRow, work: Sequence[WorkRow]) -> bool:
    """Say whether something is being done that a page should follow."""
    return row.state in {State.BUILDING, State.CLOSING} or any(w.stage in UNDER_WAY for w in work)


def _memory(megabytes: int) -> str:
    if megabytes % MEGABYTES == 0:
        return f"{megabytes // MEGABYTES} GB"
    return f"{megabytes} MB"
