"""What a figure is, and how interleaved rounds become one."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report.

    ours, reference  in the same unit
    ratio            ours to reference
    goal             ">= 0.5" or "<= 60"; compared with the ratio, or with ours where there is no reference
    """

    name: str
    ours: float
    reference: float | None
    goal: str

    @property
    def ratio(self) -> float:
        return self.ours / self.reference if self.reference else self.ours

    @property
    def met(self) -> bool:
        sign, bound = self.goal.split()
        return self.ratio >= float(bound) if sign == ">=" else self.ratio <= float(bound)

    def line(self) -> str:
        reference = f"{self.reference:.4g}" if self.reference is not None else "-"
        word = "met" if self.met else "short"
        return f"{self.name}\t{self.ours:.4g}\t{reference}\t{self.ratio:.3g}\t{self.goal}\t{word}"


def interleaved(a: Callable[[], float], b: Callable[[], float], *, rounds: int = 5) -> tuple[float, float]:
    """Medians of A and B, measured in turns so that the machine's moods hit both."""
    left: list[float] = []
    right: list[float] = []
    for _ in range(rounds):
        left.append(a())
        right.append(b())
    return statistics.median(left), statistics.median(right)


def median_of(samples: Sequence[float]) -> float:
    return statistics.median(samples)
