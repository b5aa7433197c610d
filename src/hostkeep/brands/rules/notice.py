"""When a new version may take effect, by the notice of the version in force."""

from __future__ import annotations

from datetime import datetime

from hostkeep.policy.book import Notice


def earliest(notice: Notice, announced_at: datetime) -> datetime:
    """Return the first moment at which a version announced then may apply.

    Every change counts as material until changes are weighed one by one.
    """
    if notice.mode in {"ahead", "mail"}:
        return announced_at + notice.period
    return announced_at
