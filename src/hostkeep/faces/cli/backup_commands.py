"""The commands `backup`, `restore`, `drill` and `keys`, parsed."""

from __future__ import annotations

import argparse

from hostkeep.faces.cli.adding import Commands, add_command


def add_backup_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add them."""
    about = "back the database up into an empty folder; keys are never in it"
    add_command(commands, "backup", about, _backup).add_argument("folder", metavar="DIR")
    about = "restore a backup into an empty data folder or database; what was erased stays erased"
    add_command(commands, "restore", about, _restore).add_argument("folder", metavar="DIR")
    practice = commands.add_parser("drill", help="practise a restore")
    drill = practice.add_subparsers(required=True, metavar="WHAT")
    add_command(drill, "restore", "take a backup, restore it beside, look whether erased is erased", _drill)
    look = add_command(drill, "look", "say what opens; part of the drill", _look)
    look.add_argument("--brand", required=True)
    look.add_argument("subjects", nargs="+", metavar="HANDLE")
    keys = commands.add_parser("keys", help="the keyring").add_subparsers(required=True, metavar="WHAT")
    add_command(keys, "show", "say which epochs there are and when the next roll is due", _keys_show)
    add_command(keys, "held", "say which keys are due and kept, and by which hold", _keys_held)
    add_command(keys, "roll", "begin a new epoch, seal everything anew, destroy the old key", _keys_roll)
    about = "copy the keyring and the erasure ledger into a folder that you keep elsewhere"
    add_command(keys, "escrow", about, _keys_escrow).add_argument("folder", metavar="DIR")


def _backup(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.backing_up import backup

    return backup(arguments.folder)


def _restore(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.backing_up import restore

    return restore(arguments.folder)


def _drill(_arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.drilling import drill_restore

    return drill_restore()


def _look(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.drilling import look

    return look(arguments.brand, arguments.subjects)


def _keys_show(_arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.key_keeping import show

    return show()


def _keys_held(_arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.key_keeping import held

    return held()


def _keys_roll(_arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.key_keeping import roll

    return roll()


def _keys_escrow(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.key_keeping import escrow

    return escrow(arguments.folder)
