"""`hostkeep network`: where our processes may connect, as rules for the kernel and as a list with counts."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import timedelta
from pathlib import Path

from hostkeep.faces.cli.adding import Commands, add_command
from hostkeep.faces.cli.keeping import say
from hostkeep.faces.cli.setting_up import ready

RESOLV_CONF = Path("/etc/resolv.conf")


def add_network_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `network rules` and `network hosts`."""
    network = commands.add_parser("network", help="where this installation may connect")
    what = network.add_subparsers(required=True, metavar="WHAT")
    about = "print the rules that let our processes connect to what is declared, and nowhere else"
    rules = add_command(what, "rules", about, print_rules)
    rules.add_argument("--nft", action="store_true", required=True, help="for nftables: nft -f FILE")
    rules.add_argument("--uid", type=int, default=os.getuid(), help="user of serve and worker (your own)")
    add_command(what, "hosts", "list what is declared, what was contacted and what was refused", list_hosts)


def print_rules(arguments: argparse.Namespace) -> int:
    """Print an nftables table, drawn from the policies in force and the drivers as they are set up."""
    ready()
    from hostkeep.brands.queries import all_brands, policy_in_force
    from hostkeep.runtime import clock, network_rules
    from hostkeep.runtime.destinations import declared

    at = clock.now()
    digests = [f"{row.id} {policy_in_force(row.id, at).digest[:16]}" for row in all_brands()]
    resolvers = RESOLV_CONF.read_text("utf-8", "replace") if RESOLV_CONF.exists() else ""
    rules = network_rules.Rules(
        uid=arguments.uid,
        declared=declared(),
        resolvers=network_rules.resolvers_of(resolvers),
        heading=(
            "Written by: hostkeep network rules --nft.  Write it anew after a change of policy or set-up.",
            f"Policies in force: {', '.join(digests)}",
        ),
    )
    try:
        sys.stdout.write(network_rules.render(rules))
    except network_rules.NoAddress as error:
        sys.stderr.write(f"hostkeep: {error}; check the name servers of this machine and try again\n")
        return 2
    return 0


def list_hosts(_arguments: argparse.Namespace) -> int:
    """Print what is declared, and what was seen since yesterday."""
    ready()
    from hostkeep.kernel.ids import OPERATOR
    from hostkeep.runtime import clock
    from hostkeep.runtime.destinations import declared
    from hostkeep.runtime.tallies import tallies

    found = declared()
    for each in found.hosts:
        say(f"declared  {each.driver} {each.host}:{each.port}  {each.why}")
    for line in found.left_out:
        say(f"left out  {line}")
    since = clock.now() - timedelta(days=1)
    for kind in ("sent", "broke", "refused", "sighted"):
        for name, count in sorted(tallies(brand=OPERATOR, kind=f"egress.{kind}", since=since).items()):
            say(f"{kind:<9} {name}  {count}")
    return 0
