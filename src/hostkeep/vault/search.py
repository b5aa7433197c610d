"""Finding a person: by an exact e-mail address, telephone or customer number, or by a name.

`find` asks the blind index (marks.py), `by_name` looks through every name (scanning.py).  Both are decided by
the policy's table for the category that is searched, entered, and bound to a pace; a customer finds nobody.
What comes back is a handle: what is then shown of the person goes through the door.

The address that somebody logs in with is sealed elsewhere: `people.queries.login_of_address` finds a login by
it, for logging in.  `find` finds by the address a person is written to.
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from hostkeep.audit.alarms import raise_alarm
from hostkeep.audit.enter import Line, enter_apart
from hostkeep.audit.pace import Pace, enter_within
from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, ClauseId, Ref, SubjectId
from hostkeep.policy.book import Policy
from hostkeep.policy.decide import Ask, Decision, decide
from hostkeep.vault import door, marks, scanning
from hostkeep.vault.asking import Given, Refused, Wish, says_something
from hostkeep.vault.marks import EMAIL, MARKED, NUMBER, PHONE, numbers_by
from hostkeep.vault.pace import PACE, PROGRAM, READS, SCANNED, SCANS, SOUGHT, is_paced
from hostkeep.vault.refusing import REFUSED, closing, in_known_words, person, too_much
from hostkeep.vault.scanning import NAME
from hostkeep.vault.wall import opened

__all__ = ["EMAIL", "NAME", "NUMBER", "PHONE", "by_name", "demand_right", "find", "note_number", "numbers_by"]

NOBODY = frozenset({"customer", "visitor"})
"""Roles that find nobody, whatever they may read of themselves."""

MOST = 50
"""People that a search by name hands out; whoever gets as many adds a word."""

SHORTEST = 2
"""Letters of the shortest search by name."""

BRANDS = uuid5(NAMESPACE_URL, "hostkeep:brand")


def find(
    act: Act, *, category: CategoryId, value: str, reason: str = "", case: UUID | None = None
) -> SubjectId | None:
    """Return who has exactly this e-mail address, telephone or customer number at the act's brand, or None.

    category  email, phone or customer_number
    reason, case  as in Given, where the clause demands one
    Spelling does not matter: capitals, spaces around it, how a number is grouped.  Whom the act may not read
    (their key is switched off, they objected) is not found.  Entered before it returns, found or not.
    Raises Refused, ReadsTooMuch.
    """
    policy = policy_in_force(act.brand, act.at)
    clause = _demand(act, policy, category, reason)
    if category not in MARKED:
        _refuse(act, policy, category, Decision(False, clause, "no_index"))
    with opened():
        rows = marks.find(act.brand, category, value)
    given = Given(reason, case)
    wishes = [Wish(subject, category, slot) for subject, slot in rows]
    found = door.allowed(act, wishes=wishes, given=given)[:1] if wishes else ()
    about = person(found[0].subject) if found else _everybody(act)
    line = Line(about, category, clause, policy.digest, count=len(found))
    _enter(act, SOUGHT, line, READS, PACE)
    return found[0].subject if found else None


def by_name(
    act: Act, *, text: str, reason: str = "", case: UUID | None = None
) -> tuple[SubjectId, ...]:
    """Return who at the act's brand has every word of a text in their name, at most MOST people.

    text  two letters at least; capitals and marks do not matter, so "nguyen duc" finds "Nguyễn Đức"
    Every name is opened and compared in memory; none is shown.  Entered once, with how many, before that.
    Raises Refused, ReadsTooMuch.
    """
    policy = policy_in_force(act.brand, act.at)
    clause = _demand(act, policy, NAME, reason)
    words = scanning.folded(text)
    if sum(map(len, words)) < SHORTEST:
        return ()
    with opened():
        there = scanning.count(act.brand)
    line = Line(_everybody(act), NAME, clause, policy.digest, count=there)
    _enter(act, SCANNED, line, frozenset({SCANNED}), SCANS)
    with opened():
        found, broken = scanning.whose(act.brand, words, most=MOST)
    if broken:
        raise_alarm(act, kind="broken_seal", about=_everybody(act), clause=closing(policy))
    wishes = [Wish(subject, NAME) for subject in found]
    granted = door.allowed(act, wishes=wishes, given=Given(reason, case)) if wishes else ()
    return tuple(wish.subject for wish in granted)


def demand_right(act: Act, *, category: CategoryId, reason: str = "") -> None:
    """Refuse who could open a category of nobody at the act's brand, and enter it, as door.reveal would.

    For an asker who names somebody there is not: without the right they learn no more than of anybody else.
    Raises Refused.
    """
    _demand(act, policy_in_force(act.brand, act.at), category, reason)


def note_number(act: Act, *, subject: SubjectId, number: str) -> None:
    """Let a person be found by their customer number, which stands beside their account.

    In the deed's own transaction.  A policy that has no such category: nothing is noted.
    """
    policy = policy_for(act.brand, subject, act.at)
    known = policy.categories.get(NUMBER)
    if known is None:
        return
    with opened():
        marks.note(
            act, subject=subject, category=NUMBER, slot="", keep_class=known.keep_class, value=number
        )


def _demand(act: Act, policy: Policy, category: CategoryId, reason: str) -> ClauseId:
    """Return the clause that lets somebody of this role look for people at all.  Raises Refused.

    What a clause demands for one person (a case, a consent) is asked once the person is known.
    """
    if act.role in NOBODY:
        _refuse(act, policy, category, Decision(False, closing(policy), "not_own"))
    cell = policy.table.get((category, act.purpose, act.role))
    later = cell.needs - {"reason"} if cell is not None else frozenset[str]()
    has = later | {"reason"} if says_something(reason) else later
    answer = decide(policy, Ask(category, act.purpose, act.role, has))
    if not answer.allowed:
        _refuse(act, policy, category, answer)
    return answer.clause


def _refuse(act: Act, policy: Policy, category: CategoryId, answer: Decision) -> None:
    """Enter a refusal that is about nobody yet.  Raises Refused."""
    told, known = in_known_words(act, category)
    enter_apart(
        told, REFUSED, _everybody(act), category=known, clause=answer.clause, digest=policy.digest
    )
    raise Refused(category=category, clause=answer.clause, why=answer.why)


def _enter(act: Act, verb: str, line: Line, counted: frozenset[str], pace: Pace) -> None:
    """Enter a search, within the pace of whoever is bound to one.  Raises ReadsTooMuch."""
    if not is_paced(act):
        enter_apart(
            act, verb, line.ref, category=line.category, clause=line.clause, digest=line.digest,
            count=line.count,
        )  # fmt: skip
    elif not enter_within(act, verb, [line], counted=counted, pace=pace, besides=PROGRAM):
        too_much(act, line)


def _everybody(act: Act) -> Ref:
    """What a search is about that found nobody, or looked at all: the brand's people."""
    return Ref("vault.people", uuid5(BRANDS, act.brand))
