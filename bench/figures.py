"""What a figure is, and how interleaved rounds become one."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass


Pairs = tuple[tuple[float, float], ...]
"""Ours and the reference, round by round."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report.

    ours, reference  in the same unit
    ratio            ours to reference
    goal             ">= 0.5" or "<= 60"; compared with the ratio, or with ours where there is no reference
    rounds           ours and reference of each round, where they were measured in turns
    """

    name: str
    ours: float
    reference: float | None
    goal: str
    rounds: Pairs = ()

    @property
    def ratio(self) -> float:
        return self.ours / self.reference if self.reference else self.ours

    @property
    def met(self) -> bool:
        sign, bound = self.goal.split()
        return self.ratio >= float(bound) if sign == ">=" else self.ratio <= float(bound)

    @property
    def worst(self) -> float | None:
        """The ratio of the single round that is farthest from the goal."""
        ratios = [ours / reference for ours, reference in self.rounds]
        farthest = min if self.goal.startswith(">=") else max
        return farthest(ratios) if ratios else None

    def line(self) -> str:
        reference = f"{self.reference:.4g}" if self.reference is not None else "-"
        word = "met" if self.met else "short"
        worst = f"{self.worst:.3g}" if self.worst is not None else "-"
        return f"{self.name}\t{self.ours:.4g}\t{reference}\t{self.ratio:.3g}\t{worst}\t{self.goal}\t{word}"


def interleaved(a: Callable[[], float], b: Callable[[], float], *, rounds: int = 5) -> Pairs:
    """A and B of each round, measured in turns so that the machine's moods hit both."""
    return tuple((a(), b()) for _ in range(rounds))


def compared(name: str, rounds: Pairs, goal: str) -> Figure:
    """The medians of both sides, and the rounds they come from."""
    ours, reference = (statistics.median(side) for side in zip(*rounds, strict=True))
    return Figure(name, ours, reference, goal, rounds)


def median_of(samples: Sequence[float]) -> float:
    return statistics.median(samples)
