"""Erasing by key, to erasing row by row."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID, uuid4

from bench.figures import Figure, compared, interleaved, median_of
from bench.house import BRAND

ROWS_FEW, ROWS_MANY = 100, 10_000
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


def _person(rows: int) -> UUID:
    """One person with so many values, written as the owner; all boxes alike, as nothing of them is read."""
    subject = uuid4()
    _copy(
        "vault.vault_item (id, brand, subject, category, slot, keep_class, box, digest, channel, collected_at, why)",
        ((uuid4(), BRAND, subject, "ticket", str(n), KEEP, b"x" * 96, "d", "web", "2026-01-01", "") for n in range(rows)),
    )
    _keys([subject])
    return subject


def _keys(subjects: list[UUID]) -> None:
    from hostkeep.vault import keys

    epoch = keys.current_epoch()
    _copy(
        "vault.vault_subjectkey (id, brand, subject, keep_class, epoch, state, wrapped)",
        ((uuid4(), BRAND, who, KEEP, epoch, "live", b"w" * 60) for who in subjects),
    )


def _owner(postgres):
    import psycopg
    from django.conf import settings

    folder = postgres.folder_of(settings.HOSTKEEP.data)
    return psycopg.connect(f"postgresql://postgres@/hostkeep?host={folder}", autocommit=True)


def _copy(into: str, rows) -> None:
    from hostkeep.runtime import postgres

    with _owner(postgres) as line, line.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


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
