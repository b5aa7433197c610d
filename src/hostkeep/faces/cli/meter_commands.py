"""`hostkeep meters take`: readings that a node or a program wrote into a file, counted."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from uuid import UUID

from hostkeep.faces.cli.adding import Commands, add_command
from hostkeep.faces.cli.keeping import say
from hostkeep.faces.cli.setting_up import ready_and_checked

if TYPE_CHECKING:
    from hostkeep.subscriptions.actions.metering import Told

KEYS = frozenset({"meter", "once", "quantity", "from", "to"})
LONGEST_LINE = 1_000


class BadLine(ValueError):
    """A line that is no reading; its number."""


def add_meter_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `meters take`."""
    meters = commands.add_parser("meters", help="metered use").add_subparsers(required=True, metavar="WHAT")
    take = add_command(meters, "take", "count readings of a file, all of them or none", take_file)
    take.add_argument("brand")
    about = 'one JSON object a line: {"meter", "once", "quantity", "from", "to"}; - for standard input'
    take.add_argument("file", metavar="FILE", help=about)


def take_file(arguments: argparse.Namespace) -> int:
    """Count a file's readings, each once however often it is given; at most 10,000 at a time.

    Raises what flows.metering.take raises: NotMetered where the brand's policy lets none be counted.
    """
    ready_and_checked()
    from hostkeep.brands.queries import brand
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.flows.metering import take
    from hostkeep.kernel.ids import BrandId

    of = brand(BrandId(arguments.brand)).id
    act = act_of_operator(brand=of, purpose="billing").in_role("system")
    try:
        if arguments.file == "-":
            told = read(sys.stdin)
        else:
            with Path(arguments.file).open(encoding="utf-8") as file:
                told = read(file)
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"hostkeep: {arguments.file} cannot be read: {error}\n")
        return 2
    except BadLine as error:
        sys.stderr.write(f"hostkeep: line {error} is no reading; nothing was counted\n")
        return 2
    counted = take(act, told=told)
    say(f"{of}: {counted.fresh} of {len(told)} readings were new, of {len(counted.ids)} meters")
    return 0


def read(file: TextIO) -> list[Told]:
    """Read a file's readings, one more than may be counted at most.  Raises BadLine."""
    from hostkeep.subscriptions.actions.metering import MOST_READINGS

    return list(islice(_told(file), MOST_READINGS + 1))


def _told(file: TextIO) -> Iterator[Told]:
    """Read line by line.  Raises BadLine."""
    from hostkeep.kernel.period import Period
    from hostkeep.subscriptions.actions.metering import Told

    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        try:
            said = json.loads(line if len(line) <= LONGEST_LINE else "")
            if set(said) != KEYS or type(said["quantity"]) is not int or type(said["once"]) is not str:
                raise BadLine(number)
            period = Period(_moment(said["from"]), _moment(said["to"]))
            yield Told(UUID(said["meter"]), said["once"], said["quantity"], period)
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise BadLine(number) from None


def _moment(text: str) -> datetime:
    """Read a moment with its zone.  Raises ValueError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at
