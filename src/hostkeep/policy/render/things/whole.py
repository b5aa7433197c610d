"""Say any thing that a change may be about."""

from __future__ import annotations

from collections.abc import Mapping

from hostkeep.policy.book import Policy
from hostkeep.policy.render.things.incoming import INCOMING
from hostkeep.policy.render.things.outgoing import OUTGOING
from hostkeep.policy.render.things.saying import Sayer, Saying
from hostkeep.policy.render.things.standing import STANDING
from hostkeep.policy.vocabulary.terms import say

SAYERS: Mapping[str, Sayer] = {**INCOMING, **OUTGOING, **STANDING}
"""By the first word of a thing's key.  "use" is missing: readings.py gathers the cells of the table."""


def say_thing(policy: Policy, thing: str, language: str) -> Saying:
    """Say a thing as it stands in a policy: "cookie __Host-keep"."""
    sort, _, name = thing.partition(" ")
    return SAYERS[sort](policy, name, language)


def heading_of(thing: str, name: str, language: str) -> str:
    """Head a row about a thing: "Cookie: __Host-keep"."""
    noun = say("thing", thing.partition(" ")[0], language)
    return f"{noun}: {name}" if name else noun
