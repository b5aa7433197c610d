"""Answers to the plain questions of a product."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hostkeep.shop.errors import BadAnswer
from hostkeep.shop.rules.catalogue import Question

LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
"""One label of a host name.  Source: RFC 1123, section 2.1 (letters, digits, hyphens inside)."""

LONGEST_NAME = 253
"""Source: RFC 1035, section 2.3.4, less the length bytes."""


def read_answers(questions: Sequence[Question], typed: Mapping[str, str]) -> dict[str, str]:
    """Return the answers by question, in the form they are kept.

    typed  what a person typed, by the question's slug; may lack some
    Raises BadAnswer, which names the question.
    """
    return {question.slug: _domain_name(question, typed.get(question.slug, "")) for question in questions}


def _domain_name(question: Question, typed: str) -> str:
    """Return a domain name in lower case, by its ASCII form."""
    name = _ascii(typed.strip().rstrip(".").lower())
    labels = name.split(".")
    ending = question.ending.lower()
    fits = name.endswith(ending) and len(name) > len(ending) and len(name) <= LONGEST_NAME
    if len(labels) > 1 and fits and all(LABEL.fullmatch(label) for label in labels):
        return name
    raise BadAnswer(question=question.slug, ending=question.ending)


def _ascii(name: str) -> str:
    """Return a name's ASCII form, or an empty text where it has none.  Source: RFC 3490."""
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
