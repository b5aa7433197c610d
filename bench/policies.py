"""Compiling one brand's policy, the longest of the five."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.figures import Figure, median_of
from bench.house import ROOT


def figures() -> Iterator[Figure]:
    from hostkeep.policy.compile import compile_policy

    text = (ROOT / "brands" / "vietnam-server" / "policy.yaml").read_text(encoding="utf-8")
    spans = []
    for _ in range(5):
        began = time.perf_counter()
        compile_policy(text, file="policy.yaml")
        spans.append((time.perf_counter() - began) * 1000)
    yield Figure("compile one brand's policy, ms", median_of(spans), None, "<= 300")
