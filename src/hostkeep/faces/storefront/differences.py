"""Which changes of the policy the pages tell of, and the difference of each in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from hostkeep.brands.queries import VersionRow, policy_by_digest, version_in_force, versions_of
from hostkeep.kernel.ids import BrandId
from hostkeep.policy.render.changes import ChangeGroup, say_changes

LATELY = timedelta(days=30)
"""How long the home page goes on telling of a change that has taken effect."""

State = Literal["announced", "in_force", "replaced"]


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
    in_force = version_in_force(brand, now).version
    said = [
        difference(older.digest, newer.digest, language) for newer, older in pairwise(versions[: most + 1])
    ]
    return tuple(
        Told(row, _state(row, in_force), said[place] if place < len(said) else ())
        for place, row in enumerate(versions)
    )


def news_of(brand: BrandId, language: str, now: datetime) -> tuple[Told, ...]:
    """Return the changes a reader of the policy is told of: all that are announced, the next one first.

    Where none is, the change that made the version in force; nothing while that is the first.
    """
    versions = versions_of(brand)
    coming = [pair for pair in pairwise(versions) if pair[0].effective_at > now]
    in_force = version_in_force(brand, now).version
    last = [pair for pair in pairwise(versions) if pair[0].version == in_force]
    return tuple(
        Told(newer, _state(newer, in_force), difference(older.digest, newer.digest, language))
        for newer, older in reversed(coming or last)
    )


def news_at_home(brand: BrandId, language: str, now: datetime) -> tuple[Told, ...]:
    """Return the changes the home page tells of: announced or lately in force, where the brand promises that.

    The promise is that of the version before the change.
    """
    versions = versions_of(brand)
    before = {newer.version: older for newer, older in pairwise(versions)}
    return tuple(
        told
        for told in news_of(brand, language, now)
        if told.version.effective_at > now - LATELY
        and "home_page" in _ways(told.version, before[told.version.version])
    )


def _ways(version: VersionRow, before: VersionRow) -> tuple[str, ...]:
    """Return where a change is shown, by the notice of the version before it."""
    notice = policy_by_digest(before.digest).notice
    return notice.by if version.material else notice.minor_by


def _state(row: VersionRow, in_force: int) -> State:
    """Say how a version stands to the one in force."""
    if row.version == in_force:
        return "in_force"
    return "announced" if row.version > in_force else "replaced"
