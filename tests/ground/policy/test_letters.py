"""One policy in all its forms, and its changes and receipts, word by word.

`python -m tests.ground.policy.test_letters` writes the files in `letters` anew; their difference is then read
by a person.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hostkeep.policy.book import Policy
from hostkeep.policy.changes import changes_between, weigh
from hostkeep.policy.consent import matters_of
from hostkeep.policy.decide import Ask
from hostkeep.policy.explain import explain
from hostkeep.policy.export.document import policy_document
from hostkeep.policy.export.jsonld import policy_jsonld
from hostkeep.policy.export.markdown import markdown
from hostkeep.policy.export.ropa import processing_record, record_document, record_json
from hostkeep.policy.language import NEEDS
from hostkeep.policy.receipts import Consent, Event, Pages, Shown, consent_receipt, notice_receipt
from hostkeep.policy.render.changes import ChangeRow, say_changes
from hostkeep.policy.render.facts import compare, facts_panel
from hostkeep.policy.render.page import policy_page
from hostkeep.policy.render.record import policy_json
from hostkeep.policy.vocabulary.terms import terms
from tests.ground.policy.rule_cases import CASES
from tests.ground.policy.small import EVERYTHING, changed, compiled, problems, small, whole
from tests.ground.policy.test_changes import HEAVIER, altered
from tests.ground.policy.test_refusals import SENSE, SHAPES

LETTERS = Path(__file__).parent / "letters"
LANGUAGES = ("en", "vi")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAGES = Pages("https://shop.example/privacy/", "https://shop.example/account/consents/", "https://shop.example/account/privacy/")
RECORD = UUID("018f0000-0000-7000-8000-000000000001")


def as_json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1)


def plain(policy: Policy) -> Policy:
    """The same policy under a digest that does not change with each letter of its file."""
    return replace(policy, digest="d" * 64)


def documents() -> str:
    """The public policy and the record of processing, in both languages."""
    policy = plain(whole())
    parts = []
    for language in LANGUAGES:
        parts.append(markdown(policy_document(policy_page(policy, language))))
        parts.append(markdown(record_document(processing_record(policy, language))))
    return "\n".join(parts)


def programs() -> str:
    """The policy as programs read it."""
    policy = plain(whole())
    times = {"announced_at": NOON, "effective_at": NOON + timedelta(days=21)}
    published = policy_json(policy, version=3, next={"version": 4}, **times)
    return as_json([published, record_json(processing_record(policy, "en"))])


def linked() -> str:
    """The policy as linked data, one thing a line, and three of each sort."""
    graph = policy_jsonld(plain(whole()))
    lines, seen = [json.dumps(graph["@context"])], Counter[tuple[str, ...]]()
    for each in graph["@graph"]:
        sort = (str(each.get("@type")), *each)
        seen[sort] += 1
        if seen[sort] <= 3:
            lines.append(json.dumps(each, ensure_ascii=False))
    return "\n".join(lines)


def panels() -> str:
    """The label, and both policies beside each other."""
    rows = [line for policy in (small(), whole()) for language in LANGUAGES for line in _panel(policy, language)]
    return "\n".join(rows)


def _panel(policy: Policy, language: str) -> Iterator[str]:
    yield from (" | ".join(astuple(each)) for each in facts_panel(policy, language))
    yield repr(astuple(compare(policy, language)))


def codes() -> str:
    """What changes, as the program knows it: each row of the changes, there and back."""
    lines = []
    for old, new, *_ in HEAVIER:
        other = compiled(changed(old, new, base=EVERYTHING))
        for one, two in ((whole(), other), (other, whole())):
            found = changes_between(one, two)
            lines += [" | ".join(map(str, astuple(each))) for each in found[:12]]
            lines.append(f"  {len(found)} {astuple(weigh(one, two))}")
    return "\n".join(lines)


def told() -> str:
    """What changes, as people read it: between two policies that have little in common, and by each row."""
    lines = []
    for language, old, new in (("en", small(), whole()), ("vi", whole(), small())):
        for group in say_changes(old, new, language):
            lines.append(f"{group.kind} | {group.title} | {group.material}")
            lines += [f"  {' | '.join(_row(row))}" for row in group.rows]
    for old, new, *_ in HEAVIER:
        other = compiled(changed(old, new, base=EVERYTHING))
        for language, one, two in (("vi", whole(), other), ("en", other, whole())):
            rows = [row for group in say_changes(one, two, language) for row in group.rows]
            lines += [" | ".join(_row(row)) for row in rows[:2]]
    return "\n".join(lines)


def _row(row: ChangeRow) -> Iterator[str]:
    """The parts of a row; what is marked stands between stars."""
    for each in astuple(row):
        yield "".join(f"*{text}*" if new else text for text, new in each) if isinstance(each, tuple) else str(each)


def fields_changed() -> str:
    """What changes with each field of the book, as the program knows it."""
    lines, seen = [], set[str]()
    for where, other in altered(whole()):
        sort = where.partition(" of ")[0]
        if sort in seen:
            continue
        seen.add(sort)
        other = replace(other, digest="f" * 64)
        lines.append(sort)
        lines += [f"  {' | '.join(map(str, astuple(each)))}" for each in changes_between(whole(), other)[:3]]
    return "\n".join(lines)


def book() -> str:
    """All that is in a compiled policy, a thing a line; of the table how many cells each clause has."""
    policy = plain(whole())
    cells = Counter((cell.clause, str(clean(cell.needs))) for cell in policy.table.values())
    found = clean(replace(policy, table={}))
    lines = [f"table {clause} {needs}: {count}" for (clause, needs), count in cells.items()]
    for name, value in found.items():
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else [("", value)]
        lines += [f"{name} {key}: {json.dumps(each, ensure_ascii=False)}" for key, each in inside]
    return "\n".join(lines)


def clean(value: Any) -> Any:
    """A value as JSON can write it."""
    if is_dataclass(value):
        return {each.name: clean(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): clean(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, tuple):
        return [clean(each) for each in value]
    return value if isinstance(value, str | int | None) else str(value)


def answers() -> str:
    """Questions with their answers, each in one of the languages."""
    draw, policy = random.Random(1), whole()
    lines = []
    for number in range(120):
        category, purpose, role = draw.choice(sorted(policy.table))
        if number % 3 == 0:
            category, purpose, role = (draw.choice([*terms(kind), "nothing"]) for kind in ("category", "purpose", "role"))
        question = Ask(category, purpose, role, frozenset(draw.sample(NEEDS, number % 2)))
        found = explain(policy, question, LANGUAGES[number // 3 % 2])
        lines.append(f"{category} {purpose} {role} {clean(question.has)}: {json.dumps(clean(found), ensure_ascii=False)}")
    return "\n".join(lines)


def places() -> str:
    """Where each broken policy of the other tests is wrong: rule, clause and line."""
    texts = [changed(row[0], row[1]) for row in (*SHAPES, *SENSE)]
    texts += [case.text() for case in CASES if not case.installed]
    found = [sorted((each.line, each.clause, each.rule, each.level) for each in problems(text)) for text in texts]
    return "\n".join(" ".join(f"{line}:{clause}:{rule}:{level}" for line, clause, rule, level in each) for each in found)


def receipts() -> str:
    """A receipt of each matter, and one of a box that was ticked."""
    found = []
    for policy in map(plain, (small(), compiled(f"{EVERYTHING}\n"))):
        events = tuple(
            Event(state, NOON + timedelta(days=day), 2, policy.digest, "vi", "account")
            for day, state in enumerate(("given", "withdrawn", "refused", "expired"))
        )
        for each in matters_of(policy):
            consent = Consent(RECORD, "00001234", each.purpose, each.recipient, each.clause, NOON + timedelta(days=9), events)
            found.append(consent_receipt(policy, consent, PAGES))
        found.append(notice_receipt(policy, Shown(RECORD, "00001234", "accept_policy", "signup", 2, policy.digest, NOON), PAGES))
    return as_json(found)


WRITERS: dict[str, Callable[[], str]] = {
    "documents.md": documents,
    "programs.json": programs,
    "linked.jsonl": linked,
    "panels.txt": panels,
    "codes.txt": codes,
    "told.txt": told,
    "receipts.json": receipts,
    "fields.txt": fields_changed,
    "book.txt": book,
    "answers.txt": answers,
    "places.txt": places,
}


GROUPS = {"codes.txt": "versions", "told.txt": "versions", "places.txt": "refusals"}
"""Those that work on texts of other tests: where several workers share the tests, one takes them all."""


@pytest.mark.parametrize("name", [pytest.param(each, marks=pytest.mark.xdist_group(GROUPS.get(each, each))) for each in sorted(WRITERS)])
def test_each_form_is_the_one_that_was_read_over(name: str) -> None:
    assert WRITERS[name]().splitlines() == (LETTERS / name).read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    LETTERS.mkdir(exist_ok=True)
    for name, writer in WRITERS.items():
        (LETTERS / name).write_text(writer().rstrip("\n") + "\n", encoding="utf-8")
