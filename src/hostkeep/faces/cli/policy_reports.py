"""What `hostkeep policy check` says of a file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hostkeep.policy.book import Policy
from hostkeep.policy.compile import check_policy, compile_policy
from hostkeep.policy.errors import PolicyError, Problem
from hostkeep.policy.needs import AdapterNeeds
from hostkeep.policy.reading import LARGEST_FILE, text_of
from hostkeep.policy.rules import RULES, UNREADABLE
from hostkeep.runtime.adapter_needs import needs_of, registries_of


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one file.  policy: None where it is refused."""

    file: str
    problems: tuple[Problem, ...]
    policy: Policy | None

    @property
    def refused(self) -> bool:
        """Whether the file does not load."""
        return self.policy is None

    def lines(self) -> Iterator[str]:
        """Say it, one problem a line, and the end of it last."""
        yield from map(str, self.problems)
        if self.policy is None:
            yield f"{self.file}: refused"
            return
        weak = f", weak points: {len(self.problems)}, not refused" if self.problems else ""
        yield f"{self.file}: good, {len(self.policy.clauses)} clauses, digest {self.policy.digest}{weak}"
        for note in self.policy.tightened:
            clause = f"{note.clause}: " if note.clause else ""
            yield f"{self.file}: tightened: {clause}{note.what['en']} ({note.law['en']})"

    def data(self) -> dict[str, Any]:
        """Say it for programs."""
        return {
            "file": self.file,
            "refused": self.refused,
            "digest": self.policy.digest if self.policy else None,
            "problems": [_problem(each) for each in self.problems],
            "tightened": [
                {"clause": each.clause, "thing": each.thing, "what": each.what["en"], "source": each.source}
                for each in (self.policy.tightened if self.policy else ())
            ],
        }


def report_on(name: str) -> Report:
    """Check one file.  It may be missing, a folder, closed to us or no text: that is told, never raised."""
    try:
        text = text_of(_bytes(Path(name)), file=name)
        installed = _installed(Path(name).with_name("brand.toml"))
    except PolicyError as error:
        return Report(name, error.problems, None)
    except (OSError, ValueError) as error:
        return Report(name, (Problem(name, 1, "", _plain(error), "Name a policy file.", UNREADABLE),), None)
    problems = check_policy(text, file=name, installed=installed)
    if any(each.level != "weak" for each in problems):
        return Report(name, problems, None)
    return Report(name, problems, compile_policy(text, file=name, installed=installed))


def _bytes(path: Path) -> bytes:
    """Read a file, and no more of it than can be a policy.  Raises OSError."""
    if path.exists() and not path.is_file():
        raise IsADirectoryError
    with path.open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def _installed(brand: Path) -> tuple[AdapterNeeds, ...]:
    """Return what the adapters need that the brand beside the policy uses.  Raises OSError, ValueError."""
    if not brand.is_file():
        return ()
    with brand.open("rb") as file:
        said = tomllib.load(file)
    return needs_of(
        gateways=said.get("payment", ()), provisioners=said.get("drivers", ()), registries=registries_of(said)
    )


def _plain(error: OSError | ValueError) -> str:
    """Say in plain words why a file cannot be read."""
    words: dict[type[Exception], str] = {
        FileNotFoundError: "There is no such file.",
        IsADirectoryError: "This is no file.",
        PermissionError: "This file may not be read.",
    }
    if isinstance(error, tomllib.TOMLDecodeError):
        return f"The brand.toml beside it cannot be read: {error}."
    return words.get(type(error), "This file cannot be read.")


def _problem(problem: Problem) -> dict[str, Any]:
    """Say one problem for programs."""
    return {
        "rule": problem.rule,
        "level": problem.level,
        "line": problem.line,
        "clause": problem.clause,
        "says": problem.says,
        "instead": problem.instead,
        "source": RULES[problem.rule].source,
    }
