"""Say how many mutants of the policy its tests kill, by module; end with 1 below the score that is owed.

`make mutation` tries every mutant and then runs this.  `python tools/mutation.py --sample 1500` tries that
many, spread over all modules in proportion and the same ones each time, and says how far off it may be.
A mutant that no test reaches lives; one that ends in a time-out is killed, and is counted apart as well.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

OWED = 90
FAILED = {1, 3}
"""Exit codes of tests that failed."""
TIMED_OUT = {24, -24, 36, 152, 255}
"""Exit codes of tests that did not end in time."""
CRASHED = {-11, -9}
"""Exit codes of a run that was ended from outside."""

MUTANTS = Path("mutants/src/hostkeep/policy")
FIRST = "hostkeep.policy.canonical.*"
"""Tried first where there are no mutants yet: mutmut then makes all of them, and times the tests."""

SURE = 1.96
"""So many deviations to either side hold the true score in 95 cases of 100."""

Codes = Mapping[str, Mapping[str, int | None]]


def tried() -> dict[str, dict[str, int | None]]:
    """Return by module the exit code of each mutant; None where it was not tried."""
    found: dict[str, dict[str, int | None]] = {}
    for meta in sorted(MUTANTS.rglob("*.meta")):
        codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        if codes:
            found[str(meta.relative_to(MUTANTS)).removesuffix(".py.meta")] = codes
    return found


def sample(codes: Codes, count: int, seed: int) -> list[str]:
    """Draw mutants: each module gives its share, and within a module chance decides, the same for a seed."""
    rows: list[str] = []
    for module, found in codes.items():
        names = list(found)
        random.Random(f"{seed}{MUTANTS / module}.py.meta").shuffle(names)
        rows += names
    start = random.Random(seed).random()
    count = min(count, len(rows))
    return [rows[int((number + start) * len(rows) / count)] for number in range(count)]


def outcomes(codes: Codes, names: Collection[str]) -> dict[str, Counter[str]]:
    """Count what became of some mutants, by module."""
    found = {
        module: Counter(_outcome(code) for name, code in each.items() if name in names)
        for module, each in codes.items()
    }
    return {module: counts for module, counts in found.items() if counts}


def _outcome(code: int | None) -> str:
    """Name what an exit code means."""
    if code is None:
        return "untried"
    if code in TIMED_OUT:
        return "timed out"
    return "killed" if code in FAILED | CRASHED else "alive"


def main() -> int:
    """Try a sample if one is asked for; print the table and the whole score."""
    options = _options()
    codes = tried()
    names = [name for each in codes.values() for name in each]
    if options.sample:
        if not codes:
            _try([FIRST])
        names = sample(tried(), options.sample, options.seed)
        _try(names)
        codes = tried()
    return _report(outcomes(codes, set(names)), whole=sum(map(len, codes.values())))


def _options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="try so many mutants, not all")
    parser.add_argument("--seed", type=int, default=7, help="another seed draws others")
    return parser.parse_args()


def _try(names: list[str]) -> None:
    """Let mutmut try some mutants."""
    subprocess.run([Path(sys.executable).parent / "mutmut", "run", *names], check=True)


def _report(counts: Mapping[str, Counter[str]], *, whole: int) -> int:
    """Print a row for each module and one for all; return 1 where the score is too low or not known."""
    together: Counter[str] = Counter()
    for module, found in counts.items():
        together += found
        print(f"{module:34} {_line(found)}")
    print(f"{'whole':34} {_line(together)}")
    if (number := _tried(together)) < whole:
        low, high = _interval(_killed(together), number)
        print(f"{number} of {whole} mutants tried: the score is from {low:.1f} to {high:.1f} % (95 % sure)")
    return 0 if together["untried"] == 0 and _score(together) >= OWED else 1


def _killed(counts: Counter[str]) -> int:
    """How many mutants did not live."""
    return counts["killed"] + counts["timed out"]


def _tried(counts: Counter[str]) -> int:
    """How many mutants were tried."""
    return _killed(counts) + counts["alive"]


def _score(counts: Counter[str]) -> float:
    """The share of killed mutants among those tried, in percent."""
    return 100 * _killed(counts) / _tried(counts) if _tried(counts) else 0.0


def _line(counts: Counter[str]) -> str:
    """One row."""
    parts = [f"{_score(counts):5.1f} %  {_killed(counts):5} of {_tried(counts):5}"]
    parts += [f"{counts[what]} {what}" for what in ("timed out", "untried") if counts[what]]
    return ", ".join(parts)


def _interval(killed: int, number: int) -> tuple[float, float]:
    """Return from where to where the score of all mutants lies, in percent.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    if not number:
        return 0.0, 100.0
    share, spread = killed / number, SURE**2 / number
    middle = share + spread / 2
    width = SURE * math.sqrt(share * (1 - share) / number + spread / (4 * number))
    return 100 * (middle - width) / (1 + spread), 100 * (middle + width) / (1 + spread)


if __name__ == "__main__":
    sys.exit(main())
