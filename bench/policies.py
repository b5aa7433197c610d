"""Compiling a brand's policy, which runs every rule of the linter: the slowest of the five."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.figures import Figure, median_of
from bench.house import ROOT

ROUNDS = 5


def figures() -> Iterator[Figure]:
    from hostkeep.policy.compile import compile_policy

    sources = {
        path.parent.name: path.read_text(encoding="utf-8")
        for path in sorted(ROOT.glob("brands/*/policy.yaml"))
    }
    spans: dict[str, list[float]] = {brand: [] for brand in sources}
    for _ in range(ROUNDS):
        for brand, source in sources.items():
            began = time.perf_counter()
            compile_policy(source, file="policy.yaml")
            spans[brand].append((time.perf_counter() - began) * 1000)
    brand, slowest = max(((brand, median_of(each)) for brand, each in spans.items()), key=lambda pair: pair[1])
    yield Figure(f"compile and lint one brand, the slowest ({brand}), ms", slowest, None, "<= 300")
