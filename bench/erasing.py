"""Erasing by key, to erasing row by row; and closing one account among many, to closing it among few.

ERASING_MANY and ERASING_FEW say how many people there are in the larger and the smaller house.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

from bench.figures import Figure, compared, interleaved, median_of
from bench.house import BRAND

ROWS_FEW, ROWS_MANY = 100, 10_000
FEW = int(os.environ.get("ERASING_FEW", "10000"))
MANY = int(os.environ.get("ERASING_MANY", "1000000"))
CATEGORIES = ("name", "email", "phone")
OTHER = "hostkeep_many"
TURNS = 15
KEEP = "account"


def figures() -> Iterator[Figure]:
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId

    act = act_of_operator(brand=BrandId(BRAND), purpose="account").in_role("system")
    rounds = interleaved(lambda: _by_key(act, ROWS_MANY), lambda: _by_key(act, ROWS_FEW), rounds=TURNS)
    by_key = compared(f"erasing {ROWS_MANY} rows by key, ms, to {ROWS_FEW} rows", rounds, "<= 1.3")
    by_row = median_of([_by_row(ROWS_MANY) for _ in range(3)])
    yield Figure(f"erasing {ROWS_MANY} rows one by one, ms, to erasing them by key", by_row, by_key.ours, ">= 20")
    yield by_key
    _people(FEW)
    with _another_house():
        rounds = interleaved(lambda: _close_one(act, OTHER), lambda: _close_one(act, "hostkeep"), rounds=TURNS)
    yield compared(f"closing an account among {MANY} people, ms, to among {FEW}", rounds, "<= 1.3")


@contextlib.contextmanager
def _another_house() -> Iterator[None]:
    """A copy of the database, with many more people in it."""
    from hostkeep.runtime import postgres
    from hostkeep.vault import erasure_ledger

    _close_connections()
    with _owner(postgres, "postgres") as line:
        line.execute(f"CREATE DATABASE {OTHER} TEMPLATE hostkeep OWNER hk_owner")
        line.execute(f"GRANT CONNECT ON DATABASE {OTHER} TO hk_app")
    here = erasure_ledger.path()
    here.with_name(f"erasures-{OTHER}.jsonl").write_bytes(here.read_bytes())
    _people(MANY - FEW, OTHER)
    yield
    _go_to("hostkeep")


def _close_connections() -> None:
    from django.db import connections

    for alias in ("default", "audit"):
        connections[alias].close()


def _go_to(database: str) -> None:
    """Use a database from now on, with an erasure ledger of its own; connections are warm."""
    from django.db import connections

    from hostkeep.vault import erasure_ledger, replaying

    _close_connections()
    erasure_ledger.NAME = "erasures.jsonl" if database == "hostkeep" else f"erasures-{database}.jsonl"
    for alias in ("default", "audit"):
        connections[alias].settings_dict["NAME"] = database
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM (SELECT 1 FROM audit.audit_entry LIMIT 1) AS warm")
    assert replaying.behind() == 0


def _close_one(act, database: str) -> float:
    """Milliseconds to close one account of a house."""
    _go_to(database)
    first, second = _sample(database)
    _close(act, first)
    return _close(act, second)


def _person(rows: int) -> UUID:
    """One person with so many values, written as the owner; all boxes alike, as nothing of them is read."""
    subject = uuid4()
    _copy(
        "vault.vault_item (id, brand, subject, category, slot, keep_class, box, digest, channel, collected_at, why)",
        ((uuid4(), BRAND, subject, "ticket", str(n), KEEP, b"x" * 96, "d", "web", "2026-01-01", "") for n in range(rows)),
    )
    _keys([subject])
    return subject


def _keys(subjects: list[UUID], database: str = "hostkeep") -> None:
    from hostkeep.vault import keys

    epoch = keys.current_epoch()
    _copy(
        "vault.vault_subjectkey (id, brand, subject, keep_class, epoch, state, wrapped)",
        ((uuid4(), BRAND, who, KEEP, epoch, "live", b"w" * 60) for who in subjects),
        database,
    )


def _people(count: int, database: str = "hostkeep") -> None:
    """So many people with a few values each, by COPY as the owner, and statistics as a house that lived has them."""
    for begin in range(0, count, 50_000):
        subjects = [uuid4() for _ in range(min(50_000, count - begin))]
        _copy(
            "vault.vault_item (id, brand, subject, category, slot, keep_class, box, digest, channel, collected_at, why)",
            (
                (uuid4(), BRAND, who, category, "", KEEP, b"x" * 96, "d", "web", "2026-01-01", "")
                for who in subjects
                for category in CATEGORIES
            ),
            database,
        )
        _keys(subjects, database)
    from hostkeep.runtime import postgres

    with _owner(postgres, database) as line:
        line.execute("VACUUM ANALYZE vault.vault_item, vault.vault_subjectkey")
        line.execute("CHECKPOINT")  # else the larger house still writes down what was just copied into it


def _owner(postgres, database: str = "hostkeep"):
    import psycopg
    from django.conf import settings

    folder = postgres.folder_of(settings.HOSTKEEP.data)
    return psycopg.connect(f"postgresql://postgres@/{database}?host={folder}", autocommit=True)


def _copy(into: str, rows, database: str = "hostkeep") -> None:
    from hostkeep.runtime import postgres

    with _owner(postgres, database) as line, line.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _sample(database: str) -> list[UUID]:
    """Two people whose data lives."""
    from hostkeep.runtime import postgres

    with _owner(postgres, database) as line:
        found = line.execute(
            "SELECT subject FROM vault.vault_subjectkey WHERE state = 'live' AND id > (SELECT gen_random_uuid()) ORDER BY id LIMIT 2"
        )
        return [row[0] for row in found.fetchall()]


def _close(act, who: UUID) -> float:
    """Milliseconds to close one account: its keys, and its rows."""
    from hostkeep.vault import erasing

    began = time.perf_counter()
    erasing.erase(act, subject=who, classes=frozenset({KEEP}), why="bench")
    while erasing.finish(act):
        pass
    return (time.perf_counter() - began) * 1000


def _by_key(act, rows: int) -> float:
    """Milliseconds until nothing of a person opens any more."""
    from hostkeep.vault import erasing

    who = _person(rows)
    began = time.perf_counter()
    erasing.erase(act, subject=who, classes=frozenset({KEEP}), why="bench")
    return (time.perf_counter() - began) * 1000


def _by_row(rows: int) -> float:
    """Milliseconds to write over and delete each row by itself, as a system without keys must."""
    from django.db import connection, transaction

    from hostkeep.vault.models import Item
    from hostkeep.vault.wall import opened

    who = _person(rows)
    began = time.perf_counter()
    with transaction.atomic(), opened():
        ids = list(Item.objects.filter(subject=who).values_list("id", flat=True))
        with connection.cursor() as cursor:
            for row in ids:
                cursor.execute("UPDATE vault.vault_item SET box = %s WHERE id = %s", [b"\0" * 96, row])
                cursor.execute("DELETE FROM vault.vault_item WHERE id = %s", [row])
    return (time.perf_counter() - began) * 1000
