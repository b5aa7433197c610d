"""`hostkeep policy ...`, parsed.  What each does is imported when it runs."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from hostkeep.faces.cli.adding import Commands, add_command


def add_policy_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add check, render, diff, explain, export, schema and announce."""
    about = "check, read, export or announce a policy"
    policy = commands.add_parser("policy", help=about, description=about).add_subparsers(
        required=True, metavar="WHAT"
    )
    check = add_command(policy, "check", "say what is wrong with a policy.yaml", _check)
    check.add_argument("file", nargs="+", metavar="FILE")
    _json(check)
    _render(policy)
    _reading(policy)
    _export(policy)
    add_command(policy, "schema", "print the JSON Schema of policy.yaml, for editors", _schema)
    _announce(policy)


def _render(policy: Commands[argparse.ArgumentParser]) -> None:
    """Add `policy render`."""
    render = add_command(policy, "render", "write the public policy as people read it", _policy_render)
    _source(render)
    told = {
        "html": "one page that needs nothing else",
        "markdown": "Markdown",
        "text": "plain text; meant by default",
    }
    _choice(render, "form", told, "text")
    _language(render)


def _reading(policy: Commands[argparse.ArgumentParser]) -> None:
    """Add `policy diff` and `policy explain`."""
    diff = add_command(policy, "diff", "say what changes between two versions, and what is material", _diff)
    diff.add_argument("old", nargs="?", metavar="OLD", help="a policy file")
    diff.add_argument("new", nargs="?", metavar="NEW", help="a policy file, compared with OLD")
    diff.add_argument("--brand", help="the brand whose version in force is the old one")
    diff.add_argument("--file", help="the new version, with --brand")
    _language(diff)
    _json(diff)
    explain = add_command(policy, "explain", "say whether somebody may read something, and why", _explain)
    _source(explain)
    explain.add_argument("--role", required=True, help="who asks: support, billing, system, ...")
    explain.add_argument("--purpose", required=True, help="what for: offers, support, dispute, ...")
    explain.add_argument("--data", required=True, metavar="CATEGORY", help="what: email, ip, ticket, ...")
    explain.add_argument("--has", default="", metavar="reason,case", help="what the asker brings")
    explain.add_argument("--at", metavar="ISO", help="by the version in force at this time; now by default")
    _language(explain)
    _json(explain)


def _export(policy: Commands[argparse.ArgumentParser]) -> None:
    """Add `policy export`."""
    export = add_command(policy, "export", "write the policy in another form", _policy_export)
    _source(export)
    told = {
        "dpv": "JSON-LD in terms of the Data Privacy Vocabulary 2.3",
        "ropa": "the record of processing activities; Markdown, or JSON with --json",
        "markdown": "the whole public policy",
    }
    _choice(export, "form", told)
    _language(export)
    export.add_argument("--json", action="store_true", help="with --ropa: as JSON")


def _announce(policy: Commands[argparse.ArgumentParser]) -> None:
    """Add `policy announce`."""
    announce = add_command(policy, "announce", "announce a new version", _policy_announce)
    announce.add_argument("--brand", required=True)
    announce.add_argument("--file", required=True)
    announce.add_argument("--effective", metavar="ISO", help="the earliest permitted time by default")
    announce.add_argument("--material", action="store_true", help="material even where it is not found to be")
    announce.add_argument("--tell", action="store_true", help="mail every customer in any case")
    _json(announce)


def _source(parser: argparse.ArgumentParser) -> None:
    """Ask for a brand's policy in force, or a file."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--brand", help="the version in force of a brand")
    source.add_argument("--file", help="a policy file; needs no database")


def _choice(
    parser: argparse.ArgumentParser, name: str, forms: Mapping[str, str], otherwise: str = ""
) -> None:
    """Offer one flag for each form, with its help; one must be given unless there is an `otherwise`."""
    group = parser.add_mutually_exclusive_group(required=not otherwise)
    for form, about in forms.items():
        group.add_argument(f"--{form}", action="store_const", const=form, dest=name, help=about)
    parser.set_defaults(**{name: otherwise})


def _language(parser: argparse.ArgumentParser) -> None:
    """Ask for a language; the policy's authoritative one by default."""
    parser.add_argument("--lang", metavar="vi", help="the policy's authoritative language by default")


def _json(parser: argparse.ArgumentParser) -> None:
    """Offer the answer for programs."""
    parser.add_argument("--json", action="store_true", help="for programs")


def _check(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.policies import check

    return check(arguments)


def _policy_render(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.policy_export import render

    return render(arguments)


def _diff(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.policy_reading import diff

    return diff(arguments)


def _explain(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.policy_reading import explain

    return explain(arguments)


def _policy_export(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.policy_export import export

    return export(arguments)


def _schema(_arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.policy_export import schema

    return schema()


def _policy_announce(arguments: argparse.Namespace) -> int:
    from hostkeep.faces.cli.policies import announce

    return announce(arguments)
