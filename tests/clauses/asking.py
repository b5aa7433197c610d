"""Somebody who asks for a customer's mail address, and what the log has of it."""

from __future__ import annotations

from dataclasses import replace

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import CategoryId, PurposeId
from hostkeep.runtime import clock
from hostkeep.vault import door

EMAIL = CategoryId("email")


def asks(there, purpose: str, role: str, trace: str = "asking") -> None:
    """Ask for the address of a shop's canary, with a reason."""
    act = replace(
        there.act, at=clock.now(), role=role, purpose=PurposeId(purpose), trace=trace, own=there.canary.subject
    )
    door.reveal(act, subject=there.canary.subject, category=EMAIL, reason="I would like to know")


def refusal_on_record(trace: str) -> tuple[str, str, str]:
    """Return category, purpose and clause of the one refusal that was entered under a trace."""
    (entry,) = Entry.objects.using(APART).filter(trace=trace, verb="vault.value.refused")
    return entry.category, entry.purpose, entry.clause
