"""Spans of time as a policy writes them: ISO 8601, without months."""

from __future__ import annotations

import re
from datetime import timedelta

from hostkeep.policy.vocabulary.terms import say

_SHAPE = re.compile(
    r"P(?=.)(?:(?P<y>\d{1,3})Y)?(?:(?P<w>\d{1,4})W)?(?:(?P<d>\d{1,5})D)?"
    r"(?:T(?=.)(?:(?P<h>\d{1,4})H)?(?:(?P<m>\d{1,4})M)?(?:(?P<s>\d{1,5})S)?)?",
    re.ASCII,
)
PATTERN = re.sub(r"\?P<\w>", "?:", _SHAPE.pattern)
"""The same shape as a regular expression that other languages read too."""

_SECONDS = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_LETTERS = {"d": "D", "h": "H", "m": "M", "s": "S"}
_WORDS = {"y": "year", "d": "day", "h": "hour", "m": "minute", "s": "second"}


def read_duration(text: str) -> timedelta | None:
    """Read "P30D", "PT20M" or "P7Y2D"; None for anything else.  A year is 365 days, a week 7.

    There are no months, because they differ.  Source: ISO 8601-1:2019, 5.5.2.
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    return timedelta(seconds=sum(int(found[unit] or 0) * each for unit, each in _SECONDS.items()))


def write_duration(span: timedelta) -> str:
    """Write a span of whole seconds, not negative, as ISO 8601 in days, hours, minutes and seconds."""
    parts = _split(span, ("d", "h", "m", "s"))
    days = f"{parts['d']}D" if parts["d"] else ""
    clock = "".join(f"{parts[unit]}{_LETTERS[unit]}" for unit in ("h", "m", "s") if parts[unit])
    return f"P{days}T{clock}" if clock else f"P{days or '0D'}"


def say_duration(span: timedelta, language: str) -> str:
    """Say a span in words: "2 years and 1 day"; a span of nothing is "at once"."""
    parts = _split(span, tuple(_WORDS))
    said = [_count(number, _WORDS[unit], language) for unit, number in parts.items() if number]
    return f" {say('phrase', 'and', language)} ".join(said) or say("phrase", "at_once", language)


def _split(span: timedelta, units: tuple[str, ...]) -> dict[str, int]:
    """Split a span into units, the largest first."""
    rest = span.days * 86_400 + span.seconds
    parts = {}
    for unit in units:
        parts[unit], rest = divmod(rest, _SECONDS[unit])
    return parts


def _count(number: int, unit: str, language: str) -> str:
    """Say a number of units: "1 day", "3 days"."""
    return f"{number} {say('phrase', unit if number == 1 else unit + 's', language)}"
