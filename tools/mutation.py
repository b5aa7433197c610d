"""Say how many mutants of the policy its tests kill, by module; end with 1 below the score that is owed.

Run after `mutmut run`, in the folder it ran in.  A mutant that no test reaches, or that ends in a time-out,
is told apart: the first lives, the second is killed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

OWED = 90
KILLED = {1, 3, 36, 24, -24, 152, 255, -11, -9}
"""Exit codes of a killed mutant: failed tests, a broken run, a crash, and mutmut's codes of a time-out."""

MUTANTS = Path("mutants/src/hostkeep/policy")


def outcomes() -> dict[str, Counter[str]]:
    """Count killed, alive and untried mutants by module."""
    found: dict[str, Counter[str]] = {}
    for meta in sorted(MUTANTS.rglob("*.meta")):
        codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        name = str(meta.relative_to(MUTANTS)).removesuffix(".py.meta")
        found[name] = Counter(_outcome(code) for code in codes.values())
    return {name: counts for name, counts in found.items() if counts}


def _outcome(code: int | None) -> str:
    """Name what an exit code means."""
    if code is None:
        return "untried"
    return "killed" if code in KILLED else "alive"


def main() -> int:
    """Print the table and the whole score."""
    whole: Counter[str] = Counter()
    for name, counts in outcomes().items():
        whole += counts
        sys.stdout.write(f"{name:34} {_line(counts)}\n")
    sys.stdout.write(f"{'whole':34} {_line(whole)}\n")
    return 0 if whole["untried"] == 0 and _score(whole) >= OWED else 1


def _score(counts: Counter[str]) -> float:
    """The share of killed mutants among those tried, in percent."""
    tried = counts["killed"] + counts["alive"]
    return 100 * counts["killed"] / tried if tried else 100.0


def _line(counts: Counter[str]) -> str:
    """One row."""
    tried = counts["killed"] + counts["alive"]
    left = f", {counts['untried']} untried" if counts["untried"] else ""
    return f"{_score(counts):5.1f} %  {counts['killed']:5} of {tried:5}{left}"


if __name__ == "__main__":
    sys.exit(main())
