"""Setting Django up for a command that needs the database."""

from __future__ import annotations

import sys

import django
from django.conf import settings
from django.core import checks

from hostkeep.runtime import postgres, starting


def ready() -> None:
    """Set Django up, find or start the embedded server, and check the keyring.

    Raises BadDataFolder, WrongKeyring.
    """
    django.setup()
    if settings.HOSTKEEP.embedded:
        postgres.start(settings.HOSTKEEP.data)


def ready_and_checked() -> None:
    """Be ready to serve and, before anything else, as far as the erasure ledger; raises as ready_to_serve."""
    ready_to_serve()
    catch_up()
    complete_erasures()


def ready_to_serve() -> None:
    """Be ready, on a database that is migrated, with the keyring it was sealed with, and a book that fits.

    What is restored from a backup may be behind the erasure ledger still; where the ledger itself is short or
    altered, nothing starts: raises LedgerBroken.
    """
    ready()
    from hostkeep.vault import replaying
    from hostkeep.vault.sealing import check_keyring

    check_keyring()
    replaying.behind()
    check_book()
    check_world()


def catch_up() -> int:
    """Carry out what the erasure ledger has beyond the database, and say so; return how many lines.

    Raises Maintenance where a line cannot be: what was erased could be seen again.
    """
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.vault import erasure_ledger, replaying

    lines = replaying.behind()
    if lines:
        sys.stderr.write(f"hostkeep: maintenance: carrying out {lines} erasures from the ledger first\n")
        done = replaying.catch_up(act_of_operator())
        if stuck := sorted(replaying.stuck_lines()):
            said = ", ".join(map(str, stuck))
            sys.stderr.write(
                f"hostkeep: these lines of {erasure_ledger.path()} cannot be carried out: {said}\n"
                "hostkeep: the log says why (erasure_line.failed); until they are, nothing opens\n"
            )
        replaying.demand_open()
        return done
    return 0


def complete_erasures() -> int:
    """Complete erasures whose process died before their line in the ledger, and say so; return how many.

    Their classes are fenced, so nothing of them opens meanwhile.  Where the database is behind the ledger it
    does nothing: who catches up completes them then.
    """
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.vault import erasing, replaying

    if replaying.behind():
        return 0
    done = erasing.carry_on(act_of_operator())
    if done:
        sys.stderr.write(f"hostkeep: completed an erasure that was cut off ({done})\n")
    return done


def check_world() -> None:
    """Leave no memory behind, and refuse undeclared columns and a server that logs values.

    Raises ColumnsUndeclared, ServerLogsValues.
    """
    starting.no_core_dumps()
    starting.refuse_undeclared()
    starting.refuse_talking_server()


def check_book() -> None:
    """Refuse to start where clauses and controls do not fit together.  Raises DoesNotFit."""
    from hostkeep.promises.apps import TAG
    from hostkeep.promises.errors import DoesNotFit

    found = [message for message in checks.run_checks(tags=[TAG]) if message.is_serious()]
    if found:
        raise DoesNotFit(said=" ".join(f"{m.msg} {m.hint} ({m.id})" for m in found))
