"""The ledger on the command line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from hostkeep.faces.cli.adding import Commands, add_command
from hostkeep.faces.cli.keeping import say
from hostkeep.faces.cli.setting_up import ready_and_checked

if TYPE_CHECKING:
    from hostkeep.billing.rules.reconciling import Deviation

OUT_OF_STEP = 1


def add_ledger_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `ledger check`."""
    ledger = commands.add_parser("ledger", help="the book of money").add_subparsers(
        required=True, metavar="WHAT"
    )
    about = "compare the book with documents, payments and credit, and with itself; 1 if anything is out"
    add_command(ledger, "check", about, check)


def check(_arguments: argparse.Namespace) -> int:
    """Do the self-check of every brand and of the book; say what was found.  Returns 1 if anything was."""
    ready_and_checked()
    from hostkeep.brands.queries import all_brands
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.flows.reconciling import reconcile
    from hostkeep.kernel.ids import OPERATOR

    wrong = 0
    for brand in (OPERATOR, *(row.id for row in all_brands())):
        found = reconcile(act_of_operator(brand=brand))
        name = brand or "the book itself"
        say(f"{name}: {len(found)} out of step" if found else f"{name}: adds up")
        for each in found:
            say(f"  {_told(each)}")
        wrong += len(found)
    return OUT_OF_STEP if wrong else 0


def _told(found: Deviation) -> str:
    """Return a line about a deviation: what, about what, and by how much the ledger stands too high."""
    about = f"{found.what} {found.about or ''}".rstrip()
    return (
        f"{about}: {found.amount.minor} {found.amount.currency.code} in minor units"
        if found.amount
        else about
    )
