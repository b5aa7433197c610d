"""Checking and announcing policies."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from hostkeep.faces.cli.setting_up import ready_and_checked
from hostkeep.kernel.ids import BrandId
from hostkeep.policy.compile import compile_policy
from hostkeep.policy.errors import PolicyError

T = TypeVar("T")


def with_problems(deed: Callable[[], T]) -> T | None:
    """Return what deed returns, or print each problem of a policy and return None."""
    try:
        return deed()
    except PolicyError as error:
        for problem in error.problems:
            clause = f" {problem.clause}" if problem.clause else ""
            sys.stderr.write(f"{problem.file}:{problem.line}:{clause} {problem.says} {problem.instead}\n")
        return None


def check(files: list[str]) -> int:
    """Compile each file; print what is wrong."""
    good = True
    for name in files:
        text = Path(name).read_text(encoding="utf-8")
        policy = with_problems(lambda text=text, name=name: compile_policy(text, file=name))  # type: ignore[misc]
        good &= policy is not None
        if policy is not None:
            sys.stdout.write(f"{name}: good, {len(policy.clauses)} clauses, digest {policy.digest}\n")
    return 0 if good else 2


def announce(arguments: argparse.Namespace) -> int:
    """Announce a version; prints it, as JSON where asked."""
    ready_and_checked()
    from hostkeep.brands.actions.loading import announce_policy
    from hostkeep.brands.queries import FRESH
    from hostkeep.faces.cli.acts import act_of_operator

    brand = BrandId(arguments.brand)
    effective = datetime.fromisoformat(arguments.effective) if arguments.effective else None
    source = Path(arguments.file).read_text(encoding="utf-8")
    act = act_of_operator(brand=brand)
    made = with_problems(lambda: announce_policy(act, brand=brand, source=source, effective_at=effective))
    if made is None:
        return 2
    time.sleep(FRESH)
    told = {
        "version": made.version,
        "digest": made.digest,
        "material": True,
        "announced_at": made.announced_at.isoformat(),
        "effective_at": made.effective_at.isoformat(),
    }
    sys.stdout.write(json.dumps(told) + "\n" if arguments.json else f"{told}\n")
    return 0
