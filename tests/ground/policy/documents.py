"""The six policies of the project, for tests that go through all of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from hostkeep.policy.book import Policy
from hostkeep.policy.compile import compile_policy
from tests.ground.policy.small import ROOT

FILES: dict[str, Path] = {path.parent.name: path for path in sorted(ROOT.glob("brands/*/policy.yaml"))}
FILES["everything"] = ROOT / "tests" / "brands" / "everything" / "policy.yaml"
BRANDS = sorted(FILES)


@cache
def policy_of(brand: str) -> Policy:
    """Compile a brand's policy."""
    return compile_policy(FILES[brand].read_text(encoding="utf-8"), file=FILES[brand].name)
