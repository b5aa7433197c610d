"""The closed world of columns: what no declaration names keeps the server from starting.

Two layers.  `faults` compares the models of every installed app, ours and the libraries', with what the rooms
declare (`models.PLAIN`) and what is declared for libraries (`declare_foreign`); it needs no database and is a
Django system check.  `strangers` compares pg_attribute with both: it finds what raw SQL made.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from django.apps import apps
from django.db import connection, models

from hostkeep.kernel.columns import ANY, Columns, Declared, NotPersonal, Personal, is_pattern, is_raw
from hostkeep.kernel.detectors import NAMES
from hostkeep.policy.vocabulary.terms import terms
from hostkeep.runtime.roles import SCHEMAS

Model = type[models.Model]

HARMLESS = (
    models.BooleanField, models.IntegerField, models.FloatField, models.DecimalField, models.UUIDField,
    models.DurationField, models.ForeignKey,
)  # fmt: skip
"""Fields that need no declaration; of a foreign key the column it points to has one."""

DATES = (models.DateField, models.TimeField)
"""DateTimeField is a DateField.  Patterns may cover these alone."""

OURS = "hostkeep."
FOREIGN_PLACE = "src/hostkeep/project/foreign_columns.py"
_foreign: dict[str, Declared] = {}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something undeclared or declared wrongly.

    id    of the Django system check, "columns.E001"
    what  a sentence
    hint  what to do, with the line to add
    """

    id: str
    what: str
    hint: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the database.  kind: its type as PostgreSQL writes it."""

    schema: str
    table: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """A column of the database and what is said of it."""

    schema: str
    table: str
    column: str
    declared: Declared


def declare_foreign(columns: Columns) -> None:
    """Say what libraries' columns hold, by "app.Model.field" or "table.column".  Called once at start."""
    _foreign.clear()
    _foreign.update(columns)


def declared_for(model: Model) -> tuple[str, Mapping[str, Declared], str]:
    """Return how a model is called in declarations, the declarations, and the file they stand in."""
    label = model._meta.app_label  # noqa: SLF001  Django's documented way to a model's app
    config = apps.get_app_config(label)
    if not config.name.startswith(OURS):
        return model._meta.label, _foreign, FOREIGN_PLACE  # noqa: SLF001  as above
    return model.__name__, plain_of(config.name), f"src/{config.name.replace('.', '/')}/models.py"


def plain_of(room: str) -> Mapping[str, Declared]:
    """Return what a room declares.  room: its dotted name."""
    found: Mapping[str, Declared] = getattr(importlib.import_module(f"{room}.models"), "PLAIN", {})
    return MappingProxyType(dict(found))


def faults(of: Iterable[Model] | None = None) -> tuple[Fault, ...]:
    """Return what is undeclared or declared wrongly in the models of installed apps.

    of  these models, or all
    """
    found = tuple(apps.get_models(include_auto_created=True)) if of is None else tuple(of)
    return (*(fault for model in found for fault in _faults_of(model)), *(_stale() if of is None else ()))


def declaration_of(
    key: str, columns: Mapping[str, Declared], field: models.Field[Any, Any]
) -> Declared | None:
    """Return what is said of a field: by its own name, or of a date by a pattern of its room."""
    if key in columns or not isinstance(field, DATES):
        return columns.get(key)
    return next((said for name, said in columns.items() if is_pattern(name) and fnmatchcase(key, name)), None)


def fields_of(model: Model) -> Iterator[models.Field[Any, Any]]:
    """Give the fields of a model that need a declaration."""
    for field in model._meta.local_fields:  # noqa: SLF001  Django's documented way to a model's columns
        if field.column and not isinstance(field, HARMLESS):
            yield field


def _faults_of(model: Model) -> Iterator[Fault]:
    """Give the faults of one model."""
    name, columns, place = declared_for(model)
    for field in fields_of(model):
        key = f"{name}.{field.name}"
        said = declaration_of(key, columns, field)
        if said is None:
            yield Fault("columns.E001", f"{key} is not declared.", _line_to_add(key, place))
        elif not isinstance(said, Personal | NotPersonal):
            yield Fault("columns.E002", f"{key} is declared by a bare text.", _line_to_add(key, place))
        elif wrong := _wrong(said, field):
            yield Fault("columns.E003", f"{key} {wrong}.", f"Correct its line in PLAIN of {place}.")


def _line_to_add(key: str, place: str) -> str:
    """Return the line that declares a column, both ways."""
    return (
        f'Add to {place} the line  "{key}": not_personal("what it holds"),  '
        f'or  "{key}": personal("category", sealed="what seals it"),'
    )


def _wrong(said: Declared, field: models.Field[Any, Any]) -> str:
    """Say what does not fit between a declaration and its field, or return an empty text."""
    sealing = any(each.__name__.startswith("Sealed") for each in type(field).__mro__)
    if isinstance(said, NotPersonal):
        unknown = said.holds - NAMES
        if unknown:
            return f"may hold {', '.join(sorted(unknown))}, which no detector is called"
        return "seals what it holds, so it is personal" if sealing else ""
    if said.category != ANY and said.category not in terms("category"):
        return f"is of category {said.category}, which is no word of the vocabulary"
    if said.how == "sealed" and not sealing and type(field) not in {models.BinaryField, models.TextField}:
        return "is declared sealed, but its field seals nothing"
    if said.how == "walled" and schema_of(field.model._meta.app_label) != "vault":  # noqa: SLF001  as above
        return "is declared walled, but stands outside the vault"
    return ""


def _stale() -> Iterator[Fault]:
    """Give the declarations of fields that there are not."""
    known: dict[str, set[str]] = {}
    said: dict[str, Mapping[str, Declared]] = {}
    for model in apps.get_models(include_auto_created=True):
        name, columns, place = declared_for(model)
        known.setdefault(place, set()).update(f"{name}.{field.name}" for field in fields_of(model))
        said[place] = columns
    for place, columns in said.items():
        for key in columns:
            if not is_raw(key) and not any(fnmatchcase(name, key) for name in known[place]):
                said_of = f"{key} is declared, but there is no such column."
                yield Fault("columns.E004", said_of, f"Remove it from {place}.")


def schema_of(label: str) -> str:
    """Return the schema that an app's tables stand in."""
    return label if label in SCHEMAS else "public"


def declarations() -> tuple[Declaration, ...]:
    """Return every declared column as the database calls it, of models and of tables without one."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        name, columns, _place = declared_for(model)
        meta = model._meta  # noqa: SLF001  Django's documented way to a model's table
        for field in fields_of(model):
            said = declaration_of(f"{name}.{field.name}", columns, field)
            if said is not None:
                found.append(Declaration(schema_of(meta.app_label), meta.db_table, str(field.column), said))
    return (*found, *_raw_declarations())


def _raw_declarations() -> Iterator[Declaration]:
    """Give what is declared of columns without a model."""
    for config in apps.get_app_configs():
        if config.name.startswith(OURS) and config.models_module is not None:
            for key, said in plain_of(config.name).items():
                if is_raw(key):
                    table, column = key.split(".", 1)
                    yield Declaration(schema_of(config.label), table, column, said)
    for key, said in _foreign.items():
        if is_raw(key):
            schema, table, column = key.split(".") if key.count(".") > 1 else ("public", *key.split("."))
            yield Declaration(schema, table, column, said)


def strangers() -> tuple[Column, ...]:
    """Return the columns of the database that neither a model nor a declaration knows.  One query."""
    known = {
        (schema_of(model._meta.app_label), model._meta.db_table, str(field.column))  # noqa: SLF001  as above
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_fields  # noqa: SLF001  as above
        if field.column
    } | {(each.schema, each.table, each.column) for each in _raw_declarations()}
    return tuple(each for each in columns_there() if (each.schema, each.table, each.name) not in known)


def line_for(stranger: Column) -> str:
    """Return what declares a column that raw SQL made, and what removes it."""
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta  # noqa: SLF001  Django's documented way to a model's table
        if (schema_of(meta.app_label), meta.db_table) == (stranger.schema, stranger.table):
            place, key = declared_for(model)[2], f"{stranger.table}.{stranger.name}"
            return f"{_line_to_add(key, place)} or remove it: {_removal(stranger)}"
    key = f"{stranger.schema}.{stranger.table}.{stranger.name}"
    return f"{_line_to_add(key, FOREIGN_PLACE)} or remove it: {_removal(stranger)}"


def _removal(stranger: Column) -> str:
    """Return the statement that removes a column."""
    return f"ALTER TABLE {stranger.schema}.{stranger.table} DROP COLUMN {stranger.name};"


COLUMNS = """
SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2, a.attnum
"""
"""The columns of all tables and views but the system's and those that came with an extension.

A partition has its parent's columns, no more and no fewer.  Source: PostgreSQL, Table Partitioning.
"""


def columns_there() -> tuple[Column, ...]:
    """Return every column of the database, as any role may see it in the catalogue."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        return tuple(Column(*row) for row in cursor.fetchall())
