"""Which changes of the policy the pages tell of, and the difference of each in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from hostkeep.brands.applying import before
from hostkeep.brands.queries import VersionRow, policy_by_digest, version_in_force, versions_of
from hostkeep.brands.rules.versions import State, state_of
from hostkeep.kernel.ids import BrandId
from hostkeep.policy.render.changes import ChangeGroup, say_changes

LATELY = timedelta(days=30)
"""How long the home page goes on telling of a change that has taken effect."""


@dataclass(frozen=True, slots=True)
class Told:
    """A version of a policy and what it changes.

    state   how it stands to the one in force
    groups  the difference from the version before it; empty for the first
    """

    version: VersionRow
    state: State
    groups: tuple[ChangeGroup, ...]


@lru_cache(maxsize=256)
def difference(old: str, new: str, language: str) -> tuple[ChangeGroup, ...]:
    """Return what changes between two versions, by their digests; said once a process and language."""
    return say_changes(policy_by_digest(old), policy_by_digest(new), language)


def history_of(brand: BrandId, language: str, now: datetime, most: int) -> tuple[Told, ...]:
    """Return every version of a brand, newest first; the differences of the newest `most` alone."""
    versions = versions_of(brand)
    return tuple(
        Told(row, state_of(row, versions, now), _against_held(brand, row, language) if place < most else ())
        for place, row in enumerate(versions)
    )


def news_of(brand: BrandId, language: str, now: datetime) -> tuple[Told, ...]:
    """Return the changes a reader of the policy is told of: all that are announced, the next one first.

    Where none is, the change that made the version in force; nothing while that is the first.
    """
    versions = versions_of(brand)
    current = version_in_force(brand, now)
    coming = [row for row in reversed(versions) if row.version > current.version]
    shown = coming or [row for row in (current,) if row.version > 1]
    return tuple(
        Told(row, state_of(row, versions, now), _against_held(brand, row, language)) for row in shown
    )


def _against_held(brand: BrandId, row: VersionRow, language: str) -> tuple[ChangeGroup, ...]:
    """Return what a version changes in the one that was in force when it was announced."""
    held = before(brand, row)
    return () if held is None else difference(held.digest, row.digest, language)


def news_at_home(brand: BrandId, language: str, now: datetime) -> tuple[Told, ...]:
    """Return the changes the home page tells of: announced or lately in force, where the brand promises that.

    The promise is that of the version before the change.
    """
    return tuple(
        told
        for told in news_of(brand, language, now)
        if told.version.effective_at > now - LATELY and "home_page" in _ways(brand, told.version)
    )


def _ways(brand: BrandId, version: VersionRow) -> tuple[str, ...]:
    """Return where a change is shown, by the notice that was in force; nowhere for the first."""
    held = before(brand, version)
    if held is None:
        return ()
    notice = policy_by_digest(held.digest).notice
    return notice.by if version.material else notice.minor_by
