"""Look up the words of the policy language: categories, purposes, streams, roles, phrases of the page."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from hostkeep.kernel.ids import CategoryId

LANGUAGES = ("en", "vi")
"""The languages every term has a label in; the first stands in for any other."""


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the vocabulary, a row of terms.csv.

    kind        "category", "purpose", "stream", "role", "class", "form", "cookie", ...
    dpv         its terms in the W3C Data Privacy Vocabulary 2.3; empty where that has none
    parent      of a category: the category it belongs to, or ""
    keep_class  of a category: its retention class unless a policy says otherwise
    mark        of a category: its sensitivity; of a stream: "mass" where many get the same mail
    points      of a category: the names of its inputs; of a stream: its purpose; else empty
    label       what people read, by language
    """

    kind: str
    id: str
    dpv: tuple[str, ...]
    parent: str
    keep_class: str
    mark: str
    points: tuple[str, ...]
    label: Mapping[str, str]


def terms(kind: str) -> Mapping[str, Term]:
    """Return the words of one kind by id, in the order of the file; empty for a kind there is not."""
    return _all().get(kind, MappingProxyType({}))


def say(kind: str, name: str, language: str) -> str:
    """Return what people read for a word, in English where the language is not among LANGUAGES.

    Raises KeyError for a word there is not.
    """
    label = terms(kind)[name].label
    return label.get(language, label[LANGUAGES[0]])


def family(category: CategoryId) -> frozenset[CategoryId]:
    """Return a category and all its children; for a category there is not, itself alone."""
    found = {category}
    rows = terms("category").values()
    while more := {CategoryId(row.id) for row in rows if row.parent in found} - found:
        found |= more
    return frozenset(found)


def inputs_of(category: CategoryId) -> tuple[str, ...]:
    """Return the names of the inputs that ask for a category: its own id unless the vocabulary says other.

    Raises KeyError for a category there is not.
    """
    return terms("category")[category].points or (category,)


ADDRESS = CategoryId("address")

OPTIONAL_INPUTS = frozenset({"postal_code", "region"})
"""Inputs of an address that may stay empty wherever one is asked: not every country has them."""


def must_be_given(category: CategoryId, name: str, *, required: bool) -> bool:
    """Say whether one input of a category must be filled in.  required: whether the policy demands it."""
    return required and not (category == ADDRESS and name in OPTIONAL_INPUTS)


@cache
def _all() -> Mapping[str, Mapping[str, Term]]:
    """Read terms.csv once."""
    source = files("hostkeep.policy.vocabulary").joinpath("terms.csv").read_text(encoding="utf-8")
    kinds: dict[str, dict[str, Term]] = {}
    for row in csv.DictReader(source.splitlines()):
        kinds.setdefault(row["kind"], {})[row["id"]] = _term(row)
    return MappingProxyType({kind: MappingProxyType(words) for kind, words in kinds.items()})


def _term(row: Mapping[str, str]) -> Term:
    """Make a term of one row."""
    return Term(
        kind=row["kind"],
        id=row["id"],
        dpv=tuple(row["dpv"].split()),
        parent=row["parent"],
        keep_class=row["class"],
        mark=row["mark"],
        points=tuple(row["points"].split()),
        label=MappingProxyType({language: row[language] for language in LANGUAGES}),
    )
