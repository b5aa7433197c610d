"""The small parts of a JSON-LD document: names of nodes, references, texts and spans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from hostkeep.policy.book import Text
from hostkeep.policy.durations import write_duration
from hostkeep.policy.vocabulary.terms import terms

Node = dict[str, Any]
"""One node of the graph: "@id", "@type" and what is said of it."""

PLACE = "p"
"""The prefix of what belongs to one version of one policy."""


def ref(name: str) -> Node:
    """Return a reference to a node."""
    return {"@id": name}


def refs(names: Iterable[str]) -> list[Node]:
    """Return references to nodes, sorted, each once."""
    return [ref(name) for name in sorted(set(names))]


def word(kind: str, name: str) -> str:
    """Return the name of one of our own words: "x:purpose-offers"."""
    return f"x:{kind}-{name}"


def words(kind: str, names: Iterable[str]) -> list[Node]:
    """Return references to some of our own words of a kind."""
    return refs(word(kind, name) for name in names)


def part(kind: str, name: object) -> str:
    """Return the name of a part of this policy: "p:clause-V6-2"."""
    return f"{PLACE}:{kind}-{name}"


def source(clause: str) -> Node | None:
    """Return a reference to a clause; None for what a law added and no clause speaks of."""
    return ref(part("clause", clause)) if clause else None


def texts(text: Text) -> list[Node]:
    """Write a text with its languages."""
    return [{"@value": said, "@language": language} for language, said in text.items()]


def span(length: timedelta) -> Node:
    """Write a length of time."""
    return {"@value": write_duration(length), "@type": "xsd:duration"}


def word_node(kind: str, name: str, top: str, label: Text | None = None) -> Node:
    """Say of one of our own words what it is called, and which terms of the vocabulary are broader.

    top    the class it is of: "dpv:Purpose"
    label  as the policy words it; else as the vocabulary does
    """
    term = terms(kind)[name]
    return {
        "@id": word(kind, name),
        "@type": top,
        "skos:prefLabel": texts(term.label if label is None else label),
        "skos:broader": refs(term.dpv),
    }


def without_empty(node: Mapping[str, Any]) -> Node:
    """Leave out what says nothing."""
    return {key: value for key, value in node.items() if value not in ([], None, "")}
