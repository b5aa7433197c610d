"""The closed world of columns: what nobody declared keeps the server from starting."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.core import checks
from django.db import connections, models
from django.test.utils import isolate_apps

from hostkeep.kernel.columns import not_personal, personal
from hostkeep.project.foreign_columns import FOREIGN
from hostkeep.runtime import columns, starting
from hostkeep.runtime.apps import COLUMNS
from tests.database import DATA
from tests.meeting import PATIENCE


def test_every_column_of_ours_and_of_libraries_is_declared() -> None:
    assert columns.faults() == ()
    assert checks.run_checks(tags=[COLUMNS]) == []


def test_the_database_has_no_column_that_nobody_declared(db: None) -> None:
    assert columns.strangers() == ()


EXCEPTIONS = {
    "acceptance": 2, "customer_number": 1, "invoice_party": 2, "ip": 1, "language": 1, "login_history": 8, "payment_ref": 11,
    "preferences": 1, "second_factor": 1, "solvency": 3,
}  # fmt: skip
"""Personal columns in clear, by category: each with its reason in PLAIN and an end.  Held exactly.

Raised for ids of movements, the country of a tax and the three words of a payment's check, each with an end:
docs/decisions/2026-11-27-billing-in-clear.md.
"""


def test_personal_columns_in_clear_are_these_and_no_more() -> None:
    found: dict[str, int] = {}
    for each in columns.declarations():
        if getattr(each.declared, "how", "") == "plain":
            found[each.declared.category] = found.get(each.declared.category, 0) + 1
    assert found == EXCEPTIONS


@isolate_apps("hostkeep.shop")
def test_a_new_field_is_refused_with_the_line_to_add() -> None:
    class Wish(models.Model):
        note = models.TextField()
        count = models.IntegerField()

        class Meta:
            app_label = "shop"

    (fault,) = columns.faults([Wish])

    assert (fault.id, fault.what) == ("columns.E001", "Wish.note is not declared.")
    assert 'Add to src/hostkeep/shop/models.py the line  "Wish.note": not_personal(' in fault.hint


@isolate_apps("django.contrib.contenttypes")
def test_a_librarys_upgrade_that_adds_a_field_is_refused() -> None:
    class ContentType(models.Model):
        app_label = models.CharField(max_length=100)
        model = models.CharField(max_length=100)
        last_ip = models.GenericIPAddressField()

        class Meta:
            app_label = "contenttypes"

    (fault,) = columns.faults([ContentType])

    assert fault.what == "contenttypes.ContentType.last_ip is not declared."
    assert "src/hostkeep/project/foreign_columns.py" in fault.hint


FIELDS = {
    "text": models.TextField, "char": models.CharField, "date": models.DateField, "moment": models.DateTimeField,
    "hour": models.TimeField, "ip": models.GenericIPAddressField, "json": models.JSONField, "bytes": models.BinaryField,
    "file": models.FileField, "url": models.URLField,
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(FIELDS))
@isolate_apps("hostkeep.vault")
def test_each_kind_of_field_needs_a_declaration(kind: str) -> None:
    model = type("Thing", (models.Model,), {
        "held": FIELDS[kind](), "__module__": __name__, "Meta": type("Meta", (), {"app_label": "runtime"}),
    })  # fmt: skip

    assert [fault.what for fault in columns.faults([model])] == ["Thing.held is not declared."]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (personal("email", sealed="by nobody"), "is declared sealed, but its field seals nothing"),
        (personal("shoe_size", plain="why not"), "is of category shoe_size, which is no word of the vocabulary"),
        (personal("email", walled="behind a fence"), "is declared walled, but stands outside the vault"),
        (not_personal("a word", holds=("smell",)), "may hold smell, which no detector is called"),
        ("a bare text", "is declared by a bare text"),
    ],
    ids=["sealed", "category", "walled", "holds", "bare"],
)
@isolate_apps("hostkeep.project")
def test_a_declaration_must_fit_its_field(monkeypatch: pytest.MonkeyPatch, said: object, why: str) -> None:
    class ContentType(models.Model):
        app_label = models.CharField(max_length=100)

        class Meta:
            app_label = "contenttypes"

    monkeypatch.setitem(columns._foreign, "contenttypes.ContentType.app_label", said)

    assert [fault.what for fault in columns.faults([ContentType])] == [f"contenttypes.ContentType.app_label {why}."]


def test_a_declaration_of_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(columns._foreign, "auth.Group.motto", not_personal("gone"))

    assert [fault.what for fault in columns.faults()] == ["auth.Group.motto is declared, but there is no such column."]


def test_a_text_is_never_covered_by_a_pattern() -> None:
    text, moment = models.TextField(), models.DateTimeField()
    said = {"*.*": not_personal("anything")}

    assert columns.declaration_of("Order.note", said, text) is None
    assert columns.declaration_of("Order.made_at", said, moment) == said["*.*"]


def test_personal_needs_one_way_of_keeping_and_a_reason() -> None:
    for said in ({}, {"sealed": "a", "plain": "b"}, {"plain": ""}):
        with pytest.raises(ValueError, match="one of"):
            personal("email", **said)
    with pytest.raises(ValueError, match="say what"):
        not_personal("")


@contextmanager
def as_owner(name: str) -> Iterator[psycopg.Connection]:
    folder = connections["default"].settings_dict["HOST"]
    with psycopg.connect(f"postgresql://hk_owner@/{name}?host={folder}", autocommit=True) as line:
        yield line


def start(name: str, *command: str) -> subprocess.CompletedProcess[str]:
    """A command of ours on a test's own database, as an operator starts it."""
    folder = connections["default"].settings_dict["HOST"]
    said = {
        "HOSTKEEP_DATA": str(DATA), "HOSTKEEP_DATABASE_URL": f"postgresql://hk_app@/{name}?host={folder}", "HOSTKEEP_DEMO": "1",
        "HOSTKEEP_KEYRING": str(DATA / "keys"),
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "hostkeep.project.main", *command],
        env={**os.environ, **said}, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("command", [("serve", "--port", "18311"), ("worker",)], ids=["serve", "worker"])
def test_a_column_added_by_raw_sql_keeps_the_server_from_starting(committed: str, command: tuple[str, ...]) -> None:
    with as_owner(committed) as line:
        line.execute("ALTER TABLE shop_order ADD COLUMN note text")

    done = start(committed, *command)

    assert done.returncode == 2
    assert "No start: a column could hold personal data" in done.stderr
    assert "public.shop_order.note (text) stands in the database and is not declared." in done.stderr
    assert 'Add to src/hostkeep/shop/models.py the line  "shop_order.note": not_personal(' in done.stderr
    assert "ALTER TABLE public.shop_order DROP COLUMN note;" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "made",
    [
        "ALTER TABLE vault.vault_item ADD COLUMN copy bytea",
        "CREATE TABLE audit.audit_notes (note text)",
        "CREATE TABLE public.vault_item (box bytea)",
        "CREATE MATERIALIZED VIEW public.people_seen AS SELECT number FROM people_account",
        "CREATE SCHEMA aside CREATE TABLE aside.people (name text)",
        "CREATE TABLE shop_order_old (extra text) INHERITS (shop_order)",
    ],
    ids=["vault", "table", "namesake", "view", "schema", "child"],
)
def test_whatever_raw_sql_makes_is_seen(committed: str, made: str) -> None:
    before = columns.strangers()
    with as_owner(committed) as line:
        line.execute(made)

    assert before == ()
    with pytest.raises(starting.ColumnsUndeclared):
        starting.refuse_undeclared()


def test_a_partition_is_its_parent(committed: str) -> None:
    with as_owner(committed) as line:
        line.execute("CREATE TABLE public.runtime_cache_new (LIKE runtime_cache) PARTITION BY RANGE (expires)")
        line.execute("CREATE TABLE public.part PARTITION OF public.runtime_cache_new DEFAULT")

    assert {each.table for each in columns.strangers()} == {"runtime_cache_new"}


def test_a_declared_column_lets_it_start(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with as_owner(committed) as line:
        line.execute("CREATE TABLE monitor (said text)")
    columns.declare_foreign({**FOREIGN, "monitor.said": not_personal("a word of the monitor's")})
    try:
        starting.refuse_undeclared()
    finally:
        columns.declare_foreign(FOREIGN)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("log_statement", "all"), ("log_min_duration_statement", "0"), ("log_parameter_max_length_on_error", "-1")],
)
def test_a_server_that_logs_values_is_refused(pg, committed: str, setting: str, value: str) -> None:
    starting.refuse_talking_server()
    with psycopg.connect(pg.url("postgres", committed), autocommit=True) as line:
        line.execute(f'ALTER ROLE hk_app IN DATABASE "{committed}" SET {setting} = \'{value}\'')
    connections["default"].close()

    with pytest.raises(starting.ServerLogsValues) as refused:
        starting.refuse_talking_server()

    assert f"ALTER ROLE hk_app SET {setting} = " in refused.value.facts["mistakes"]


def test_no_process_of_ours_leaves_its_memory_behind() -> None:
    code = "import resource; from hostkeep.runtime.starting import no_core_dumps as off; off(); print(resource.getrlimit(resource.RLIMIT_CORE))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE, env=os.environ)
    assert done.stdout.strip() == "(0, 0)"
