"""What is left of an account once it is closed, by the policy that applies to its owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.kernel.ids import BrandId, ClauseId, SubjectId
from hostkeep.policy import schedule
from hostkeep.policy.book import Policy

Login = Literal["limited", "link", "none"]

ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Ending:
    """What a policy makes of an account that is closed.

    login   limited: its owner still signs in, to the page for closed accounts; link: a mail brings a link to
            it; none: nothing is left to sign in to
    until   when the last of what the account had is erased, lawful invoices aside
    clause  the one that says so
    signs_in_until  with "link": until when the login stands beside it, where the account goes to the archive
            after a term; None: it ends at once
    """

    login: Login
    until: datetime
    clause: ClauseId
    signs_in_until: datetime | None = None


def ending_of(policy: Policy, *, at: datetime, zone: str) -> Ending:
    """Return what a policy makes of an account closed at a time.  zone: of the brand, IANA name."""
    event = schedule.ACCOUNT_CLOSED
    what = schedule.outcome(policy, "account", event=event, at=at, zone=zone)
    rule, ends = policy.retention["account"], what.ends or at
    if what.what == ARCHIVE and policy.duties.archive is not None:
        kept = schedule.outcome(policy, ARCHIVE, event=event, at=at, zone=zone)
        return Ending("link", kept.ends or at, rule.clause, ends if ends > at else None)
    return Ending("limited" if ends > at else "none", ends, rule.clause)


def ending_for(of: BrandId, subject: SubjectId, at: datetime) -> Ending:
    """Return what the version that applies to a person makes of their account, closed at a time."""
    return ending_of(policy_for(of, subject, at), at=at, zone=brand(of).zone)
