"""What changed between two versions, as people read it: grouped, with the old and the new words, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.book import Policy
from hostkeep.policy.changes import Change, changes_between
from hostkeep.policy.changing.change import What
from hostkeep.policy.render.readings import say_readings
from hostkeep.policy.render.things.saying import listed, word
from hostkeep.policy.render.things.whole import heading_of, say_thing
from hostkeep.policy.vocabulary.terms import say, terms

Part = tuple[str, bool]
"""Some words, and whether they are the ones that changed."""

FIRST = ("collect", "use", "disclose")
"""Kinds of change that are told first: what is collected, how it is used, to whom it is given."""

_WORDS = re.compile(r"\s*(?:\w+|[^\w\s])")
"""A word or a sign with the space before it, so that words which change in a row are marked as one."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One thing that changed, in one language.

    heading  what it is about: "Cookie: __Host-keep"
    clause   in the new policy, or the old one where the new has none
    why      the reasons in words
    old      its words before, in parts; empty where it is new, or where the words stay
    new      its words now, in parts; empty where it is gone
    """

    heading: str
    clause: ClauseId
    what: What
    material: bool
    why: str
    old: tuple[Part, ...]
    new: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """The changes of one kind.  title: "What we collect"."""

    kind: str
    title: str
    rows: tuple[ChangeRow, ...]

    @property
    def material(self) -> bool:
        """Whether any of them is material."""
        return any(row.material for row in self.rows)


def say_changes(old: Policy, new: Policy, language: str) -> tuple[ChangeGroup, ...]:
    """Return all that changes from old to new, in a language; nothing for two of the same digest.

    Collecting, use and disclosure come first, the other kinds follow in the reading order of the policy.
    """
    changes = changes_between(old, new)
    kinds = (*FIRST, *(kind for kind in terms("kind") if kind not in FIRST))
    return tuple(
        ChangeGroup(kind, say("kind", kind, language), rows)
        for kind in kinds
        if (rows := _rows(old, new, [each for each in changes if each.kind == kind], language))
    )


def _rows(old: Policy, new: Policy, changes: Sequence[Change], language: str) -> tuple[ChangeRow, ...]:
    """Say the changes of one kind, one row a thing; cells of the table that change alike share a row."""
    cells = [each for each in changes if each.thing.startswith("use ")]
    rest = [each for each in changes if not each.thing.startswith("use ")]
    by_thing = {thing: [each for each in rest if each.thing == thing] for thing in _things(rest)}
    rows = [_row(old, new, found, language) for found in by_thing.values()]
    for reading in say_readings(old, new, cells, language):
        heading = heading_of("use", reading.purpose, language)
        rows.append(_worded(heading, reading.changes, (reading.before, reading.after), language))
    return tuple(rows)


def _things(changes: Iterable[Change]) -> Iterator[str]:
    """Go through the things that changed, each once."""
    return iter(dict.fromkeys(each.thing for each in changes))


def _row(old: Policy, new: Policy, found: Sequence[Change], language: str) -> ChangeRow:
    """Say all changes of one thing."""
    thing = found[0].thing
    before, after = say_thing(old, thing, language), say_thing(new, thing, language)
    heading = heading_of(thing, after.name or before.name, language)
    tongues = _tongues(old, new, thing) if any(each.why == "reworded" for each in found) else ()
    if before == after and tongues:
        # The reader's own words stay; what changed is shown in the language it changed in, and named.
        heading = f"{heading} ({listed(word('tongue', each, language) for each in tongues)})"
        before, after = (say_thing(each, thing, tongues[0]) for each in (old, new))
    if found[0].what == "changed" and after.name != before.name:
        # What it is called stands in the heading; a new name must be seen to be one.
        words = (f"{before.name}: {before.words}", f"{after.name}: {after.words}")
    else:
        words = (before.words, after.words)
    return _worded(heading, found, words, language)


def _tongues(old: Policy, new: Policy, thing: str) -> tuple[str, ...]:
    """Return the languages in which the words of a thing changed, where they did not in the reader's own."""
    both = (each for each in new.languages if each in old.languages)
    return tuple(each for each in both if say_thing(old, thing, each) != say_thing(new, thing, each))


def _worded(heading: str, found: Sequence[Change], words: tuple[str, str], language: str) -> ChangeRow:
    """Make a row of changes that share their words."""
    before, after = words
    if found[0].what == "added" or before == after:
        before = ""
    if found[0].what == "removed":
        after = ""
    old, new = _parts(before, after)
    reasons = dict.fromkeys(say("weight", each.why, language) for each in found)
    return ChangeRow(
        heading=heading,
        clause=found[0].clause,
        what=found[0].what,
        material=any(each.material for each in found),
        why="; ".join(reasons),
        old=old,
        new=new,
    )


def _parts(old: str, new: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Split two texts into the words they share and the words they do not."""
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    left: list[Part] = []
    right: list[Part] = []
    for step, i1, i2, j1, j2 in SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        left.extend(_marked("".join(a[i1:i2]), changed=step != "equal"))
        right.extend(_marked("".join(b[j1:j2]), changed=step != "equal"))
    return tuple(left), tuple(right)


def _marked(text: str, *, changed: bool) -> Iterator[Part]:
    """Make the parts of some words; the space before words that changed is not marked with them."""
    words = text.lstrip()
    if changed and words != text:
        yield text[: len(text) - len(words)], False
        yield words, True
    elif text:
        yield text, changed
