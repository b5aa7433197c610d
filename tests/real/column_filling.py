"""A value in every sealed column that a model declares, and whether it opens: driven by the models, not by a list.

A row is made of what its columns may hold; whoever adds a sealed column finds it planted, or the test red.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.apps import apps
from django.db import models

BRAND = "vps6"
INSTEAD = {"card": "payment_ref"}
"""A brand that keeps no card has no key for it: its seal is made under the class that money has there."""

NUMBERS = (1, 0, 2)
TEXTS = ("EUR", "x")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def sealed_models() -> Iterator[tuple[type[models.Model], list[str]]]:
    """Every model with columns behind the door, and their names."""
    from hostkeep.vault.columns import SealedColumn

    for model in apps.get_models():
        names = [str(field.column) for field in model._meta.local_fields if isinstance(field, SealedColumn)]
        if names:
            yield model, names


def declared() -> list[str]:
    """Every sealed column, as "table.column"."""
    return sorted(f"{model._meta.db_table}.{name}" for model, names in sealed_models() for name in names)


def rows_for(act: Any, subject: str) -> list[dict[str, Any]]:
    """One row a table, its sealed columns sealed by the door for a subject; "tries" are what its other columns may hold."""
    from hostkeep.kernel.ids import CategoryId, SubjectId
    from hostkeep.vault.column_door import seal_rows

    found = []
    for model, names in sealed_models():
        plain = {field.column: field for field in model._meta.local_fields if field.column not in names}
        fixed = {column: str(uuid4()) for column, field in plain.items() if is_handle(field)}
        fixed |= {column: subject for column in plain if column == "subject"}
        fixed |= {column: 1 for column in ("position",) if column in plain}
        place = model.SEALED
        row = "/".join(str(fixed["id" if part == "pk" else part]) for part in place.row)
        sealed = seal_rows(
            act, subject=SubjectId(UUID(subject)), category=CategoryId(INSTEAD.get(place.category, place.category)),
            table=model._meta.db_table, rows={row: dict.fromkeys(names, "Ann Canary's choice")},
        )  # fmt: skip
        found.append({
            "table": model._meta.db_table,
            "fixed": fixed | {name: sealed[row][name].text for name in names},
            "tries": {column: held(model, field) for column, field in plain.items() if column not in fixed},
        })
    return found


def is_handle(field: Any) -> bool:
    return isinstance(field, models.UUIDField) or (
        isinstance(field, models.ForeignKey) and isinstance(field.target_field, models.UUIDField)
    )


def held(model: Any, field: Any) -> list[Any]:
    """What a column may hold, the likeliest first."""
    words = [word for check in model._meta.constraints for word in words_in(getattr(check, "condition", None), field.name)]
    kinds: list[tuple[type, list[Any]]] = [
        (models.DateTimeField, [NOW.isoformat()]),
        (models.DateField, [NOW.date().isoformat()]),
        (models.BooleanField, [False]),
        (models.JSONField, ["{}"]),
        (models.BinaryField, ["\\x00"]),
    ]
    if isinstance(field, models.AutoField) or field.column == "id":
        return [7_000_001]
    if field.null:
        return [None]
    if field.column == "brand":
        return [BRAND]
    for kind, values in kinds:
        if isinstance(field, kind):
            return values
    if isinstance(field, models.IntegerField):
        return list(NUMBERS)
    return words[:1] or [text for text in TEXTS if len(text) <= (field.max_length or 9)]


def words_in(condition: Any, name: str) -> Iterator[str]:
    """The words that a check lets a column hold."""
    for child in getattr(condition, "children", ()):
        if isinstance(child, tuple):
            if child[0] == f"{name}__in":
                yield from (str(word) for word in child[1])
            elif child[0] == name and isinstance(child[1], str):
                yield child[1]
        else:
            yield from words_in(child, name)


def plant(url: str, rows: list[dict[str, Any]]) -> None:
    """Write rows as the database's administrator, without triggers and keys that lead elsewhere."""
    with psycopg.connect(url, autocommit=True) as line:
        line.execute("SET session_replication_role = replica")
        for row in rows:
            plant_one(line, row)


def plant_one(line: psycopg.Connection[Any], row: dict[str, Any]) -> None:
    """Write one row with the first values that its checks let in."""
    said = ""
    columns = [*row["fixed"], *row["tries"]]
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join(["%s"] * len(columns))
    numbers = [name for name, held in row["tries"].items() if len(held) > 1]
    together = [dict.fromkeys(numbers, n) for n in range(3)]
    each = [dict(zip(numbers, picks, strict=True)) for picks in product(range(2), repeat=min(len(numbers), 9))] if len(numbers) <= 9 else []
    for picks in together + each:
        values = [*row["fixed"].values(), *(held[min(picks.get(name, 0), len(held) - 1)] for name, held in row["tries"].items())]
        try:
            line.execute(f"INSERT INTO {row['table']} ({names}) VALUES ({marks})", values)
        except psycopg.Error as error:
            said = str(error)
        else:
            return
    raise AssertionError(f"{row['table']}: no row could be planted, write one here: {said}")


def places() -> dict[str, tuple[str, Callable[..., object]]]:
    """By "table.column": what to read, and a function that raises where the row is shut."""
    from hostkeep.vault import keys
    from hostkeep.vault.column_seal import Seal
    from hostkeep.vault.columns import Boxed

    def opens(table: str, column: str) -> Callable[..., object]:
        def one(text: str, row: str, subject: UUID, keep_class: str, key: UUID, epoch: int, wrapped: bytes | None) -> object:
            box = Boxed(text)
            about = f"{key}|{subject}|{keep_class}|{epoch}".encode()
            data_key = keys.unwrap(bytes(wrapped or b""), epoch=epoch, about=about)
            return Seal(table, subject, keep_class, box.digest).opened(box, data_key, row, column)

        return one

    found = {}
    for model, names in sealed_models():
        table = model._meta.db_table
        row = " || '/' || ".join(f"t.{'id' if part == 'pk' else part}::text" for part in model.SEALED.row)
        for name in names:
            found[f"{table}.{name}"] = (
                f"SELECT t.{name}, {row}, k.subject, k.keep_class, k.id, k.epoch, k.wrapped FROM {table} t"
                f" JOIN vault.vault_subjectkey k ON t.{name} LIKE 'c2.' || k.keep_class || '.%%'",
                opens(table, name),
            )
    return found


def plan(act: Any, subject: str) -> str:
    return json.dumps(rows_for(act, subject))
