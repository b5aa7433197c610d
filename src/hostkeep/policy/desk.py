"""The desk on which a policy file is checked: it knows where each thing stands and gathers what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hostkeep.policy.errors import Problem
from hostkeep.policy.needs import AdapterNeeds
from hostkeep.policy.rules import SHAPE

Path = tuple[str | int, ...]
"""Where a thing stands in the file: ("clauses", 3, "also", 0, "class")."""


class Desk:
    """Gathers the problems of one file.

    file       the file as its reader named it
    data       the whole content
    lines      the line of each path, counted from 1
    languages  the languages every text must have; set once the head is read
    places     the jurisdictions the policy names; set once the head is read
    installed  what the adapters need that the brand uses
    """

    def __init__(self, file: str, data: Any, lines: Mapping[Path, int]) -> None:
        self.file = file
        self.data = data
        self.lines = lines
        self.languages: tuple[str, ...] = ("en",)
        self.places: tuple[str, ...] = ()
        self.installed: tuple[AdapterNeeds, ...] = ()
        self.problems: dict[Problem, None] = {}
        """What is wrong, each once, in the order it was found."""

    def say(self, at: Path, says: str, instead: str = "", *, rule: str = SHAPE) -> None:
        """Note what is wrong at a place, once.  rule: the name of the rule broken."""
        self.problems[Problem(self.file, self.line(at), self.clause(at), says, instead, rule)] = None

    def line(self, at: Path) -> int:
        """Return the line of a place, or of the nearest thing around it that has one."""
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)

    def clause(self, at: Path) -> str:
        """Return the id of the clause a place stands in, or an empty text."""
        match at:
            case ("clauses", int(number), *_) if isinstance(self.data["clauses"][number], dict):
                name = self.data["clauses"][number].get("id", "")
                return name if isinstance(name, str) else ""
            case _:
                return ""

    def refuses(self) -> bool:
        """Say whether anything found so far refuses the file."""
        return any(problem.level != "weak" for problem in self.problems)
