"""What stands watch over a clause whatever else proves it: checks that the policy hangs there, not the book.

The book knows our own clauses, one by one.  These follow from what a policy says, of every brand and of
somebody else's: a value in clear speaks against the clauses of its category, a sweeper that does not come
against every clause that promises an end.  A clause that the book knows gets them beside its own; one that
it does not know has these alone: they can turn it red, and never green.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.book import Policy
from hostkeep.promises.control import Check, Control
from hostkeep.promises.evidence import endings, in_clear
from hostkeep.promises.rules.speaking import classes_ended_by, shapes_against

PROSE = "prose"


def values_in_clear(policy: Policy) -> Mapping[ClauseId, Check]:
    """Hang the nightly scan over the clauses that a value in clear would speak against."""
    found = shapes_against(policy)
    return {clause: in_clear.no_value_in_clear(*sorted(shapes)) for clause, shapes in found.items()}


def ends_kept(policy: Policy) -> Mapping[ClauseId, Check]:
    """Hang the sweeper over the clauses that promise an end."""
    found = classes_ended_by(policy)
    return {clause: endings.nothing_past_due(*sorted(classes)) for clause, classes in found.items()}


Watch = Callable[[Policy], Mapping[ClauseId, Check]]

WATCHES: tuple[Watch, ...] = (values_in_clear, ends_kept)


def controls_in(policy: Policy, book: Mapping[ClauseId, Control]) -> Mapping[ClauseId, Control]:
    """Return what is looked at for each clause of a policy, in its order; a clause without it is left out.

    book  the controls by clause
    """
    hung = [watch(policy) for watch in WATCHES]
    found: dict[ClauseId, Control] = {}
    for clause in policy.clauses:
        checks = tuple(_checks(hung, clause.id))
        control = book.get(clause.id) or Control(clause.id, "", (), (), ())
        if clause.kind != PROSE and (checks or clause.id in book):
            found[clause.id] = replace(control, state=(*control.state, *checks))
    return found


def _checks(hung: list[Mapping[ClauseId, Check]], clause: ClauseId) -> Iterator[Check]:
    """Give what hangs over one clause."""
    for checks in hung:
        if clause in checks:
            yield checks[clause]
