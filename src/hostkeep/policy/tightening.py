"""What an overlay has tightened, and because of which law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hostkeep.kernel.ids import ClauseId


@dataclass(frozen=True, slots=True)
class Law:
    """A rule of law.

    name    as people read it, by language: "GDPR art. 12(3)"
    source  where it stands: "Regulation (EU) 2016/679, art. 12(3)"
    """

    name: Mapping[str, str]
    source: str


@dataclass(frozen=True, slots=True)
class Tightening:
    """One thing of a policy that is stricter than its file says.

    clause  the clause it belongs to, or "" where the policy has none
    thing   what was tightened: "right.access.within", "cookie.__Host-lang", "breach.authority"
    what    what holds now, in plain words by language
    law     the short name of the law, by language
    source  where the law stands
    """

    clause: ClauseId
    thing: str
    what: Mapping[str, str]
    law: Mapping[str, str]
    source: str


def tightening(clause: ClauseId, thing: str, what: Mapping[str, str], law: Law) -> Tightening:
    """Note what a law has tightened."""
    return Tightening(clause, thing, what, law.name, law.source)
