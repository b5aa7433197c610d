"""How a command is added to the parser."""

from __future__ import annotations

import argparse
from collections.abc import Callable

Command = Callable[[argparse.Namespace], int]
Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives this type no public name


def add_command(
    commands: Commands[argparse.ArgumentParser], name: str, help_text: str, command: Command
) -> argparse.ArgumentParser:
    """Add one command, with what it does as its help."""
    made = commands.add_parser(name, help=help_text, description=help_text)
    made.set_defaults(command=command)
    return made
