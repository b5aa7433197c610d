"""The one door to personal data: put, reveal, use, drop.

Each asks the version of the policy that applies to the person, and enters the audit before a value is
returned: reads and refusals through the audit's own connection, committed first; what is put or dropped in
the deed's own transaction.  A value remembers the version it was given under: a purpose added later reaches
it only once its owner was told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hostkeep.audit.enter import enter, enter_apart
from hostkeep.brands.applying import policy_for, reaches, versions_for
from hostkeep.brands.queries import policy_by_digest, versions_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import CategoryId, ClauseId, Ref, SubjectId
from hostkeep.kernel.sealed import Sealed
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.book import Policy
from hostkeep.policy.decide import Ask, Decision, decide
from hostkeep.vault import boxes
from hostkeep.vault.consents import standing
from hostkeep.vault.wall import opened

T = TypeVar("T")

MARKER = "<sealed "
"""What a sealed value prints; a value that begins so was printed somewhere on its way here."""


class Refused(Foreseen):
    """The policy said no."""

    code = "vault.refused"
    title = gettext_noop("Our privacy policy does not allow this.")
    status = 403


class NotDeclared(Foreseen):
    """The policy has no such category: it may not be stored at all."""

    code = "vault.not_declared"
    title = gettext_noop("Our privacy policy does not let us store this.")
    status = 422


class LooksSealed(Foreseen):
    """A printed sealed value came back as if it were one."""

    code = "vault.looks_sealed"
    title = gettext_noop("This is the mark of a hidden value, not a value.")
    status = 422


@dataclass(frozen=True, slots=True)
class Wish:
    """One value wanted.  slot: handle of the thing it belongs to, or empty."""

    subject: SubjectId
    category: CategoryId
    slot: str = ""


def put(act: Act, *, subject: SubjectId, category: CategoryId, value: str, slot: str = "") -> None:
    """Keep a value over any older one of the same slot.

    A customer writes into their own values alone.
    Raises NotDeclared (the policy has no such category, or forbids it), LooksSealed, KeyDestroyed, Refused.
    """
    policy = policy_for(act.brand, subject, act.at)
    _own_only(act, Wish(subject, category, slot), policy)
    known = policy.categories.get(category)
    if known is None:
        clause = _forbidding(policy, category)
        enter_apart(
            act, "vault.put.refused", _ref(subject), category=category, clause=clause, digest=policy.digest
        )
        raise NotDeclared(category=category, clause=clause)
    if value.startswith(MARKER):
        raise LooksSealed
    with opened():
        boxes.store(
            act,
            subject=subject,
            category=category,
            slot=slot,
            keep_class=known.keep_class,
            value=value,
            digest=policy.digest,
        )
    enter(act, "vault.value.put", Ref(f"person.{category}"[:64], subject), digest=policy.digest)


def reveal(
    act: Act, *, subject: SubjectId, category: CategoryId, slot: str = "", reason: str = ""
) -> Sealed[str] | None:
    """Return one value, sealed, or None if there is none.

    reason  why, where the clause demands one; it is not kept in clear
    Raises Refused.
    """
    wish = Wish(subject, category, slot)
    return reveal_many(act, wishes=[wish], reason=reason)[wish]


def reveal_many(act: Act, *, wishes: Sequence[Wish], reason: str = "") -> dict[Wish, Sealed[str] | None]:
    """Return several values at once: one decision a category, one audit entry a subject and category.

    Raises Refused if any of them is refused; then none is returned.
    """
    applying = versions_for(act.brand, {wish.subject for wish in wishes}, act.at)
    policies = {who: policy_by_digest(row.digest) for who, row in applying.items()}
    given = _given_under(act, wishes)
    has = frozenset({"reason"}) if reason else frozenset[str]()
    for wish in wishes:
        _own_only(act, wish, policies[wish.subject])
        _demand(act, wish, policies[wish.subject], has)
        _demand_told(act, wish, policies[wish.subject], given.get(wish))
    for wish in wishes:
        policy = policies[wish.subject]
        clause = policy.table[wish.category, act.purpose, act.role].clause
        enter_apart(
            act, "vault.value.revealed", _ref(wish.subject), category=wish.category, clause=clause,
            digest=policy.digest,
        )  # fmt: skip
    with opened():
        found = boxes.open_many(((w.subject, w.category, w.slot) for w in wishes), brand=act.brand)
    shown: dict[Wish, Sealed[str] | None] = {}
    for wish in wishes:
        value = found.get((wish.subject, wish.category, wish.slot))
        shown[wish] = None if value is None else Sealed(value, wish.category)
    return shown


def use(
    act: Act, *, subject: SubjectId, category: CategoryId, fn: Callable[[str], T], slot: str = ""
) -> T | None:
    """Hand one value to fn and return what fn returns, or None if there is no value.

    For code that needs a value but must not hold it: fn sees it, the caller does not.  Raises Refused.
    """
    sealed = reveal(act, subject=subject, category=category, slot=slot)
    return None if sealed is None else fn(sealed.open())


def drop(act: Act, *, subject: SubjectId, category: CategoryId, slot: str = "") -> None:
    """Delete one value.  One that is not there is fine.  A customer deletes their own alone: Refused."""
    _own_only(act, Wish(subject, category, slot), policy_for(act.brand, subject, act.at))
    with opened():
        boxes.remove(subject=subject, category=category, slot=slot)
    enter(act, "vault.value.dropped", Ref(f"person.{category}"[:64], subject))


def _own_only(act: Act, wish: Wish, policy: Policy) -> None:
    """Refuse a customer who asks for somebody else's value, whatever page let it through."""
    if act.role == "customer" and act.own != wish.subject:
        _refuse(act, wish, policy, Decision(False, policy.closed_by.get("use", _no_clause()), "not_own"))


def _demand(act: Act, wish: Wish, policy: Policy, has: frozenset[str]) -> None:
    """Ask the policy; on a no, enter the refusal and raise.  Whether a consent stands, the vault knows."""
    cell = policy.table.get((wish.category, act.purpose, act.role))
    if cell is not None and "consent" in cell.needs and _consents(act, wish):
        has = has | {"consent"}
    answer = decide(policy, Ask(wish.category, act.purpose, act.role, has))
    if not answer.allowed:
        _refuse(act, wish, policy, answer)


def _consents(act: Act, wish: Wish) -> bool:
    """Say whether the person's own yes to this purpose stands, and asked for this category."""
    return standing(
        brand=act.brand, subject=wish.subject, purpose=act.purpose, at=act.at, category=wish.category
    )


def _given_under(act: Act, wishes: Sequence[Wish]) -> Mapping[Wish, str]:
    """Return the digest each value was given under; nothing is read where a brand has one version alone."""
    if len(versions_of(act.brand)) < 2:  # noqa: PLR2004  one version: nothing can have been added
        return {}
    with opened():
        found = boxes.digests((wish.subject for wish in wishes), brand=act.brand)
    known = {wish: found.get((wish.subject, wish.category, wish.slot)) for wish in wishes}
    return {wish: digest for wish, digest in known.items() if digest}


def _demand_told(act: Act, wish: Wish, policy: Policy, collected: str | None) -> None:
    """Refuse a purpose that was added after a value was given, while its owner was not told of it."""
    if collected is None:
        return
    told = reaches(
        policy,
        subject=wish.subject,
        collected=collected,
        category=wish.category,
        purpose=act.purpose,
        at=act.at,
    )
    if not told:
        _refuse(act, wish, policy, Decision(False, policy.notice.clause, "not_told"))


def _refuse(act: Act, wish: Wish, policy: Policy, answer: Decision) -> None:
    """Enter a refusal apart, so that it outlives the rollback it causes.  Raises Refused."""
    enter_apart(
        act, "vault.value.refused", _ref(wish.subject), category=wish.category, clause=answer.clause,
        digest=policy.digest,
    )  # fmt: skip
    raise Refused(category=wish.category, clause=answer.clause, why=answer.why)


def _forbidding(policy: Policy, category: CategoryId) -> str:
    """Return the clause that forbids a category, or the one that closes collection."""
    for never in policy.never:
        if category in never.categories:
            return never.clause
    return policy.closed_by.get("collect", _no_clause())


def _no_clause() -> ClauseId:
    """No clause closes it: the id is empty."""
    return ClauseId("")


def _ref(subject: SubjectId) -> Ref:
    """The person, by handle."""
    return Ref("person", subject)
