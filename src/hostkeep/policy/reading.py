"""Read the YAML of a policy: plain maps, lists, texts, whole numbers and truths, each with its line.

The reader takes the harmless part of YAML 1.2 and refuses the rest with a line and a remedy: tabs, a key
twice, anchors and aliases (a short file can unfold to gigabytes), tags, dates, fractions, several documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.reader import ReaderError

from hostkeep.policy.canonical import LARGEST
from hostkeep.policy.desk import Desk, Path
from hostkeep.policy.errors import PolicyError, Problem
from hostkeep.policy.rules import UNREADABLE

LARGEST_FILE = 256 * 1024
"""The largest policy, in bytes of UTF-8."""

DEEPEST = 16
"""How many maps and lists may stand in one another."""

KEPT = 32
"""How many texts are remembered as they were read: reading one takes a third of a second."""

_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,15})", re.ASCII)
_NUMBER = re.compile(
    r"[-+]?(?:\d[\d_]*|\d*\.\d+|\d+\.\d*)(?:e[-+]?\d+)?|0x[\da-f]+|0o[0-7]+|[-+]?\.(?:inf|nan)",
    re.ASCII | re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt ].*)?", re.ASCII)


def text_of(data: bytes, *, file: str) -> str:
    """Return the text of a policy file's bytes; a mark of the byte order is left out.

    data  the file, or its first LARGEST_FILE + 1 bytes: a larger one is refused without being read
    file  its name in messages
    Raises PolicyError (too large, or no UTF-8).
    """
    if len(data) > LARGEST_FILE:
        raise PolicyError([_too_large(file)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise PolicyError([_no_utf8(file, line)]) from None


def _too_large(file: str) -> Problem:
    """Say that a file is too large."""
    says = f"The file is larger than {LARGEST_FILE} bytes, which is the most."
    return Problem(file, 1, "", says, "Shorten it.", UNREADABLE)


def _no_utf8(file: str, line: int) -> Problem:
    """Say that a file is no text."""
    return Problem(file, line, "", "The file is no proper UTF-8 text.", "Save it as UTF-8.", UNREADABLE)


def read_source(text: str, *, file: str) -> Desk:
    """Read a policy file's text and put it on a desk.

    file  its name in messages
    Raises PolicyError with every problem found.
    """
    text = text.removeprefix("\ufeff")
    if found := _outside(text, file):
        raise PolicyError(found)
    read = _read(text, file)
    if read.problems:
        raise PolicyError(list(read.problems))
    return Desk(file, read.data, read.lines)


@dataclass(frozen=True, slots=True)
class _Read:
    """What a text says, or what is wrong with it.  Nobody changes it: it is kept."""

    data: Any
    lines: Mapping[Path, int]
    problems: tuple[Problem, ...]


@lru_cache(maxsize=KEPT)
def _read(text: str, file: str) -> _Read:
    """Read a text.  The same says the same: a round of the promises reads each policy several times."""
    reader = _Reader(file)
    data = reader.read(text)
    if not reader.problems and not isinstance(data, dict):
        reader.note(1, "The file holds no map of keys.", "Begin it with `schema: hostkeep/1`.")
    return _Read(data, MappingProxyType(reader.lines), tuple(reader.problems))


def _outside(text: str, file: str) -> list[Problem]:
    """Look at the text before any YAML is read: its size, its letters, its tabs."""
    # The length in letters comes first: a text of many megabytes is not even encoded.
    if len(text) > LARGEST_FILE:
        return [_too_large(file)]
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        return [_no_utf8(file, 1)]
    if size > LARGEST_FILE:
        return [_too_large(file)]
    return [
        Problem(file, number, "", "There is a tab in this line.", "Write spaces.", UNREADABLE)
        for number, line in enumerate(text.split("\n"), start=1)
        if "\t" in line
    ]


@dataclass(slots=True)
class _Reader:
    """Builds plain data out of YAML events."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    lines: dict[Path, int] = field(default_factory=dict)

    def note(self, line: int, says: str, instead: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(self.file, line, "", says, instead, UNREADABLE))

    def read(self, text: str) -> Any:
        """Return the one document in text, or None where it cannot be read."""
        try:
            return self._document(iter(YAML(typ="safe", pure=True).parse(text)))
        except ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            self.note(line, "There is a character that YAML does not allow.", "Take it out.")
        except YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            says = f"This is not readable as YAML: {getattr(error, 'problem', error)}."
            self.note(mark.line + 1 if mark else 1, says, "Check quotes, colons and indentation here.")
        except _Stop:
            pass
        return None

    def _document(self, events: Iterator[Event]) -> Any:
        """Read all events; more than one document is a problem."""
        data: Any = None
        seen = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                seen += 1
                self._start(event, seen)
            elif isinstance(event, NodeEvent):
                data = self._node(event, events, ())
        return data

    def _start(self, event: DocumentStartEvent, seen: int) -> None:
        """Check how a document begins."""
        line = event.start_mark.line + 1
        if seen > 1:
            self.note(line, "A second document begins here.", "One file holds one policy: take out `---`.")
            raise _Stop
        if event.version not in (None, (1, 2)) or event.tags:
            self.note(line, "There is a directive other than `%YAML 1.2`.", "Take it out.")

    def _node(self, event: Event, events: Iterator[Event], at: Path) -> Any:
        """Build one value."""
        line = event.start_mark.line + 1
        self.lines.setdefault(at, line)
        if not isinstance(event, ScalarEvent | CollectionStartEvent):
            self.note(line, "There is an alias here.", 'Write the value out (a lone star: "*").')
            return None
        self._plain(event, line)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, line)
        if len(at) >= DEEPEST:
            self.note(line, f"Maps and lists stand deeper than {DEEPEST} in one another.", "Flatten them.")
            raise _Stop
        if isinstance(event, MappingStartEvent):
            return self._map(events, at)
        return self._list(events, at)

    def _plain(self, event: ScalarEvent | CollectionStartEvent, line: int) -> None:
        """Refuse what would make a value more than itself."""
        if event.anchor:
            self.note(line, f"There is an anchor, &{event.anchor}.", "Write the value where it is used.")
        if event.tag:
            self.note(line, f"There is a tag, {event.tag}.", "Take it out.")

    def _list(self, events: Iterator[Event], at: Path) -> list[Any]:
        """Build a list."""
        items: list[Any] = []
        while not isinstance(event := next(events), CollectionEndEvent):
            items.append(self._node(event, events, (*at, len(items))))
        return items

    def _map(self, events: Iterator[Event], at: Path) -> dict[str, Any]:
        """Build a map of texts to values."""
        found: dict[str, Any] = {}
        while not isinstance(event := next(events), CollectionEndEvent):
            key = self._key(event, events, at)
            line = event.start_mark.line + 1
            if key in found:
                first = self.lines[(*at, key)]
                self.note(line, f"The key `{key}` stands here twice (first in line {first}).", "Keep one.")
            self.lines.setdefault((*at, key), line)
            found[key] = self._node(next(events), events, (*at, key))
        return found

    def _key(self, event: Event, events: Iterator[Event], at: Path) -> str:
        """Read a key, which must be a plain text."""
        if isinstance(event, CollectionStartEvent):
            self._node(event, events, (*at, "?"))
            value: Any = None
        else:
            value = self._node(event, events, at)
        if isinstance(value, str):
            return value
        line = event.start_mark.line + 1
        self.note(line, "There is a key that is no text.", "Write a word, or put it in quotes.")
        return f"\0{line}:{event.start_mark.column}"

    def _scalar(self, event: ScalarEvent, line: int) -> Any:
        """Read a text, a whole number, a truth or nothing."""
        value = str(event.value)
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            self.note(line, "There is half a character (a lone surrogate).", "Write the whole character.")
            return None
        if event.style is not None or not event.implicit[0]:
            return value
        if value.lower() in _WORDS:
            return _WORDS[value.lower()]
        if _WHOLE.fullmatch(value) and abs(int(value)) <= LARGEST:
            return int(value)
        if _NUMBER.fullmatch(value) or _DATE.fullmatch(value):
            self.note(line, f"`{value}` would be read as a number or a date.", "Put it in quotes.")
        return value


class _Stop(Exception):
    """Reading on would not help."""
