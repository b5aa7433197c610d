"""What a piece of a policy file may look like: small checks that are put together to larger ones.

A check takes the desk, the place and what stands there, and returns the clean value, or BAD after it has said
why.  Containers leave out what is BAD, so that the rest of the file is still checked.

A check also says of itself, as JSON Schema 2020-12, what it takes; editors.py makes one schema of all.  Where
a schema cannot say it (a text in each of the policy's languages), it is wider than the check, never narrower.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from hostkeep.policy.desk import Desk, Path
from hostkeep.policy.durations import PATTERN, read_duration

PLACE: Final = "@"
"""In the clean value of Keys: the path it stands at, since lists close up where something was left out."""

LONGEST_LIST = 500
"""The most entries of a list."""

LONGEST_TEXT = 4000
"""The longest text for people, in characters."""


class Bad:
    """The type of BAD."""


BAD: Final = Bad()
"""Returned by a check that has found its value wrong."""

Judge = Callable[[Desk, Path, Any], Any]
"""The judging part of a check."""

Schema = Mapping[str, Any]
"""A JSON Schema, or a part of one."""


class Check(Protocol):
    """A check, and what it says of itself."""

    @property
    def schema(self) -> Schema:
        """What it takes, as JSON Schema 2020-12."""

    def __call__(self, desk: Desk, at: Path, value: Any) -> Any:
        """Return the clean value, or BAD."""


@dataclass(frozen=True, slots=True)
class Described:
    """A check that is one function, with its schema."""

    judge: Judge
    schema: Schema

    def __call__(self, desk: Desk, at: Path, value: Any) -> Any:
        """Judge a value."""
        return self.judge(desk, at, value)


def described(schema: Schema) -> Callable[[Judge], Described]:
    """Make a check of a function, and say as a schema what it takes."""
    return lambda judge: Described(judge, schema)


def listed(words: Collection[str]) -> str:
    """Write words for a message: "a, b, c"."""
    return ", ".join(words)


def near(word: str, words: Collection[str]) -> str:
    """Say what could have been meant by word."""
    if close := difflib.get_close_matches(word, list(words), n=1):
        return f"Did you mean `{close[0]}`?"
    return f"Write one of: {listed(words)}."


def one_of(words: Collection[str], what: str, labels: Mapping[str, str] | None = None) -> Check:
    """A check for one word of a list.

    what    what the word is, for the message
    labels  what people read for each word, for the schema
    """
    known: Schema = {"title": what, "enum": list(words)}
    if labels is not None:
        known = {"title": what, "oneOf": [{"const": each, "description": labels[each]} for each in words]}

    @described(known)
    def check(desk: Desk, at: Path, value: Any) -> Any:
        if isinstance(value, str) and value in words:
            return value
        if isinstance(value, str):
            desk.say(at, f"There is no {what} `{value}`.", near(value, words))
        else:
            desk.say(at, f"Here stands no {what}.", f"Write one of: {listed(words)}.")
        return BAD

    return check


def pattern(shape: str, what: str, example: str) -> Check:
    """A check for a text of a shape (a regular expression)."""
    compiled = re.compile(shape, re.ASCII)

    @described({"title": what, "type": "string", "pattern": f"^(?:{shape})$", "examples": [example]})
    def check(desk: Desk, at: Path, value: Any) -> Any:
        if isinstance(value, str) and compiled.fullmatch(value):
            return value
        desk.say(at, f"Here stands no {what}.", f"Write it like `{example}`.")
        return BAD

    return check


_LINE: Schema = {"type": "string", "pattern": r"\S", "maxLength": LONGEST_TEXT}


@described(_LINE)
def line_of_text(desk: Desk, at: Path, value: Any) -> Any:
    """A check for one text that is not empty."""
    if isinstance(value, str) and value.strip() and len(value) <= LONGEST_TEXT:
        return " ".join(value.split())
    desk.say(at, "Here stands no text.", f"Write a text of 1 to {LONGEST_TEXT} characters.")
    return BAD


def text_schema(longest: int) -> Schema:
    """Say what a text by language looks like.  longest: letters in each language."""
    each = {**_LINE, "maxLength": longest}
    names = {"pattern": "^[a-z]{2}$"}
    return {
        "title": "text by language",
        "type": "object",
        "minProperties": 1,
        "propertyNames": names,
        "additionalProperties": each,
    }


@described(text_schema(LONGEST_TEXT))
def text(desk: Desk, at: Path, value: Any) -> Any:
    """A check for a text in every language of the policy."""
    if not isinstance(value, dict):
        desk.say(at, "Here stands no text by language.", f"Write {_by_language(desk)}.")
        return BAD
    found = {}
    for language in desk.languages:
        if language not in value:
            desk.say(at, f"The text has no `{language}`.", f"Write {_by_language(desk)}.")
            continue
        found[language] = line_of_text(desk, (*at, language), value[language])
    for language in value:
        if language not in desk.languages:
            desk.say(
                (*at, language), f"`{language}` is no language of the policy.", "Name it under `languages`."
            )
    return BAD if len(found) < len(desk.languages) or BAD in found.values() else found


def _by_language(desk: Desk) -> str:
    """Show how a text is written."""
    return "{" + ", ".join(f'{language}: "..."' for language in desk.languages) + "}"


@described({"type": "boolean"})
def flag(desk: Desk, at: Path, value: Any) -> Any:
    """A check for `true` or `false`."""
    if isinstance(value, bool):
        return value
    desk.say(at, "Here stands neither `true` nor `false`.", "Write `true` or `false`.")
    return BAD


def whole(least: int, most: int) -> Check:
    """A check for a whole number from least to most."""

    @described({"type": "integer", "minimum": least, "maximum": most})
    def check(desk: Desk, at: Path, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        desk.say(at, "Here stands no fitting number.", f"Write a whole number from {least} to {most}.")
        return BAD

    return check


@described(
    {"title": "duration", "type": "string", "pattern": f"^(?:{PATTERN})$", "examples": ["P30D", "PT20M"]}
)
def duration(desk: Desk, at: Path, value: Any) -> Any:
    """A check for an ISO 8601 duration; the clean value is a timedelta."""
    span = read_duration(value) if isinstance(value, str) else None
    if span is not None:
        return span
    desk.say(at, "Here stands no duration.", "Write it like `P30D`, `PT20M`, `P2Y`; there are no months.")
    return BAD


def many(item: Check, *, least: int = 0) -> Check:
    """A check for a list; the clean value is a tuple.  least: how many it must have."""

    @described({"type": "array", "items": item.schema, "minItems": least, "maxItems": LONGEST_LIST})
    def check(desk: Desk, at: Path, value: Any) -> Any:
        if not isinstance(value, list):
            desk.say(at, "Here stands no list.", "Write `[one, two]`.")
            return BAD
        if not least <= len(value) <= LONGEST_LIST:
            desk.say(at, "This list is too short or too long.", f"Give it {least} to {LONGEST_LIST} entries.")
            return BAD
        clean: list[Any] = []
        for number, each in enumerate(value):
            found = item(desk, (*at, number), each)
            if found in clean:
                desk.say((*at, number), f"`{each}` stands in this list twice.", "Take one out.")
            elif found is not BAD:
                clean.append(found)
        return tuple(clean)

    return check


def by_name(key: Check, item: Check) -> Check:
    """A check for a map of names to values; the clean value is a dict."""

    @described(_map_schema(key.schema, item.schema))
    def check(desk: Desk, at: Path, value: Any) -> Any:
        if not isinstance(value, dict):
            desk.say(at, "Here stands no map.", "Write `name: value` lines, or `{}` for none.")
            return BAD
        clean = {}
        for name, each in value.items():
            known = key(desk, (*at, name), name)
            found = item(desk, (*at, name), each)
            if known is not BAD and found is not BAD:
                clean[name] = found
        return clean

    return check


def _map_schema(key: Schema, item: Schema) -> Schema:
    """Say what a map looks like: each known word as a key of its own, else the shape of the keys."""
    if "oneOf" not in key:
        return {"type": "object", "propertyNames": key, "additionalProperties": item}
    known = {each["const"]: {"description": each["description"], "allOf": [item]} for each in key["oneOf"]}
    return {"type": "object", "properties": known, "additionalProperties": False}


@dataclass(frozen=True, slots=True)
class Keys:
    """A check for a map with known keys; the clean value is a dict, with its own place under PLACE.

    must  keys that must stand there
    may   keys that may; what is left out is not in the clean value
    """

    must: Mapping[str, Check]
    may: Mapping[str, Check] = field(default_factory=dict)

    @property
    def schema(self) -> Schema:
        """A map with these keys and no other."""
        known = {**self.must, **self.may}
        return {
            "type": "object",
            "properties": {name: check.schema for name, check in known.items()},
            "required": list(self.must),
            "additionalProperties": False,
        }

    def __call__(self, desk: Desk, at: Path, value: Any) -> Any:
        """Return the clean map, or BAD if one of the keys that must stand there is missing or wrong."""
        clean = self.parts(desk, at, value)
        return BAD if any(name not in clean for name in self.must) else clean

    def parts(self, desk: Desk, at: Path, value: Any) -> dict[str, Any]:
        """Return what is right of the map, be it all or nothing."""
        if not isinstance(value, dict):
            desk.say(at, "Here stands no map.", f"Write a map with: {listed([*self.must, *self.may])}.")
            return {}
        known = {**self.must, **self.may}
        for name in self.must:
            if name not in value:
                desk.say(at, f"The key `{name}` is missing.", "Add it.")
        clean: dict[str, Any] = {PLACE: at}
        for name, each in value.items():
            if name not in known:
                desk.say((*at, name), f"There is no key `{name}` here.", near(name, known))
            elif (found := known[name](desk, (*at, name), each)) is not BAD:
                clean[name] = found
        return clean
