"""Saying no at the door: entered apart, so that it outlives the rollback it causes."""

from __future__ import annotations

from typing import NoReturn
from uuid import UUID

from hostkeep.audit.alarms import raise_alarm
from hostkeep.audit.enter import Line, enter_apart
from hostkeep.audit.pace import raised_lately
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId, Ref, SubjectId
from hostkeep.policy.book import Policy
from hostkeep.policy.decide import Decision
from hostkeep.policy.vocabulary.terms import terms
from hostkeep.vault.asking import ReadsTooMuch, Refused, Wish
from hostkeep.vault.pace import HOUR, MASS_READING

REFUSED = "vault.value.refused"
PUT_REFUSED = "vault.put.refused"

NO_WORD = PurposeId("undeclared")
"""What stands in the book for a purpose that no policy could name."""


def own_only(act: Act, wish: Wish, policy: Policy) -> None:
    """Refuse a customer who asks for somebody else's value, whatever page let it through."""
    if act.role == "customer" and act.own != wish.subject:
        refuse(act, wish, policy, Decision(False, closing(policy), "not_own"))


def refuse(act: Act, wish: Wish, policy: Policy, answer: Decision) -> NoReturn:
    """Enter a refusal.  Raises Refused."""
    enter_refusal(act, wish, policy, answer.clause)
    raise Refused(category=wish.category, clause=answer.clause, why=answer.why)


def enter_refusal(act: Act, wish: Wish, policy: Policy, clause: str, *, verb: str = REFUSED) -> None:
    """Enter that something was not let out; or, with PUT_REFUSED, not taken in."""
    act, category = in_known_words(act, wish.category)
    enter_apart(act, verb, person(wish.subject), category=category, clause=clause, digest=policy.digest)


def in_known_words(act: Act, category: CategoryId) -> tuple[Act, CategoryId]:
    """Return an act and a category as a refusal of them is entered: in words of the vocabulary alone.

    Some askers type what they ask for.  Whatever else they type, a name or an address, must not stand for
    ever in a book that is never changed.
    """
    known = act if act.purpose in terms("purpose") else act.for_purpose(NO_WORD)
    return known, category if category in terms("category") else CategoryId("")


def too_much(act: Act, line: Line) -> NoReturn:
    """Refuse who reads too much, and tell staff once an hour.  line: what was not let out.

    Raises ReadsTooMuch.
    """
    clause = ClauseId(line.clause)
    if not raised_lately(act, MASS_READING, HOUR):
        reader = Ref("people.user", UUID(act.actor.partition(":")[2]))
        raise_alarm(act, kind=MASS_READING, about=reader, clause=clause, digest=line.digest)
    enter_apart(act, REFUSED, line.ref, category=line.category, clause=clause, digest=line.digest)
    raise ReadsTooMuch(clause=clause)


def forbidding(policy: Policy, category: CategoryId) -> str:
    """Return the clause that forbids a category, or the one that closes collection."""
    for never in policy.never:
        if category in never.categories:
            return never.clause
    return policy.closed_by.get("collect", ClauseId(""))


def closing(policy: Policy) -> ClauseId:
    """Return the clause that is named for what no clause grants."""
    return policy.closed_by.get("use", ClauseId(""))


def person(subject: SubjectId) -> Ref:
    """The person, by handle."""
    return Ref("person", subject)
