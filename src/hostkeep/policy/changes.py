"""What changed between two versions of a policy, and whether it is material.

Read off the compiled books: what the program would do otherwise, and what people would read otherwise.
Nobody can say that a change is lighter than it is; the codes and their weights are the vocabulary's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hostkeep.policy.book import Policy
from hostkeep.policy.changing.change import Change, Weight, change
from hostkeep.policy.changing.collecting import collected
from hostkeep.policy.changing.covering import covered
from hostkeep.policy.changing.keeping import kept
from hostkeep.policy.changing.outgoing import disclosed, sent, set_in_browsers
from hostkeep.policy.changing.promising import promised
from hostkeep.policy.changing.using import used
from hostkeep.policy.changing.wording import clauses_changed, labels_changed

__all__ = ("Change", "Weight", "changes_between", "weigh")

PARTS: tuple[Callable[[Policy, Policy], Iterator[Change]], ...] = (
    collected,
    used,
    disclosed,
    kept,
    set_in_browsers,
    sent,
    promised,
    covered,
    clauses_changed,
    labels_changed,
)


def changes_between(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Return all that changes where new takes the place of old; nothing between two of the same digest.

    Pure.  Two texts with the same rules and words but another digest (a list in another order, a default
    written out) give one change, "notation", so that no version comes without a word.
    """
    if old.digest == new.digest:
        return ()
    found = tuple(dict.fromkeys(each for compare in PARTS for each in compare(old, new)))
    return found or (change("scope", "changed", "notation", new.clauses[0].id, "notation"),)


def weigh(old: Policy, new: Policy) -> Weight:
    """Return how heavy the change from old to new is."""
    changes = changes_between(old, new)
    material = [each for each in changes if each.material]
    return Weight(
        material=bool(material),
        beyond_wording=any(each.why != "reworded" for each in material),
        reworded=tuple(dict.fromkeys(each.clause for each in material if each.why == "reworded")),
        reasons=tuple(dict.fromkeys(each.why for each in material)),
    )
