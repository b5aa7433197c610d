"""Writing the audit: with the deed, or apart so that it outlives a rollback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hostkeep.audit.models import Entry
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref

APART = "audit"
"""The second connection, which commits by itself."""

_in_force: list[Callable[[BrandId, datetime], str]] = []


def digest_by(in_force: Callable[[BrandId, datetime], str]) -> None:
    """Say which policy an entry stands under where the deed names none.  Called once at start, by brands.

    in_force  returns the digest of a brand's version in force at a time, or an empty text where there is none
    """
    _in_force[:] = [in_force]


def enter(act: Act, verb: str, ref: Ref, *, digest: str = "", count: int = 1) -> None:
    """Add one entry in the deed's own transaction.

    verb    "room.noun.done", past tense
    digest  of the policy version that decided; left out, the one in force for the act's brand
    count   how many things a bulk entry stands for
    """
    _row(act, verb, ref, category="", clause="", digest=digest, count=count).save(force_insert=True)


def enter_apart(
    act: Act, verb: str, ref: Ref, *, category: str, clause: str, digest: str, count: int = 1
) -> None:
    """Add one entry through the audit's own connection, committed when this returns.

    For reads and refusals: the record must outlive the rollback that a refusal causes.
    """
    row = _row(act, verb, ref, category=category, clause=clause, digest=digest, count=count)
    row.save(using=APART, force_insert=True)


def _row(act: Act, verb: str, ref: Ref, *, category: str, clause: str, digest: str, count: int) -> Entry:
    """Fill a row from an act."""
    return Entry(
        verb=verb,
        actor=act.actor,
        role=act.role,
        purpose=act.purpose,
        brand=act.brand,
        kind=ref.kind,
        thing=ref.id,
        category=category,
        clause=clause,
        digest=digest or next((known(act.brand, act.at) for known in _in_force), ""),
        count=count,
        at=act.at,
        trace=act.trace,
    )
