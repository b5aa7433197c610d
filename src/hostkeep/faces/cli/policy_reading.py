"""`policy explain` and `policy diff`: why something may be read, and what changes between two versions."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hostkeep.faces.cli.policies import with_problems
from hostkeep.faces.cli.setting_up import ready_and_checked
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId
from hostkeep.policy.book import Policy
from hostkeep.policy.changes import changes_between, weigh
from hostkeep.policy.compile import compile_policy
from hostkeep.policy.decide import Ask
from hostkeep.policy.explain import Explanation, unknown_words
from hostkeep.policy.explain import explain as explained
from hostkeep.policy.render.changes import ChangeRow, Part, say_changes
from hostkeep.policy.vocabulary.terms import terms

YES, NO, UNKNOWN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Source:
    """A policy, and which version of it this is: None for a file."""

    policy: Policy
    version: int | None


class Refused(Exception):
    """What was asked cannot be answered; its text says why and what to do."""


def explain(arguments: argparse.Namespace) -> int:
    """Print whether a role may read a category for a purpose, the clause, its text and the version.

    Returns 0 on yes, 1 on no, 2 on words that no policy knows or a policy that cannot be read.
    """
    has = frozenset(each.strip() for each in arguments.has.split(",") if each.strip())
    ask = Ask(CategoryId(arguments.data), PurposeId(arguments.purpose), arguments.role, has)
    if unknown := unknown_words(ask):
        for kind, word, near in unknown:
            _complain(f"There is no {kind} `{word}`. {_meant(kind, near)}")
        return UNKNOWN
    try:
        source = _source(arguments)
    except Refused as refusal:
        return _complain(str(refusal))
    found = explained(source.policy, ask, arguments.lang or source.policy.languages[0])
    if arguments.json:
        _print_json({**_asked(ask), **asdict(found), **_named(source)})
    else:
        sys.stdout.write("\n".join(_lines(source, found)) + "\n")
    return YES if found.allowed else NO


def diff(arguments: argparse.Namespace) -> int:
    """Print what changes between two versions: grouped by kind, each with its reason, material or not.

    Returns 0, or 2 where a policy cannot be read.
    """
    try:
        old, new = _two(arguments)
    except Refused as refusal:
        return _complain(str(refusal))
    language = arguments.lang or new.languages[0]
    if arguments.json:
        _print_json(_difference(old, new, language))
    else:
        sys.stdout.write("\n".join(_told(old, new, language)) + "\n")
    return YES


def _complain(says: str) -> int:
    """Write what is wrong; return the exit code."""
    sys.stderr.write(f"hostkeep: {says}\n" if says else "")
    return UNKNOWN


def _meant(kind: str, near: tuple[str, ...]) -> str:
    """Say which words could have been meant."""
    if near:
        return f"Did you mean {' or '.join(f'`{each}`' for each in near)}?"
    return f"Write one of: {', '.join(terms(kind))}."


def _print_json(data: Mapping[str, Any]) -> None:
    """Print for programs."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def _file(name: str) -> Policy:
    """Compile a file.  Raises Refused; what is wrong inside it is printed by then."""
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise Refused(f"{name} cannot be read: {why}.") from None
    policy = with_problems(lambda: compile_policy(text, file=name))
    if policy is None:
        raise Refused("")
    return policy


def _source(arguments: argparse.Namespace) -> Source:
    """Return the policy that is asked about.  Raises Refused, NoSuchBrand."""
    if arguments.file:
        if getattr(arguments, "at", None):
            raise Refused("A file has no times: --at goes with --brand.")
        return Source(_file(arguments.file), None)
    ready_and_checked()
    return _in_force(arguments.brand, arguments.at)


def _moment(text: str, zone: str) -> datetime:
    """Read a time; one that names no zone is meant in the brand's.  Raises Refused."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"`{text}` is no time. Write it like 2026-11-26T12:00:00+00:00.") from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))


def _in_force(brand: str, at: str | None) -> Source:
    """Return a brand's policy in force at a time, now where none is given.  Raises Refused, NoSuchBrand."""
    from hostkeep.brands import queries
    from hostkeep.runtime import clock

    known = queries.brand(BrandId(brand))
    moment = _moment(at, known.zone) if at else clock.now()
    row = next((row for row in queries.versions_of(known.id) if row.effective_at <= moment), None)
    if row is None:
        raise Refused(f"No policy of {brand} was in force at {moment.isoformat()}.")
    return Source(queries.policy_by_digest(row.digest), row.version)


def _two(arguments: argparse.Namespace) -> tuple[Policy, Policy]:
    """Return the old and the new version.  Raises Refused, NoSuchBrand."""
    files = [each for each in (arguments.old, arguments.new) if each]
    two_files = len(files) == 2 and not arguments.brand and not arguments.file  # noqa: PLR2004  OLD and NEW
    against_brand = not files and arguments.brand and arguments.file
    if two_files:
        return _file(files[0]), _file(files[1])
    if not against_brand:
        raise Refused("Name two files, OLD and NEW, or a brand and a file: --brand B --file F.")
    new = _file(arguments.file)
    ready_and_checked()
    return _in_force(arguments.brand, None).policy, new


def _asked(ask: Ask) -> dict[str, Any]:
    """Repeat the question for programs."""
    return {"role": ask.role, "purpose": ask.purpose, "data": ask.category, "has": sorted(ask.has)}


def _named(source: Source) -> dict[str, Any]:
    """Name the version for programs."""
    return {"brand": source.policy.brand, "version": source.version, "digest": source.policy.digest}


def _lines(source: Source, found: Explanation) -> Iterator[str]:
    """Write an explanation for people."""
    yield "yes" if found.allowed else "no"
    yield f"why      {found.says}"
    yield f"clause   {found.clause}"
    yield f"text     {found.text}"
    if found.keep:
        yield f"kept by  {found.keep}"
    if found.needs:
        yield f"needs    {', '.join(found.needs)}"
    if found.others:
        yield f"instead  {', '.join(found.others)}"
    number = f"version {source.version}" if source.version else "a file"
    yield f"policy   {source.policy.brand}, {number}, digest {source.policy.digest}"


def _difference(old: Policy, new: Policy, language: str) -> dict[str, Any]:
    """Write a difference for programs: the codes, and the same in words."""
    return {
        "old": old.digest,
        "new": new.digest,
        **asdict(weigh(old, new)),
        "changes": [asdict(each) for each in changes_between(old, new)],
        "groups": [
            {"kind": group.kind, "title": group.title, "rows": [_row(row) for row in group.rows]}
            for group in say_changes(old, new, language)
        ],
    }


def _row(row: ChangeRow) -> dict[str, Any]:
    """Write one row for programs, its words whole."""
    return {**asdict(row), "old": _whole(row.old), "new": _whole(row.new)}


def _whole(parts: tuple[Part, ...]) -> str:
    """Put the parts of a text together again."""
    return "".join(text for text, _ in parts)


def _told(old: Policy, new: Policy, language: str) -> Iterator[str]:
    """Write a difference for people."""
    for group in say_changes(old, new, language):
        yield f"{group.title} ({group.kind})"
        for row in group.rows:
            mark = "material" if row.material else "minor"
            yield f"  {mark:<9}{row.clause:<8}{row.heading}: {row.why}"
            yield from (f"           {sign} {_whole(words)}" for sign, words in _signed(row) if words)
    weight = weigh(old, new)
    if weight.material:
        yield f"The change is material: {', '.join(weight.reasons)}."
    else:
        yield "The change is not material." if old.digest != new.digest else "Nothing changes."


def _signed(row: ChangeRow) -> tuple[tuple[str, tuple[Part, ...]], ...]:
    """Return the old words with a minus and the new ones with a plus; words that stay get an equals sign."""
    stays = row.what == "changed" and not row.old
    return ("-", row.old), ("=" if stays else "+", row.new)
