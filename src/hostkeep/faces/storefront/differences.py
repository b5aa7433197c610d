"""What changed between two versions of a policy, as people read it: word by word, in their language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from hostkeep.policy.render.page import PolicyPage

Part = tuple[str, bool]
"""Some words, and whether they are the ones that changed."""

_WORDS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class Difference:
    """One sentence or rule that changed.

    what     "added", "removed" or "changed"
    heading  what it is about: a kind of clause, a cookie, a field
    old, new  its parts; empty for what was added or removed
    """

    what: Literal["added", "removed", "changed"]
    heading: str
    clause: str
    old: tuple[Part, ...]
    new: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """One thing the page says."""

    heading: str
    clause: str
    text: str


def differences(old: PolicyPage, new: PolicyPage) -> tuple[Difference, ...]:
    """Compare two pages in one language: the clauses first, then the rules behind them."""
    before, after = dict(_lines(old)), dict(_lines(new))
    return tuple(_compared(before, after))


def _compared(before: Mapping[str, _Line], after: Mapping[str, _Line]) -> Iterator[Difference]:
    for key, line in after.items():
        was = before.get(key)
        if was is None:
            yield Difference("added", line.heading, line.clause, (), ((line.text, True),))
        elif was.text != line.text:
            old, new = _parts(was.text, line.text)
            yield Difference("changed", line.heading, line.clause, old, new)
    for key, line in before.items():
        if key not in after:
            yield Difference("removed", line.heading, line.clause, ((line.text, True),), ())


def _parts(old: str, new: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Split two texts into the words they share and the words they do not."""
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    left: list[Part] = []
    right: list[Part] = []
    for step, i1, i2, j1, j2 in SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        same = step == "equal"
        if i1 != i2:
            left.append(("".join(a[i1:i2]), not same))
        if j1 != j2:
            right.append(("".join(b[j1:j2]), not same))
    return tuple(left), tuple(right)


def _lines(page: PolicyPage) -> Iterator[tuple[str, _Line]]:
    """Say everything the page says, each under a key of its own."""
    for group in page.groups:
        for each in group.clauses:
            yield f"clause {each.id}", _Line(group.title, each.id, each.text)
    for field in page.fields:
        text = f"{field.ask}: {field.why}"
        yield f"field {field.form} {field.field}", _Line(f"{field.form}, {field.field}", field.clause, text)
    for cookie in page.cookies:
        text = f"{cookie.purpose}; {cookie.life}; {cookie.holds}"
        yield f"cookie {cookie.name}", _Line(cookie.name, cookie.clause, text)
    for one in page.recipients:
        text = f"{', '.join(one.gets)}; {one.basis}; {one.country}"
        yield f"recipient {one.name}", _Line(one.name, one.clause, text)
    for stream in page.streams:
        text = f"{', '.join(stream.channels)}; {stream.default}"
        yield f"stream {stream.name}", _Line(stream.name, stream.clause, text)
    for rule in page.retention:
        text = f"{', '.join(rule.what)}: {rule.term}, {rule.end}"
        yield f"retention {rule.name}", _Line(rule.name, rule.clause, text)
