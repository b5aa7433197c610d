"""The small policy of the guide, to break on purpose."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from hostkeep.policy.book import Policy
from hostkeep.policy.compile import check_policy, compile_policy
from hostkeep.policy.errors import Problem

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "policy-language.md").read_text(encoding="utf-8")
_FOUND = re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
assert _FOUND is not None
SMALL = _FOUND[1]
EVERYTHING = (ROOT / "tests" / "brands" / "everything" / "policy.yaml").read_text(encoding="utf-8")


@cache
def compiled(text: str = SMALL) -> Policy:
    """Compile a text."""
    return compile_policy(text, file="policy.yaml")


def small() -> Policy:
    """The small policy, compiled."""
    return compiled(SMALL)


def whole() -> Policy:
    """The policy with every kind of clause, compiled."""
    return compiled(EVERYTHING)


@cache
def problems(text: str) -> tuple[Problem, ...]:
    """All problems of a text."""
    return check_policy(text, file="policy.yaml")


def changed(old: str, new: str, *, base: str = SMALL) -> str:
    """Replace the one place where old stands."""
    assert base.count(old) == 1, f"{old!r} stands {base.count(old)} times"
    return base.replace(old, new)


def line_of(part: str, text: str) -> int:
    """The line of the first place where part stands."""
    return text[: text.index(part)].count("\n") + 1


@cache
def brand(slug: str) -> Policy:
    """One of the five shops, compiled."""
    text = (ROOT / "brands" / slug / "policy.yaml").read_text(encoding="utf-8")
    return compile_policy(text, file=f"brands/{slug}/policy.yaml")
