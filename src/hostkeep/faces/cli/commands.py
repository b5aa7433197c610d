"""The commands, parsed.  Each exits non-zero on failure and says what to do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from django.db.utils import OperationalError, ProgrammingError
from psycopg.errors import UndefinedColumn, UndefinedTable

from hostkeep.faces.cli.adding import Command, Commands, add_command
from hostkeep.faces.cli.auditing import add_audit_commands
from hostkeep.faces.cli.backup_commands import add_backup_commands
from hostkeep.faces.cli.ledgering import add_ledger_commands
from hostkeep.faces.cli.meter_commands import add_meter_commands
from hostkeep.faces.cli.network import add_network_commands
from hostkeep.faces.cli.policy_commands import add_policy_commands
from hostkeep.faces.cli.promo_commands import add_promo_commands
from hostkeep.kernel.errors import Foreseen


def run(argv: Sequence[str]) -> int:
    """Run one command line; return its exit code."""
    arguments = parser().parse_args(list(argv))
    command: Command = arguments.command
    try:
        return command(arguments)
    except Foreseen as error:
        said = error.title.format(**error.facts) if error.title else error.code
        clause = f" ({error.clause})" if error.clause else ""
        sys.stderr.write(f"hostkeep: {said}{clause}\n")
        if mistakes := error.facts.get("mistakes"):
            sys.stderr.write(f"{mistakes}\n")
        return 2
    except OperationalError as error:
        said = str(error).strip().split("\n", 1)[0]
        sys.stderr.write(f"hostkeep: the database does not answer: {said}\n")
        return 2
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedTable | UndefinedColumn):
            raise
        sys.stderr.write("hostkeep: the database is not of this release yet; run: hostkeep migrate\n")
        return 2
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    about = "Hosting, billing and a policy that is kept."
    whole = argparse.ArgumentParser(prog="hostkeep", description=about)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    demo = add_command(commands, "demo", "start everything with the five brands, for trying out", _demo)
    demo.add_argument("--port", type=int, default=8000, help="port on the loopback (8000)")
    demo.add_argument("--data", default=".hostkeep", help="data folder (.hostkeep)")
    serve = add_command(commands, "serve", "serve the pages", _serve)
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--workers", type=int, default=0, help="processes; one a core by default")
    add_command(commands, "worker", "work jobs off", _worker)
    migrate = add_command(commands, "migrate", "bring the database up to this release", _migrate)
    migrate.add_argument("--roles", action="store_true", help="print what an administrator runs once")
    _brand(commands)
    add_policy_commands(commands)
    add_promo_commands(commands)
    add_backup_commands(commands)
    add_audit_commands(commands)
    add_ledger_commands(commands)
    add_meter_commands(commands)
    add_network_commands(commands)
    _others(commands)
    return whole


def _brand(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `brand load DIR`, `brand adopt` and `brand price`."""
    brand = commands.add_parser("brand", help="load a brand").add_subparsers(required=True, metavar="WHAT")
    about = "load brand.toml, policy.yaml and catalogue.yaml of a folder"
    load = add_command(brand, "load", about, _brand_load)
    load.add_argument("folder", metavar="DIR")
    adopting = "open subscriptions for services of a house from before there were any"
    add_command(brand, "adopt", adopting, _brand_adopt).add_argument("brand")
    pricing = "announce a new price of a plan, or of an add-on, to those who have it"
    price = add_command(brand, "price", pricing, _brand_price)
    price.add_argument("brand")
    price.add_argument("product")
    price.add_argument("plan")
    price.add_argument("currency", metavar="EUR")
    price.add_argument("minor", type=int, metavar="1990", help="for a whole term, in minor units")
    price.add_argument("--add-on", default="", metavar="SLUG", help="of one piece beside the plan, not of it")
    price.add_argument("--from", dest="since", metavar="2027-01-31", help="else as early as is promised")


def _others(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `promises`, `clock` and `staff`."""
    promises = add_command(commands, "promises", "show the promise ledger", _promises)
    promises.add_argument("--brand")
    promises.add_argument("--clause")
    promises.add_argument("--json", action="store_true")
    promises.add_argument("--probe", action="store_true", help="run the probes now and wait")
    clock_parser = commands.add_parser("clock", help="the demo's clock")
    clock = clock_parser.add_subparsers(required=True, metavar="WHAT")
    add_command(clock, "show", "say what time it is", _clock_show)
    advance = add_command(clock, "advance", "move forward and do what falls due (demo only)", _clock_advance)
    advance.add_argument("by", metavar="31d")
    staff = commands.add_parser("staff", help="staff logins").add_subparsers(required=True, metavar="WHAT")
    add = add_command(staff, "add", "add a staff member; prints a password and a second factor", _staff_add)
    add.add_argument("email")
    add.add_argument("--role", required=True)


def _demo(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.demo import run_demo

    return run_demo(port=arguments.port, data=arguments.data)


def _serve(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.serving import serve

    return serve(host=arguments.host, port=arguments.port, workers=arguments.workers)


def _worker(_arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.serving import work

    return work()


def _migrate(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.keeping import migrate, roles

    return roles() if arguments.roles else migrate()


def _brand_load(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.keeping import brand_load

    return brand_load(arguments.folder)


def _brand_adopt(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.adopting import adopt

    return adopt(arguments)


def _brand_price(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.pricing import announce

    return announce(arguments)


def _promises(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.promising import show

    return show(arguments)


def _clock_show(_arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.keeping import clock_show

    return clock_show()


def _clock_advance(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.keeping import clock_advance

    return clock_advance(arguments.by)


def _staff_add(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.keeping import staff_add

    return staff_add(arguments.email, arguments.role)
