"""When a new version may take effect, by the notice of the version in force; and for whom from when."""

from __future__ import annotations

from datetime import datetime, timedelta

from hostkeep.policy.book import Notice

NEARLY = timedelta(hours=1)
"""Who names a day and has it counted a little short, as writing took its time, means the earliest."""


def earliest(notice: Notice, announced_at: datetime, *, material: bool) -> datetime:
    """Return the first moment at which a version announced then may apply.

    notice    of the version in force
    material  whether the change is; one that is not may apply at once
    """
    if material and notice.mode in {"ahead", "mail"}:
        return announced_at + notice.period
    return announced_at


def is_mailed(notice: Notice, *, material: bool) -> bool:
    """Say whether every customer is written to about a change."""
    return material and "email" in notice.by


def waits_for_each(mode: str, weight: str) -> bool:
    """Say whether a version reaches each customer only after their own mail.

    mode    of the version that was in force when it was announced
    weight  of the new version
    """
    return mode == "mail" and weight == "material"


def applies_from(*, effective_at: datetime, told_at: datetime, period: timedelta) -> datetime:
    """Return from when a version applies to somebody who is told of it at told_at.

    period  of the notice, counted for each customer by itself
    """
    return max(effective_at, told_at + period)
