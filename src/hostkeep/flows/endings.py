"""What is left of an account once it is closed, by the policy that applies to its owner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.kernel.ids import BrandId, ClauseId, SubjectId
from hostkeep.policy import schedule
from hostkeep.policy.book import Policy
from hostkeep.vault.due_classes import Told
from hostkeep.vault.holds import DISPUTE
from hostkeep.vault.outlook import Fate

Login = Literal["limited", "link", "none"]

ARCHIVE, ACCOUNT = "archive", "account"


@dataclass(frozen=True, slots=True)
class Ending:
    """What a policy makes of an account that is closed.

    login   limited: its owner still signs in, to the page for closed accounts; link: a mail brings a link to
            it; none: nothing is left to sign in to
    until   when the last of what the account had is erased, lawful invoices aside
    clause  the one that says so
    signs_in_until  with "link": until when the login stands beside it, where the account goes to the archive
            after a term; None: it ends at once
    stays   whether a hold of which its owner may be told keeps the account itself: its login is then
            "limited", and is not erased as long as the hold stands, `until` or not
    linked  whether a mail brings a link, beside a login that stays or in its place
    held    when what such holds keep of its owner's data, the account or not, is looked at again, the
            earliest day to come; None: none keeps any, or no day is to come
    parted  whether such a hold keeps any of it
    argued  whether all such holds are over a dispute, and none is the law's
    """

    login: Login
    until: datetime
    clause: ClauseId
    signs_in_until: datetime | None = None
    stays: bool = False
    linked: bool = False
    held: datetime | None = None
    parted: bool = False
    argued: bool = False


def ending_of(policy: Policy, *, at: datetime, zone: str) -> Ending:
    """Return what a policy makes of an account closed at a time.  zone: of the brand, IANA name."""
    event = schedule.ACCOUNT_CLOSED
    what = schedule.outcome(policy, "account", event=event, at=at, zone=zone)
    rule, ends = policy.retention["account"], what.ends or at
    if what.what == ARCHIVE and policy.duties.archive is not None:
        kept = schedule.outcome(policy, ARCHIVE, event=event, at=at, zone=zone)
        signs_in = ends if ends > at else None
        return Ending("link", kept.ends or at, rule.clause, signs_in, linked=True)
    return Ending("limited" if ends > at else "none", ends, rule.clause)


def ending_for(of: BrandId, subject: SubjectId, at: datetime) -> Ending:
    """Return what the version that applies to a person makes of their account, closed at a time."""
    return ending_of(policy_for(of, subject, at), at=at, zone=brand(of).zone)


def under_holds(
    ending: Ending, fates: Iterable[Fate], *, told: Mapping[str, Told], at: datetime
) -> Ending:  # fmt: skip
    """Return an ending with what holds make of it of which the owner may be told; others change nothing.

    fates  what becomes, or is left, of each category
    told   classes that such holds keep, and why (vault.due_classes.held_and_told)
    Source: GDPR article 17(3)(b) and (e): what is held is not erased, and its person is told.
    """
    held = [each for each in fates if each.what == "hold" and each.keep_class in told]
    days = [each.until for each in held if each.until is not None and each.until > at]
    kept = {each.keep_class for each in held} | ({ACCOUNT} & told.keys())
    argued = bool(kept) and all(told[name].bases == {DISPUTE} for name in kept)
    parted = replace(ending, held=min(days, default=None), parted=bool(held), argued=argued)
    return replace(parted, login="limited", stays=True) if ACCOUNT in told else parted
