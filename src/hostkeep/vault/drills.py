"""Drills: a backup restored for practice, and whether what was erased stays erased in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from hostkeep.audit.enter import enter
from hostkeep.audit.reading import newest as newest_entries
from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, CategoryId, Ref, SubjectId
from hostkeep.vault import boxes, putting
from hostkeep.vault.wall import opened

DONE, FAILED = "vault.drill.done", "vault.drill.failed"
EMAIL = CategoryId("email")
ADDRESS = "drill@restore.invalid"


@dataclass(frozen=True, slots=True)
class Drill:
    """The outcome of the newest drill.  good: what was erased stayed so, and what lives opened."""

    at: datetime
    good: bool


def plant(act: Act) -> SubjectId:
    """Put a value of nobody down under the act's brand, to be looked for later; return its handle."""
    subject = SubjectId(uuid4())
    putting.put(act, subject=subject, category=EMAIL, value=ADDRESS)
    return subject


def opens(act: Act, *, subject: SubjectId) -> bool:
    """Say whether the planted value opens with the keys that are there now."""
    with opened():
        found = boxes.open_many([(subject, EMAIL, "")], brand=act.brand)
    return ADDRESS in found.values()


def classes(act: Act) -> frozenset[str]:
    """Return the class that the planted value lies in, to be erased."""
    return frozenset({policy_in_force(act.brand, act.at).categories[EMAIL].keep_class})


def enter_outcome(act: Act, *, good: bool, seconds: int) -> None:
    """Enter how a drill went, so that the promise ledger can show its age."""
    verb = DONE if good else FAILED
    enter(act.of_brand(OPERATOR), verb, Ref("vault.drill", uuid4()), count=max(seconds, 1))


def newest() -> Drill | None:
    """Return the newest drill, or None before the first."""
    found = [entry for verb in (DONE, FAILED) for entry in newest_entries(brand=OPERATOR, verb=verb, first=1)]
    last = max(found, key=lambda entry: entry.at, default=None)
    return None if last is None else Drill(last.at, last.verb == DONE)
