"""The audit book on the command line."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hostkeep.faces.cli.adding import Commands, add_command
from hostkeep.faces.cli.setting_up import ready

if TYPE_CHECKING:
    from hostkeep.audit.verifying import Finding, Report

ALTERED = 1


def add_audit_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `audit verify`, `audit checkpoint`, `audit drop-month` and `audit begin-again`."""
    audit = commands.add_parser("audit", help="the audit book").add_subparsers(required=True, metavar="WHAT")
    about = "compare every entry with its leaf, the tree and what was signed; 1 if something was altered"
    verify = add_command(audit, "verify", about, _verify)
    kept = "a checkpoint kept elsewhere; may be given several times"
    verify.add_argument("--checkpoint", metavar="FILE", action="append", default=[], help=kept)
    about = "sign the book as it stands, and print the checkpoint and the public key to keep elsewhere"
    add_command(audit, "checkpoint", about, _checkpoint)
    about = "drop the entries of a month that ended 90 days ago, of all brands; their hashes stay"
    drop = add_command(audit, "drop-month", about, _drop_month)
    drop.add_argument("month", metavar="YYYY-MM", help="a sealed month; the book is verified before")
    about = "go on after a restore: what was signed since the backup is put aside, and the book says so"
    add_command(audit, "begin-again", about, _begin_again)


def _verify(arguments: argparse.Namespace) -> int:
    """Verify the book; say what was found.  Returns 1 if anything was."""
    ready()
    from hostkeep.audit.verifying import verify

    try:
        elsewhere = [Path(name).read_text(encoding="utf-8") for name in arguments.checkpoint]
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"hostkeep: the checkpoint cannot be read: {error}\n")
        return 2
    report = verify(elsewhere=elsewhere)
    _tell(report)
    return 0 if report.holds else ALTERED


def _checkpoint(_arguments: argparse.Namespace) -> int:
    """Sign and print.  Returns 1 where the book was altered: then it is not signed."""
    ready()
    from hostkeep.audit import checkpoints
    from hostkeep.audit.stored import size_now
    from hostkeep.faces.cli.acts import act_of_operator

    checkpoints.seal_all(act_of_operator())
    newest = checkpoints.newest()
    if newest is None or newest.size != size_now():
        sys.stderr.write("hostkeep: not signed: the book is empty or altered; run: hostkeep audit verify\n")
        return ALTERED
    sys.stdout.write(newest.note)
    sys.stderr.write(f"{checkpoints.printed_key()}\n")
    return 0


def _drop_month(arguments: argparse.Namespace) -> int:
    """Drop a month, if the book holds.  Returns 1 where it was altered, 2 for what is no month.

    Raises NotSealed, TooYoung, NoSuchMonth.
    """
    try:
        month = datetime.strptime(arguments.month, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        sys.stderr.write(f"hostkeep: write the month as 2026-03, not as {arguments.month}\n")
        return 2
    ready()
    from hostkeep.audit.months import drop_month
    from hostkeep.audit.verifying import verify
    from hostkeep.faces.cli.acts import act_of_operator

    if not verify().holds:
        sys.stderr.write("hostkeep: not dropped: the book was altered; run: hostkeep audit verify\n")
        return ALTERED
    gone = drop_month(act_of_operator(), month=month)
    sys.stdout.write(f"{arguments.month}: {gone} entries dropped; their hashes stand.\n")
    return 0


def _begin_again(_arguments: argparse.Namespace) -> int:
    """Begin again after a restore.  Returns 1 where the book is not the beginning of what was signed."""
    ready()
    from hostkeep.audit import checkpoints
    from hostkeep.faces.cli.acts import act_of_operator

    act = act_of_operator()
    try:
        lost = checkpoints.begin_again(act)
    except checkpoints.NotOurs:
        sys.stderr.write("hostkeep: the book is not only older, it was altered; run: hostkeep audit verify\n")
        return ALTERED
    checkpoints.seal_all(act)
    said = f"{lost} entries that were signed are gone." if lost else "Nothing was lost, nothing to do."
    sys.stdout.write(f"{said}\n")
    return 0


def _tell(report: Report) -> None:
    """Print what was verified, then what was found."""
    say = sys.stdout.write
    say(f"{report.entries} entries compared with {report.leaves} leaves, {report.checkpoints} checkpoints\n")
    if report.waiting:
        say(f"{report.waiting} entries wait for their place in the tree\n")
    for month in report.dropped:
        say(f"{month}: dropped; its hashes stand\n")
    for finding in report.findings:
        say(f"ALTERED: {_sentence(finding)}\n")
    if report.found > len(report.findings):
        say(f"ALTERED: {report.found - len(report.findings)} more\n")
    say("The book is as it was signed.\n" if report.holds else "The book is NOT as it was signed.\n")


def _sentence(finding: Finding) -> str:
    """Say what a finding means."""
    at = finding.position
    return {
        "edited": f"{finding.month}: the entry at position {at} was changed after it was written",
        "missing": f"{finding.month}: the entry at position {at} was deleted",
        "extra": "an entry stands in the book twice",
        "leaf": f"the leaves end or break off at position {at}",
        "node": f"the tree over the leaves from position {at} is not made of them",
        "size": f"a checkpoint was signed over {at} entries, and the book has fewer",
        "root": f"the first {at} entries are not those that were signed",
        "signature": "a checkpoint bears no signature of ours" + (f", over {at} entries" if at else ""),
        "drop": f"{finding.month}: noted as dropped, but the book does not say so",
    }[finding.kind]
