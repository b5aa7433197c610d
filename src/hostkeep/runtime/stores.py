"""Every place that keeps something of people: what is due there, erasing it, and the proof that it is gone.

A place is a table, a folder or somebody else's machine.  Rooms register theirs at start; the sweeper goes
through all of them, and a house test fails a table with an end of its own that no store answers for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody erased, or many at once, as the rooms may have known them.

    subjects  the data subjects
    accounts  what they paid by
    users     what they signed in with
    words     words that must not be found anywhere: the values of somebody made up, for a proof
    """

    subjects: tuple[UUID, ...]
    accounts: tuple[UUID, ...] = ()
    users: tuple[UUID, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Store:
    """One place.

    name          "room.thing"
    keep_class    the retention class of the policy that it belongs to
    what          what lies there and how long, in one plain English sentence
    places        tables ("people_session"), files of the data folder, or whose machines
    list_due      (at) -> how much is past due there at a time
    erase         (act, most) -> how much was erased; what another sweeper holds is left to it
    forget        (act, person) -> how much of erased people was removed, of many in the same statements
    prove_absent  (person) -> how much of an erased person is left; 0 is the proof
    list_due_of   (at, brand) -> as list_due, of one brand and of what is no brand's; None: it cannot tell
    """

    name: str
    keep_class: str
    what: str
    places: tuple[str, ...]
    list_due: Callable[[datetime], int]
    erase: Callable[[Act, int], int]
    forget: Callable[[Act, Person], int]
    prove_absent: Callable[[Person], int]
    list_due_of: Callable[[datetime, BrandId], int] | None = None

    def due(self, at: datetime, brand: BrandId | None = None) -> int:
        """Return how much is past due at a time: of one brand, where the store can tell, else of all."""
        if brand is None or self.list_due_of is None:
            return self.list_due(at)
        return self.list_due_of(at, brand)


_stores: dict[str, Store] = {}


def register(stores: Iterable[Store]) -> None:
    """Make stores known.  Called at start; a name is taken once.  Raises ValueError."""
    for store in stores:
        if _stores.setdefault(store.name, store) is not store:
            raise ValueError(f"two stores are called {store.name}")


def all_stores() -> tuple[Store, ...]:
    """Return every store, by name."""
    return tuple(_stores[name] for name in sorted(_stores))


def nothing(act: Act, person: Person) -> int:
    """Answer for a place that names nobody, or that another deed empties with its person."""
    del act, person
    return 0


def table_store(
    name: str, keep_class: str, what: str, *,
    table: str, due: str = "false", whose: str = "false", branded: bool = False,
) -> Store:  # fmt: skip
    """Return the store of one table.  All but the name and the class are SQL of ours, never a value.

    due    which rows are past due: a condition over %(at)s; without one its rows go with their person
    whose  which rows are a person's: a condition over the lists %(subject)s, %(accounts)s and %(users)s
    branded  whether a column "brand" says whose a row is; empty: no brand's
    """
    words = f"({table}::text ILIKE ANY(%(words)s))"
    return Store(
        name=name,
        keep_class=keep_class,
        what=what,
        places=(table,),
        list_due=lambda at: count_rows(table, due, {"at": at}),
        erase=lambda act, most: delete_rows(table, due, {"at": act.at}, most=most),
        forget=lambda _act, person: delete_rows(table, whose, handles_of(person), most=None),
        prove_absent=lambda person: count_rows(table, f"{whose} OR {words}", handles_of(person)),
        list_due_of=(lambda at, brand: count_of_brand(table, due, at, brand)) if branded else None,
    )


def count_of_brand(table: str, due: str, at: datetime, brand: BrandId) -> int:
    """Count rows past due of one brand, and those of none.  table, due: SQL of ours, as for table_store."""
    return count_rows(table, f"brand IN (%(brand)s, '') AND ({due})", {"at": at, "brand": brand})


def handles_of(person: Person) -> dict[str, Any]:
    """Return what a condition may ask for: lists of handles, and of patterns for words."""
    return {
        "subject": list(person.subjects),
        "accounts": list(person.accounts),
        "users": list(person.users),
        "words": [f"%{word}%" for word in person.words],
    }


def count_rows(table: str, condition: str, values: Mapping[str, Any]) -> int:
    """Count rows of a table.  table, condition: SQL of ours."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {condition}", values)  # noqa: S608  SQL of ours
        return int(cursor.fetchone()[0])


def ask_each(statements: Iterable[tuple[str, Mapping[str, Any]]]) -> list[int]:
    """Return the number that each of some statements says, of all of them in one way to the server.

    statements  SQL of ours, each with its own values by name; none: nothing is asked
    """
    texts: list[str] = []
    values: dict[str, Any] = {}
    for n, (text, asked) in enumerate(statements):
        texts.append(NAMED.sub(rf"%(\g<1>_{n})s", text))
        values.update({f"{name}_{n}": value for name, value in asked.items()})
    found: list[int] = []
    if not texts:
        return found
    with connection.cursor() as cursor:
        cursor.execute("; ".join(texts), values)
        for n in range(len(texts)):
            if n:
                cursor.nextset()
            found.append(int(cursor.fetchone()[0]))
    return found


NAMED = re.compile(r"%\((\w+)\)s")
"""A value's place in a statement."""


def delete_rows(table: str, condition: str, values: Mapping[str, Any], *, most: int | None) -> int:
    """Delete at most so many rows of a table; return how many.  Rows that another holds are left to it.

    table, condition  SQL of ours; what hangs on a row by a foreign key must be gone before
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE ctid = ANY(ARRAY("  # noqa: S608  SQL of ours
            f"SELECT ctid FROM {table} WHERE {condition} LIMIT %(most)s FOR UPDATE SKIP LOCKED))",
            {**values, "most": most},
        )
        return int(cursor.rowcount)
