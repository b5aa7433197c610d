"""What the policy's terms do to one person's data: when a value ends, and what an event sets going.

Items end by `expires_at`, classes by the `ends_at` of their key; `due.py` carries both out.  Which event
starts which clock is worked out in `policy.schedule`; here it is done to what the person has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from hostkeep.audit.recorded import recorded
from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref, SubjectId
from hostkeep.policy import schedule
from hostkeep.policy.book import Policy
from hostkeep.policy.schedule import Outcome
from hostkeep.vault import dropping, ending, erasing
from hostkeep.vault.ending import ARCHIVE, Whose
from hostkeep.vault.models import SubjectKey
from hostkeep.vault.outlook import Fate, outlook
from hostkeep.vault.rescheduling import reschedule
from hostkeep.vault.wall import opened

__all__ = ["ARCHIVE", "Fate", "Fired", "archive_due", "expires_at", "fire", "outlook", "reschedule"]

CLOSED = "closed"
"""Why a value went into the archive, where it was not a change that put it there."""


@dataclass(frozen=True, slots=True)
class Fired:
    """What an event set going.

    erased        classes that were due at once; one under a hold is due, and stays by the hold
    switched_off  classes that from now on serve only what their rule reads for
    ends          the others that have a date, with it
    archived      how many values went into the archive
    closing       whether the event ended the account itself
    """

    subject: SubjectId
    event: str
    erased: frozenset[str] = frozenset()
    switched_off: frozenset[str] = frozenset()
    ends: Mapping[str, datetime] = field(default_factory=dict)
    archived: int = 0
    closing: bool = False

    @property
    def ref(self) -> Ref:
        """The person."""
        return Ref("person", self.subject)


def expires_at(policy: Policy, keep_class: str, at: datetime, zone: str) -> datetime | None:
    """Return when a value of a class that comes in now must be gone; None where an event to come decides.

    zone  of the brand, IANA name
    """
    rule = policy.retention.get(keep_class)
    return None if rule is None else schedule.expires_at(rule, at, zone)


def fire(act: Act, *, subject: SubjectId, event: str, slot: str = "") -> Fired:
    """Do to a person's data what the policy says for an event.

    event  "account.closed", "last_service.ended", or "service.ended" with
    slot   the handle of the service

    What is due at once is archived as far as the policy archives it, and erased; what is due later gets its
    date; what may be read for some purposes only is switched off.  While the account lives on, values go and
    keys stay, for more may come.  Again: changes nothing, moves no date back.
    The caller sees to it that a closed account has no service any more, and calls this outside a transaction
    where it can: an erasure is not undone with its caller.  Killed before the erasure, the sweeper does it.
    """
    if slot:
        return _end_slot(act, subject=subject, event=event, slot=slot)
    fired = _set_going(act, subject=subject, event=event)
    if fired.closing and fired.erased:
        erasing.erase(act, subject=subject, classes=fired.erased, why=event)
    return fired


@recorded("vault.retention.fired")
def _set_going(act: Act, *, subject: SubjectId, event: str) -> Fired:
    """Set the dates and states an event brings, and archive what it archives."""
    policy, zone = policy_for(act.brand, subject, act.at), brand(act.brand).zone
    whose = Whose(act.brand, subject)
    with opened():
        names = {row.keep_class for row in ending.keys_of(whose)}
        since = ending.closed_at(whose) or act.at
    plain = {
        name: schedule.outcome(policy, name, event=event, at=since, zone=zone)
        for name in {*policy.retention, *names}
    }
    archived = archive_due(act, subject, policy, _due(act, plain) & names)
    with opened():
        rows = ending.keys_of(whose)
        ending.bring_nearer(policy, zone, [subject])
        outcomes = _settle(act, whose, rows, plain)
    if schedule.closes(policy, event):
        return _close(act, whose, rows, outcomes, Fired(subject, event, archived=archived, closing=True))
    dropping.drop_of(act, subject=subject)
    return Fired(subject, event, _due(act, outcomes), ends=_later(act, outcomes), archived=archived)


def _close(
    act: Act, whose: Whose, rows: list[SubjectKey], outcomes: Mapping[str, Outcome], fired: Fired
) -> Fired:
    """Mark the classes of an account that ends; what is due takes nothing more, had it anything or not."""
    with opened():
        for row in rows:
            _mark(act, row, outcomes[row.keep_class])
        had = ending.classes_of(whose)
    due = {n for n in _due(act, outcomes) if n in had or not outcomes[n].own_terms}
    off = frozenset(n for n, what in outcomes.items() if what.switched_off and n in had and n not in due)
    later = {n: end for n, end in _later(act, outcomes).items() if n in had}
    return replace(fired, erased=frozenset(due) if had else frozenset(), switched_off=off, ends=later)


def archive_due(act: Act, subject: SubjectId, policy: Policy, due: frozenset[str]) -> int:
    """Move into the archive what it names of some classes that are due; return how many values it took."""
    from hostkeep.vault import archive  # it asks this module when a value ends

    wanted = policy.duties.archive
    classes = {name for name in due if (rule := policy.retention.get(name)) and rule.then == "archive"}
    if wanted is None or not classes:
        return 0
    names = frozenset(c for c in wanted.categories if policy.categories[c].keep_class in classes)
    return archive.move(act, subject=subject, categories=names, why=CLOSED)


def _settle(
    act: Act, whose: Whose, rows: list[SubjectKey], plain: Mapping[str, Outcome]
) -> Mapping[str, Outcome]:
    """Return what an event does to each class, the dates of the values in it set and regarded."""
    for row in rows:
        ends = plain[row.keep_class].ends
        if ends is not None:
            ending.end_class(whose, row.keep_class, ends)
    newest = ending.newest_ends(whose)
    return {name: schedule.settled(what, newest.get(name), act.at) for name, what in plain.items()}


def _due(act: Act, outcomes: Mapping[str, Outcome]) -> frozenset[str]:
    """Return the classes that are due at once."""
    return frozenset(n for n, what in outcomes.items() if what.ends is not None and what.ends <= act.at)


def _later(act: Act, outcomes: Mapping[str, Outcome]) -> Mapping[str, datetime]:
    """Return the classes that have a date to come, with it."""
    return {n: what.ends for n, what in outcomes.items() if what.ends is not None and what.ends > act.at}


def _mark(act: Act, row: SubjectKey, outcome: Outcome) -> None:
    """Write down when a class ends, and switch it off where the policy does."""
    if outcome.ends is not None:
        row.fired_at = row.fired_at or act.at
        row.ends_at = min(row.ends_at or outcome.ends, outcome.ends)
    if outcome.switched_off and row.state == "live":
        row.state, row.changed_at = "deactivated", act.at
    row.brand = row.brand or act.brand
    row.save(update_fields=["fired_at", "ends_at", "state", "changed_at", "brand"])


@recorded("vault.retention.fired")
def _end_slot(act: Act, *, subject: SubjectId, event: str, slot: str) -> Fired:
    """Set the end of the values that belong to one service, and drop those that are due at once."""
    policy = policy_for(act.brand, subject, act.at)
    zone = brand(act.brand).zone
    rules = [rule for rule in policy.retention.values() if rule.until == event]
    ends = {rule.keep_class: schedule.ends_after(rule, act.at, zone) for rule in rules}
    with opened():
        for name, end in ends.items():
            ending.end_slot(Whose(act.brand, subject), name, slot, at=act.at, ends=end)
    dropping.drop_of(act, subject=subject)
    return Fired(subject, event, ends=ends)
