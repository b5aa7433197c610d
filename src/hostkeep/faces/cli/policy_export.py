"""Writing a policy in the forms that others read."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hostkeep.faces.cli.policies import with_problems
from hostkeep.faces.cli.setting_up import ready_and_checked
from hostkeep.kernel.ids import BrandId
from hostkeep.policy.book import Policy
from hostkeep.policy.compile import compile_policy
from hostkeep.policy.editors import policy_schema
from hostkeep.policy.export.document import Document, policy_document
from hostkeep.policy.export.jsonld import policy_jsonld
from hostkeep.policy.export.markdown import markdown
from hostkeep.policy.export.page_html import page_html
from hostkeep.policy.export.plain import plain_text
from hostkeep.policy.export.ropa import processing_record, record_document, record_json
from hostkeep.policy.render.page import policy_page
from hostkeep.policy.vocabulary.terms import LANGUAGES

WRITERS: Mapping[str, Callable[[Document], str]] = {
    "html": page_html,
    "markdown": markdown,
    "text": plain_text,
}


def render(arguments: argparse.Namespace) -> int:
    """Write the public policy as HTML, Markdown or plain text."""
    return _with_policy(arguments, lambda policy, language: _page(policy, language, arguments.form))


def export(arguments: argparse.Namespace) -> int:
    """Write a policy as JSON-LD, as the record of processing activities, or as Markdown."""
    if arguments.json and arguments.form != "ropa":
        sys.stderr.write("hostkeep: --json goes with --ropa; --dpv is JSON already.\n")
        return 2
    return _with_policy(arguments, lambda policy, language: _exported(policy, language, arguments))


def schema() -> int:
    """Write the JSON Schema of policy.yaml."""
    sys.stdout.write(_json(policy_schema()))
    return 0


def _with_policy(arguments: argparse.Namespace, write: Callable[[Policy, str], str]) -> int:
    """Read the policy that is asked for and write it in the language that is asked for."""
    policy = _policy_of(arguments)
    if policy is None:
        return 2
    language = arguments.lang or policy.languages[0]
    if language not in {*policy.languages, *LANGUAGES}:
        known = ", ".join(dict.fromkeys((*policy.languages, *LANGUAGES)))
        sys.stderr.write(f"hostkeep: this policy is not told in `{language}`; write one of: {known}.\n")
        return 2
    sys.stdout.write(write(policy, language))
    return 0


def _policy_of(arguments: argparse.Namespace) -> Policy | None:
    """Return the policy of a file, or a brand's in force; None after saying what is wrong with the file."""
    if arguments.file:
        return _of_file(arguments.file)
    ready_and_checked()
    from hostkeep.brands.queries import policy_by_digest, version_in_force
    from hostkeep.runtime import clock

    return policy_by_digest(version_in_force(BrandId(arguments.brand), clock.now()).digest)


def _of_file(name: str) -> Policy | None:
    """Compile a policy file; None after saying why it cannot be read or what is wrong with it."""
    try:
        source = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(
            f"hostkeep: {name} cannot be read: {getattr(error, 'strerror', None) or 'no text'}\n"
        )
        return None
    return with_problems(lambda: compile_policy(source, file=name))


def _page(policy: Policy, language: str, form: str) -> str:
    """Write the public page in a form."""
    return WRITERS[form](policy_document(policy_page(policy, language)))


def _exported(policy: Policy, language: str, arguments: argparse.Namespace) -> str:
    """Write what `export` was asked for."""
    if arguments.form == "dpv":
        return _json(policy_jsonld(policy))
    if arguments.form == "markdown":
        return _page(policy, language, "markdown")
    record = processing_record(policy, language)
    return _json(record_json(record)) if arguments.json else markdown(record_document(record))


def _json(data: Mapping[str, Any]) -> str:
    """Write data for programs."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
