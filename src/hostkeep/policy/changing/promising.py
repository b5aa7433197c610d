"""What a person may count on: rights, notice of changes, age, protection."""

from __future__ import annotations

from collections.abc import Iterator

from hostkeep.policy.book import Notice, Policy
from hostkeep.policy.changing.change import Change, change
from hostkeep.policy.changing.places import clause_of_kind
from hostkeep.policy.changing.steps import (
    HEAVIER,
    LIGHTER,
    SAME,
    Step,
    both,
    entries,
    graded,
    grown,
    lasting,
    limited,
    placed,
    ranked,
    single,
    turned,
    wider,
)
from hostkeep.policy.duties import Age, Breach, Duties

MODES = ("mail", "ahead", "attempt", "page")
"""How changes come, from what reaches a person best to what reaches them least."""


def promised(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare what a person may count on."""
    was, now = old.duties, new.duties
    yield from _rights(was, now)
    yield from _notice(old.notice, new.notice)
    step = ranked((False, True), was.by_use, now.by_use) | limited(was.accepts, now.accepts)
    yield from graded("acceptance", "by_use", clause_of_kind(new, "acceptance"), "weaker_choice", step)
    yield from _age(was.age, now.age)
    yield from _breach(was.breach, now.breach)
    yield from _measures(old, new)
    for kind, thing, step in _single(old, new):
        yield from graded(kind, thing, clause_of_kind(new, kind), "weaker_protection", step)
    yield from _department(old, new)


def _rights(old: Duties, new: Duties) -> Iterator[Change]:
    """Compare the rights."""
    yield from entries("rights", "right ", old.rights, new.rights, "stronger_right")
    for name, was, now in both(old.rights, new.rights):
        step = (
            lasting(was.within, now.within)
            | lasting(was.acknowledge, now.acknowledge)
            | ranked(("client_area", "mail"), was.how, now.how)
        )
        yield from graded("rights", f"right {name}", now.clause, "weaker_right", step)
        if was.mailbox != now.mailbox and was.how == now.how:
            yield change("rights", "changed", f"right {name}", now.clause, "other_contact")


def _notice(old: Notice, new: Notice) -> Iterator[Change]:
    """Compare how changes of the policy come."""
    yield from single("change_notice", "notice", old, new, "longer_notice")
    step = (
        ranked(MODES, old.mode, new.mode)
        | turned(lasting(old.period, new.period))
        | turned(wider(old.by, new.by))
        | turned(wider(old.minor_by, new.minor_by))
        | ranked((True, False), old.reject, new.reject)
    )
    yield from graded("change_notice", "notice", new.clause, "shorter_notice", step)


def _age(old: Age | None, new: Age | None) -> Iterator[Change]:
    """Compare who may be a customer."""
    yield from single("age", "age", old, new, "stronger_protection")
    if old is not None and new is not None:
        step = turned(grown(old.minimum, new.minimum)) | ranked((False, True), old.guardian, new.guardian)
        yield from graded("age", "age", new.clause, "weaker_protection", step)


def _breach(old: Breach | None, new: Breach | None) -> Iterator[Change]:
    """Compare how soon a breach is told."""
    yield from single("breach", "breach", old, new, "stronger_protection")
    if old is not None and new is not None:
        step = lasting(old.authority, new.authority) | lasting(old.owners, new.owners)
        yield from graded("breach", "breach", new.clause, "weaker_protection", step)


def _measures(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare the measures of security."""
    before, after = old.duties.measured_by, new.duties.measured_by
    yield from placed("security", "measure ", before, after, "stronger_protection")


def _single(old: Policy, new: Policy) -> Iterator[tuple[str, str, Step]]:
    """Go through single protections: (kind, thing, step)."""
    was, now = old.duties, new.duties
    yield "statistics", "smallest_group", turned(grown(was.smallest_group, now.smallest_group))
    yield "support_record", "support_note", ranked((True, False), was.support_note, now.support_note)
    yield "staff_access", "grant_longest", lasting(was.grant_longest, now.grant_longest)
    yield "security", "secrets", ranked(("once", "sealed"), old.secrets, new.secrets)


def _department(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare where the contact page leads."""
    was, now = old.duties.department, new.duties.department
    clause = clause_of_kind(new, "contact")
    if was and now and was != now:
        yield change("contact", "changed", "department", clause, "other_contact")
    else:
        step = SAME if was == now else LIGHTER if now else HEAVIER
        yield from graded("contact", "department", clause, "weaker_right", step)
