"""What a thing of a policy is called, and what stands there, in one language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import NamedTuple

from hostkeep.policy.book import Policy
from hostkeep.policy.durations import say_duration
from hostkeep.policy.render.wording import said
from hostkeep.policy.vocabulary.terms import say, terms


class Saying(NamedTuple):
    """A thing as it stands in one version.

    name   which one of its sort: "Sign-up, E-mail address"; empty where there is only one
    words  what stands there; empty where the version does not have it
    """

    name: str
    words: str


NOTHING = Saying("", "")

Sayer = Callable[[Policy, str, str], Saying]
"""Says a thing: the policy, the name in the thing's key, the language."""


def joined(*parts: str) -> str:
    """Put what there is of some parts in one line: "a; b"."""
    return "; ".join(part for part in parts if part)


def listed(parts: Iterable[str]) -> str:
    """Put a list in one line: "a, b"."""
    return ", ".join(parts)


def phrase(name: str, language: str, **filled: str | int) -> str:
    """Say a phrase of the vocabulary with its gaps filled."""
    return say("phrase", name, language).format(**filled)


def yes_or_no(language: str, *, holds: bool) -> str:
    """Say yes or no."""
    return phrase("yes" if holds else "no", language)


def span_or_none(span: timedelta | None, language: str) -> str:
    """Say a span, or that no limit is stated."""
    return phrase("no_end", language) if span is None else say_duration(span, language)


def word(kind: str, name: str, language: str) -> str:
    """Say a word of the vocabulary; one that is not in it as it is written."""
    return say(kind, name, language) if name in terms(kind) else name


def category_name(policy: Policy, name: str, language: str) -> str:
    """Name a category as the policy does, or as the vocabulary does where the policy has it not."""
    own = next((each.label for each in policy.categories.values() if each.id == name), None)
    return said(own, language) if own else word("category", name, language)
