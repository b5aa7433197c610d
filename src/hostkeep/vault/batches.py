"""Sealing for bulk runs: columns and documents of many people at once, some statements however many.

As column_door.seal_rows and putting.put do it for one: the version of the policy that applies to each person
names the class, whose key nobody erases meanwhile; one entry a person and category, with the deed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import connection

from hostkeep.audit.enter import Line, enter_all
from hostkeep.brands.applying import versions_for
from hostkeep.brands.queries import policy_by_digest
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, ClauseId, Ref, SubjectId
from hostkeep.policy.book import Category, Policy
from hostkeep.runtime.bulk import copy_in
from hostkeep.vault import boxes, cipher, keeping, marks, old_values
from hostkeep.vault.asking import LooksSealed, NotDeclared, looks_sealed
from hostkeep.vault.column_door import SEALED
from hostkeep.vault.column_seal import Seal
from hostkeep.vault.columns import Boxed
from hostkeep.vault.wall import opened

PUT = "vault.value.put"


@dataclass(frozen=True, slots=True)
class ToSeal:
    """Columns of one person's rows in one table.  rows: JSON values by row and column."""

    subject: SubjectId
    category: CategoryId
    table: str
    rows: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """A value that gets a slot of its own, which was never used: a document's.  slot: its id."""

    subject: SubjectId
    category: CategoryId
    slot: str
    value: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one person's category.  key: the data key that is written under."""

    policy: Policy
    category: Category
    key: bytes


Sealed = list[dict[str, dict[str, Boxed]]]
_Cases = Mapping[tuple[SubjectId, CategoryId], _Known]


def seal_many(act: Act, wishes: Sequence[ToSeal]) -> Sealed:
    """Seal columns of many people of act.brand, in the order of the wishes.

    Raises NotDeclared, KeyDestroyed: of one of them, then of none.
    """
    cases = _cases(act, {(wish.subject, wish.category) for wish in wishes})
    sealed = [_sealed(wish, cases[wish.subject, wish.category]) for wish in wishes]
    _enter(act, SEALED, cases, Counter((w.subject, w.category) for w in wishes for _ in w.rows))
    return sealed


def put_documents(act: Act, documents: Sequence[Document]) -> None:
    """Keep what was never kept before, for many people of act.brand.

    For the system's own deeds.  Raises NotDeclared, LooksSealed, KeyDestroyed: of one, then of none;
    ValueError for a category that people are found by, and for a deed that is not the system's.
    """
    if act.role != "system" or any(each.category in marks.MARKED for each in documents):
        raise ValueError("a bulk run keeps documents, and the system does it")
    if any(looks_sealed(each.value) for each in documents):
        raise LooksSealed
    cases = _cases(act, {(each.subject, each.category) for each in documents})
    rows = [_row(act, each, cases[each.subject, each.category]) for each in documents]
    with opened():
        copy_in(KEEP_NEW, rows)
    _enter(act, PUT, cases, Counter((each.subject, each.category) for each in documents))


KEYS_TO_WRITE = """
SELECT id::text, subject::text, keep_class, epoch, wrapped, state FROM vault.vault_subjectkey
WHERE subject = ANY(%s) AND keep_class = %s ORDER BY subject FOR SHARE
"""

KEEP_NEW = """
COPY vault.vault_item (id, brand, subject, category, slot, keep_class, box, digest, channel, collected_at,
                       expires_at, why) FROM STDIN
"""


def _cases(act: Act, wanted: Collection[tuple[SubjectId, CategoryId]]) -> _Cases:
    """Return what is known of each person and category.  Raises NotDeclared, KeyDestroyed."""
    versions = versions_for(act.brand, {subject for subject, _ in wanted}, act.at)
    policies = {subject: policy_by_digest(row.digest) for subject, row in versions.items()}
    named: dict[tuple[SubjectId, CategoryId], Category] = {}
    for subject, category in wanted:
        policy = policies[subject]
        known = policy.categories.get(category)
        if known is None:
            raise NotDeclared(category=category, clause=policy.closed_by.get("collect", ClauseId("")))
        named[subject, category] = known
    by_class: dict[str, set[SubjectId]] = {}
    for (subject, _), known in named.items():
        by_class.setdefault(known.keep_class, set()).add(subject)
    keys = {name: _keys(act, name, people) for name, people in by_class.items()}
    return {
        (subject, category): _Known(policies[subject], known, keys[known.keep_class][subject])
        for (subject, category), known in named.items()
    }


def _keys(act: Act, keep_class: str, people: set[SubjectId]) -> dict[SubjectId, bytes]:
    """Return the keys that people's values may be sealed under, made where there is none.

    Raises KeyDestroyed.
    """
    by_text, bunch = {str(subject): subject for subject in people}, boxes.Bunch()
    found: dict[SubjectId, bytes] = {}
    with opened():
        rows = _key_rows(people, keep_class)
        if lacking := people - {by_text[key.subject] for key in rows}:
            keeping.make_keys(lacking, keep_class, act.brand)
            rows += _key_rows(lacking, keep_class)
        for key in rows:
            data = bunch.data_key(key) if key.state in boxes.WRITABLE else None
            if data is None:
                raise boxes.KeyDestroyed
            found[by_text[key.subject]] = data
    return found


def _key_rows(people: Collection[SubjectId], keep_class: str) -> list[boxes.Key]:
    """Return the rows of keys there are, held so that nobody destroys them before the deed is over."""
    with connection.cursor() as cursor:
        cursor.execute(KEYS_TO_WRITE, [list(people), keep_class])
        return [boxes.Key(*row) for row in cursor]


def _sealed(wish: ToSeal, known: _Known) -> dict[str, dict[str, Boxed]]:
    """Seal the columns of one wish."""
    seal = Seal(wish.table, wish.subject, known.category.keep_class, known.policy.digest)
    return {
        row: {name: seal.closed(value, known.key, row, name) for name, value in columns.items()}
        for row, columns in wish.rows.items()
    }


def _row(act: Act, document: Document, known: _Known) -> tuple[Any, ...]:
    """Return the row that keeps a document, its value sealed."""
    fresh, keep_class = str(uuid4()), known.category.keep_class
    about = f"{fresh}|{document.subject}|{document.category}|{document.slot}|{keep_class}".encode()
    return (
        fresh, act.brand, document.subject, document.category, document.slot, keep_class,
        cipher.seal(document.value, key=known.key, about=about), known.policy.digest, act.channel, act.at,
        old_values.end_of(act, known.policy, keep_class), "",
    )  # fmt: skip


def _enter(act: Act, verb: str, cases: _Cases, counts: Mapping[tuple[SubjectId, CategoryId], int]) -> None:
    """Enter what was written of each person, with the deed."""
    enter_all(act, verb, [
        Line(Ref(f"person.{category}"[:64], subject), "", "", cases[subject, category].policy.digest, count)
        for (subject, category), count in counts.items()
    ])  # fmt: skip
