"""The terms of the W3C Data Privacy Vocabulary 2.3 that the policy language is bound to.

dpv.csv holds them, with all their parents, as tools/dpv.py took them from the published tables.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from hostkeep.policy.canonical import digest_of

VERSION = "2.3"
"""The version of the vocabulary that is pinned."""

NAMESPACES: Mapping[str, str] = MappingProxyType(
    {
        "dpv": "https://w3id.org/dpv#",
        "pd": "https://w3id.org/dpv/pd#",
        "tech": "https://w3id.org/dpv/tech#",
        "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
        "justifications": "https://w3id.org/dpv/justifications#",
    }
)
"""The prefixes of its parts.  Source: https://w3id.org/dpv/2.3"""

OWN = "urn:hostkeep:x#"
"""Terms of our own, prefix `x`.  Each has a broader term in one of NAMESPACES."""

COLUMNS = ("term", "type", "iri", "label", "parents", "version")
"""The columns of dpv.csv."""

PUBLISHED = "c39a51862dc90305ac71277f4a44ab9624c55e0109bb7334c78e18b764e31748"
"""Digest of the rows as they were published.  A row changed by hand is found by it."""


@dataclass(frozen=True, slots=True)
class DpvTerm:
    """One term.

    term     "dpv:DirectMarketing"
    type     "class" or "property"
    parents  what it is a kind of, "dpv:Marketing"; empty at the top
    """

    term: str
    type: str
    iri: str
    label: str
    parents: tuple[str, ...]


def dpv_terms() -> Mapping[str, DpvTerm]:
    """Return the pinned terms by their short names."""
    return _all()


def above(term: str) -> frozenset[str]:
    """Return a term and everything it is a kind of.  Raises KeyError for a name that is not pinned."""
    found: set[str] = set()
    todo = [term]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo.extend(_all()[name].parents)
    return frozenset(found)


def digest_of_rows(rows: Iterable[Mapping[str, str]]) -> str:
    """Return the digest of rows of dpv.csv: SHA-256 of their canonical JSON, hex."""
    return digest_of([dict(row) for row in rows])


@cache
def pinned_rows() -> tuple[Mapping[str, str], ...]:
    """Return the rows of dpv.csv as they stand."""
    source = files("hostkeep.policy.vocabulary").joinpath("dpv.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(source.splitlines()))


@cache
def _all() -> Mapping[str, DpvTerm]:
    """Read dpv.csv once."""
    return MappingProxyType(
        {
            row["term"]: DpvTerm(
                row["term"], row["type"], row["iri"], row["label"], tuple(row["parents"].split())
            )
            for row in pinned_rows()
        }
    )
