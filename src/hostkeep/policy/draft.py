"""A policy file whose pieces have the right shape, laid out flat: every piece with the place it stands at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId
from hostkeep.policy.desk import Path
from hostkeep.policy.shapes import PLACE
from hostkeep.policy.vocabulary.terms import terms

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """A thing, the clause it belongs to, and where it stands in the file."""

    at: Path
    clause: ClauseId
    thing: T


@dataclass(frozen=True, slots=True)
class Block:
    """The rules of one clause, or one block of its `also`.

    top   whether these are the clause's own rules
    keys  the keys of its kind, clean
    """

    at: Path
    clause: ClauseId
    kind: str
    top: bool
    keys: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Allow:
    """One line of `allow`.  every: it was written "*", and so gives way to lines that name a category."""

    categories: tuple[CategoryId, ...]
    purposes: tuple[PurposeId, ...]
    roles: tuple[str, ...]
    needs: frozenset[str]
    every: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole file, clean.  What was wrong in it is left out.

    head        the keys under `policy`
    categories  by id: {"class": ..., "label": ..., "parent": ...}, any may be missing
    purposes    by id: the basis
    balances    by id, where one is written: why a legitimate interest outweighs
    clauses     as written: id, kind, text, keep, ...
    blocks      all rules, in the order of the file
    """

    head: Mapping[str, Any]
    categories: Mapping[CategoryId, Mapping[str, Any]]
    roles: tuple[str, ...]
    purposes: Mapping[PurposeId, str]
    balances: Mapping[PurposeId, Mapping[str, str]]
    facts: Mapping[str, Any]
    clauses: tuple[Mapping[str, Any], ...]
    blocks: tuple[Block, ...]

    def of_kind(self, *kinds: str) -> Iterator[Block]:
        """Go through the blocks of some kinds."""
        return (block for block in self.blocks if block.kind in kinds)

    def placed(self, key: str) -> Iterator[Placed[Any]]:
        """Go through what stands under a key, wherever a block has it."""
        for block in self.blocks:
            if key in block.keys:
                yield Placed((*block.at, key), block.clause, block.keys[key])

    def named(self, key: str) -> Iterator[Placed[tuple[str, Any]]]:
        """Go through the entries of all maps under a key: (name, entry)."""
        for found in self.placed(key):
            for name, entry in found.thing.items():
                yield Placed((*found.at, name), found.clause, (name, entry))

    def by_category(self, key: str) -> Mapping[CategoryId, ClauseId]:
        """Return the categories listed under a key, each with the first clause that lists it."""
        return MappingProxyType({CategoryId(name): clause for name, clause in self.by_word(key).items()})

    def by_word(self, key: str) -> Mapping[str, ClauseId]:
        """Return the words listed under a key, each with the first clause that lists it."""
        found: dict[str, ClauseId] = {}
        for placed in self.placed(key):
            for name in placed.thing:
                found.setdefault(name, placed.clause)
        return MappingProxyType(found)

    def on_forms(self, key: str) -> Iterator[Placed[tuple[str, str, Any]]]:
        """Go through the entries by form under `forms`, `statements` or `choices`: (form, name, entry)."""
        for found in self.named(key):
            form, entries = found.thing
            for name, entry in entries.items():
                yield Placed((*found.at, name), found.clause, (form, name, entry))

    def allows(self) -> Iterator[Placed[Allow]]:
        """Go through all lines of `allow`, "*" written out."""
        for found in self.placed("allow"):
            for line in found.thing:
                yield Placed(line[PLACE], found.clause, self._allow(line))

    def family(self, category: str) -> frozenset[str]:
        """Return a category and all that stands under it, in the vocabulary or by this policy."""
        found = {category}
        above = {name: {term.parent} for name, term in terms("category").items()}
        for name, entry in self.categories.items():
            above[name] = above[name] | {entry.get("parent", "")}
        while more := {name for name, parents in above.items() if parents & found} - found:
            found |= more
        return frozenset(found)

    def keep_class(self, category: CategoryId) -> str:
        """Return the retention class of a declared category."""
        return str(self.categories[category].get("class", terms("category")[category].keep_class))

    def basis(self, purpose: str) -> str:
        """Return the basis of a purpose, or an empty text."""
        return self.purposes.get(PurposeId(purpose), "")

    def purpose_of(self, stream: str, entry: Mapping[str, Any]) -> str:
        """Return the purpose of a stream: its own, or the vocabulary's."""
        return str(entry.get("purpose", terms("stream")[stream].points[0]))

    def _allow(self, line: Mapping[str, Any]) -> Allow:
        """Read one line of `allow`."""
        every = line["categories"] == "*"
        named = line["categories"]
        if every:
            left_out = {name for name, term in terms("category").items() if term.mark == "secret"}
            left_out |= set(line.get("except", ()))
            named = [name for name in self.categories if name not in left_out]
        return Allow(
            categories=tuple(CategoryId(name) for name in named),
            purposes=tuple(PurposeId(name) for name in line["purposes"]),
            roles=line["roles"],
            needs=frozenset(line.get("needs", ())),
            every=every,
        )


def draft_of(clean: Mapping[str, Any]) -> Draft:
    """Lay out the clean parts of a file; what is missing in them is empty in the draft."""
    clauses = tuple(clean.get("clauses", ()))
    return Draft(
        head=clean.get("policy", {}),
        categories=clean.get("categories", {}),
        roles=tuple(clean.get("roles", ())),
        purposes={name: entry["basis"] for name, entry in clean.get("purposes", {}).items()},
        balances={
            name: entry["balance"] for name, entry in clean.get("purposes", {}).items() if "balance" in entry
        },
        facts=clean.get("facts", {}),
        clauses=clauses,
        blocks=tuple(block for clause in clauses for block in _blocks(clause)),
    )


def _blocks(clause: Mapping[str, Any]) -> Iterator[Block]:
    """Lay out one clause: its own rules, then those under `also`."""
    name = ClauseId(clause["id"])
    yield Block(clause[PLACE], name, clause["kind"], top=True, keys=clause)
    for more in clause.get("also", ()):
        yield Block(more[PLACE], name, more["kind"], top=False, keys=more)
