"""What is wrong with a policy, so that its author can put it right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.rules import RULES, SHAPE, Level


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right.

    file     the file as its reader named it
    line     counted from 1
    clause   the id of the clause it stands in, or ""
    says     what is wrong, one plain sentence
    instead  what to write instead, or ""
    rule     the name of the rule it breaks, see rules.py
    """

    file: str
    line: int
    clause: str
    says: str
    instead: str = ""
    rule: str = SHAPE

    @property
    def level(self) -> Level:
        """cannot_run and unlawful refuse the file; weak only tells."""
        return RULES[self.rule].level

    def __str__(self) -> str:
        """file:line: level: clause: what is wrong. What to write instead."""
        clause = f"{self.clause}: " if self.clause else ""
        instead = f" {self.instead}" if self.instead else ""
        return f"{self.file}:{self.line}: {self.level}: {clause}{self.says}{instead}"


class PolicyError(Foreseen):
    """A policy file that does not load.  problems: all that was found, by line, at least one."""

    code = "policy.refused"
    title = gettext_noop("This policy cannot be used: {first}")
    status = 422

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        first = self.problems[0]
        super().__init__(first=str(first), clause=first.clause, count=len(self.problems))

    def __str__(self) -> str:
        """All problems, one a line."""
        return "\n".join(str(problem) for problem in self.problems)
