"""What must hold before a process serves or works: columns named, a silent server log, no core dumps."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from types import MappingProxyType

import structlog
from django.db import connection

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop
from hostkeep.runtime import columns

log = structlog.get_logger()

MOST = 20
"""Mistakes that are told at once."""

SETTINGS = """
SELECT name, current_setting(name, true) FROM unnest(%s::text[]) AS name
"""

MUST_BE: Mapping[str, frozenset[str]] = MappingProxyType({
    "log_statement": frozenset({"none", "ddl"}),
    "log_min_duration_statement": frozenset({"-1"}),
    "log_min_duration_sample": frozenset({"-1"}),
    "log_transaction_sample_rate": frozenset({"0"}),
    "auto_explain.log_min_duration": frozenset({"-1"}),
    "log_parameter_max_length_on_error": frozenset({"0"}),
})
"""What would write values into the server's log, and what it must be; a setting that is not there is fine.

Django writes values into the text of its statements, so a logged statement is logged values.
Source: PostgreSQL, Error Reporting and Logging; auto_explain.
"""

SHOULD_BE: Mapping[str, frozenset[str]] = MappingProxyType({
    "log_min_error_statement": frozenset({"panic", "fatal"}),
    "log_error_verbosity": frozenset({"terse"}),
    "log_parameter_max_length": frozenset({"0"}),
})
"""What only a superuser may set for a role; a hosted database may not allow it, so it is only warned of."""


class ColumnsUndeclared(Foreseen):
    """A column stands in a table or model and no declaration names it.  Facts: mistakes."""

    code = "runtime.columns.undeclared"
    title = gettext_noop("No start: a column could hold personal data, and nobody said what it holds.")
    status = 500


class ServerLogsValues(Foreseen):
    """The database server would write values into its log.  Facts: mistakes."""

    code = "runtime.server_log.values"
    title = gettext_noop("No start: the database server would write values into its log.")
    status = 500


def refuse_undeclared() -> None:
    """Refuse to start where a column of a model or of the database is not declared.

    Raises ColumnsUndeclared, with the line to add for each.
    """
    found = [f"{fault.what} {fault.hint} ({fault.id})" for fault in columns.faults()]
    for each in columns.strangers():
        where = f"{each.schema}.{each.table}.{each.name} ({each.kind})"
        found.append(f"{where} stands in the database and is not declared. {columns.line_for(each)}")
    if found:
        more = [f"... and {len(found) - MOST} more"] if len(found) > MOST else []
        raise ColumnsUndeclared(mistakes="\n".join([*found[:MOST], *more]))


def refuse_talking_server() -> None:
    """Refuse a database server that logs our statements or their values; warn where it quotes failing ones.

    Raises ServerLogsValues.
    """
    said = _settings([*MUST_BE, *SHOULD_BE])
    bad = [name for name, good in MUST_BE.items() if said[name] not in {None, *good}]
    if bad:
        lines = (f"{name} is {said[name]}; set it: {_cure(name, MUST_BE[name])}" for name in bad)
        raise ServerLogsValues(mistakes="\n".join(lines))
    for name, good in SHOULD_BE.items():
        if said[name] not in {None, *good}:
            log.warning("server_log.may_quote_values", name=name, state=said[name])


def no_core_dumps() -> None:
    """Keep this process and its children from leaving their memory behind in a file when they crash."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _settings(names: list[str]) -> dict[str, str | None]:
    """Return the server's settings as they hold for our role."""
    with connection.cursor() as cursor:
        cursor.execute(SETTINGS, [names])
        return {name: value or None for name, value in cursor.fetchall()}


def _cure(name: str, good: frozenset[str]) -> str:
    """Return the statement that sets a setting right for our role."""
    return f"ALTER ROLE hk_app SET {name} = '{min(good)}';"
