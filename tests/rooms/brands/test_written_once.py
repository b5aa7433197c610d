"""A version of a policy is not changed afterwards, by whatever statement."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE brands_policyversion SET source = ''",
        "DELETE FROM brands_policyversion",
        "TRUNCATE brands_policyversion",
    ],
)
def test_a_version_stays(db, statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("log_min_error_statement", "panic"),
        ("log_error_verbosity", "terse"),
        ("log_parameter_max_length", "0"),
    ],
)
def test_the_servers_log_quotes_no_statement_of_ours(db, setting: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        assert cursor.fetchone()[0] == value
