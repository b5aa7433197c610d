"""One change between two versions, and how heavy it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.vocabulary.terms import terms

What = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed.

    kind      a kind of clause: "collect", "use", "disclose", ...
    thing     what changed, the same key in every language: "category phone", "use email/offers/support",
              "recipient partner", "retain account", "cookie __Host-keep", "right erase", "never card",
              "notice", "text V6-4"
    clause    in the new policy, or the old one where the new has none
    material  whether people must be told of it in advance
    why       a word of the vocabulary's kind `weight`: "new_purpose", "shorter_storage", "reworded", ...
    """

    kind: str
    what: What
    thing: str
    clause: ClauseId
    material: bool
    why: str


@dataclass(frozen=True, slots=True)
class Weight:
    """How heavy all changes between two versions are together.

    material        whether any change is material, new wording included
    beyond_wording  whether any change is material for another reason than new wording
    reworded        clauses whose words changed in any language, whether or not their rules did too
    reasons         why it is material, each reason once, in the order of the changes
    """

    material: bool
    beyond_wording: bool
    reworded: tuple[ClauseId, ...]
    reasons: tuple[str, ...]


def change(kind: str, what: What, thing: str, clause: ClauseId, why: str) -> Change:
    """Make a change; whether it is material is read from the vocabulary.  Raises KeyError for another why."""
    return Change(kind, what, thing, clause, terms("weight")[why].mark == "material", why)


def opposite(why: str) -> str:
    """Return the reason for the change the other way round."""
    return terms("weight")[why].points[0]
