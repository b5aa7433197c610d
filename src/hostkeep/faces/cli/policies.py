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
from zoneinfo import ZoneInfo

from hostkeep.faces.cli.policy_reports import report_on
from hostkeep.faces.cli.setting_up import ready_and_checked
from hostkeep.kernel.ids import BrandId
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


def check(arguments: argparse.Namespace) -> int:
    """Check each file and say what is wrong, as JSON where asked.

    Returns 2 where a file is refused, else 0: what is only weak is told and refuses nothing.
    """
    reports = [report_on(name) for name in arguments.file]
    refused = any(report.refused for report in reports)
    if arguments.json:
        told = {"refused": refused, "files": [report.data() for report in reports]}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for report in reports for line in report.lines()))
    return 2 if refused else 0


def announce(arguments: argparse.Namespace) -> int:
    """Announce a version; prints it, as JSON where asked.

    Returns 2 where the text, the file, the day or the notice is refused.
    """
    ready_and_checked()
    from hostkeep.brands.actions.announcing import announce_policy
    from hostkeep.brands.queries import FRESH, brand
    from hostkeep.faces.cli.acts import act_of_operator

    row = brand(BrandId(arguments.brand))
    source = _text_of(Path(arguments.file))
    day = _day_of(arguments.effective, row.zone) if arguments.effective else None
    if source is None or (arguments.effective and day is None):
        return 2
    act = act_of_operator(brand=row.id)
    made = with_problems(
        lambda: announce_policy(
            act, brand=row.id, source=source, effective_at=day,
            weighed="material" if arguments.material else "as_computed",
        )
    )  # fmt: skip
    if made is None:
        return 2
    if arguments.tell:
        from hostkeep.brands.actions.announcing import want_telling

        want_telling(act, brand=row.id, version=made.version)
    time.sleep(FRESH)
    told = {
        "version": made.version,
        "digest": made.digest,
        "material": made.material,
        "announced_at": made.announced_at.isoformat(),
        "effective_at": made.effective_at.isoformat(),
    }
    applies = f"{made.effective_at.astimezone(ZoneInfo(row.zone)):%Y-%m-%d %H:%M}, time of {row.zone}"
    sys.stdout.write(json.dumps(told) + "\n" if arguments.json else _said(row.id, told, applies))
    return 0


def _said(brand: BrandId, told: dict[str, object], applies: str) -> str:
    """Say in a line what was announced."""
    weight = "a material change" if told["material"] else "no material change"
    return f"{brand}: version {told['version']}, {weight}, applies from {applies}\n"


def _text_of(path: Path) -> str | None:
    """Return a file's text, or None after saying why it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(
            f"hostkeep: {path} cannot be read: {getattr(error, 'strerror', None) or 'no text'}\n"
        )
        return None


def _day_of(text: str, zone: str) -> datetime | None:
    """Return a moment written in ISO 8601, in the brand's zone; None after saying why not."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        sys.stderr.write(f"hostkeep: {text} is no ISO 8601 time; write it like 2027-01-31T12:00:00+00:00\n")
        return None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
