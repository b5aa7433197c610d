"""Every place that keeps something of people: what is due there, erasing it, and the proof that it is gone.

A place is a table, a folder or somebody else's machine.  Rooms register theirs at start; the sweeper goes
through all of them, and a house test fails a table with an end of its own that no store answers for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId


@dataclass(frozen=True, slots=True)
class Person:
    """An erased person, as the rooms may have known them.

    subject   the data subject
    accounts  what they paid by
    users     what they signed in with
    words     words that must not be found anywhere: the values of somebody made up, for a proof
    """

    brand: BrandId
    subject: UUID
    accounts: tuple[UUID, ...] = ()
    users: tuple[UUID, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Store:
    """One place.

    name          "room.thing"
    keep_class    the retention class of the policy that it belongs to
    what          what lies there and how long, in one English sentence
    places        tables ("people_session"), folders of the data folder, or names of machines
    list_due      (act) -> how much is past due there at act.at
    erase         (act, most) -> how much was erased; what another sweeper holds is left to it
    forget        (act, person) -> how much of an erased person was removed
    prove_absent  (act, person) -> how much of an erased person is left; 0 is the proof
    """

    name: str
    keep_class: str
    what: str
    places: tuple[str, ...]
    list_due: Callable[[Act], int]
    erase: Callable[[Act, int], int]
    forget: Callable[[Act, Person], int]
    prove_absent: Callable[[Act, Person], int]


_stores: dict[str, Store] = {}


def register(stores: Collection[Store]) -> None:
    """Make stores known.  Called at start; a name is taken once.  Raises ValueError."""
    for store in stores:
        if _stores.get(store.name, store) != store:
            raise ValueError(f"two stores are called {store.name}")
        _stores[store.name] = store


def all_stores() -> tuple[Store, ...]:
    """Return every store, by name."""
    return tuple(_stores[name] for name in sorted(_stores))


def nothing(act: Act, person: Person) -> int:
    """Answer for a place that knows nobody: its rows name no person and are gone by their own end."""
    del act, person
    return 0


def count_where(table: str, condition: str, values: Sequence[object]) -> int:
    """Count rows of a table.  table, condition: constants of ours."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {condition}", values)  # noqa: S608  constants of ours
        return int(cursor.fetchone()[0])


def delete_where(table: str, condition: str, values: Sequence[object], *, most: int) -> int:
    """Delete at most so many rows of a table; return how many.  Rows that another holds are left to it.

    table, condition  constants of ours; what hangs on a row by a foreign key must be gone before
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE ctid = ANY(ARRAY("  # noqa: S608  constants of ours
            f"SELECT ctid FROM {table} WHERE {condition} LIMIT %s FOR UPDATE SKIP LOCKED))",
            [*values, most],
        )
        return int(cursor.rowcount)
