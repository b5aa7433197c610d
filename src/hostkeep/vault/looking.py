"""Counting, behind the wall, what looks like a personal value in a column that should hold none.

Nothing but numbers comes out: the database compares, and no text is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from django.db import connection
from psycopg import sql

from hostkeep.kernel import detectors
from hostkeep.vault import wall

COARSE: Mapping[str, str] = MappingProxyType({
    detectors.EMAIL: r"[[:alnum:]._%+-]+@[[:alnum:]-]+(\.[[:alnum:]-]+)*\.[[:alpha:]]{2,}\y",
    detectors.PHONE: r"(^|[^[:alnum:]+.])\+[1-9]([ .()/-]?[0-9]){8,14}($|[^[:alnum:]:])",
    detectors.IP: r"(^|[^[:alnum:].-])([0-9]{1,3}\.){3}[0-9]{1,3}($|[^[:alnum:].-])",
    detectors.CARD: r"(^|[^[:alnum:].-])[3-6][0-9]{3}([ -][0-9]{4}){3}($|[^[:alnum:]-])",
    detectors.IBAN: r"(^|[^[:alnum:]])[A-QS-Z][A-Z][0-9]{2} [A-Z0-9]{4}( [A-Z0-9]{4}){2,6}",
    detectors.CANARY: r"canary[0-9a-f]{16}",
})
"""Shapes as the database can tell them; without check digits, so only where the writing leaves no doubt."""

BOX = re.compile(r'"?(?:c1\.\d{1,9}|c2\.\w{1,64}\.[0-9a-f]{64})\.[\w-]{40,}={0,2}"?', re.ASCII)
"""What `cipher.seal_column` and the columns behind the door hold, as a text or as JSON."""

COUNTED = sql.SQL("SELECT count(*), {counts} FROM (SELECT {columns} FROM {table} LIMIT {most}) AS rows")
ONE = sql.SQL("count(*) FILTER (WHERE {column}::text ~ {shape})")


def is_box(text: str) -> bool:
    """Say whether a text is a sealed column's ciphertext and nothing else: a shape in it would be chance."""
    return BOX.fullmatch(text) is not None


def count_shapes(
    table: tuple[str, str], columns: Sequence[str], *, most: int
) -> tuple[int, Mapping[tuple[str, str], int]]:
    """Return how many rows of a table were looked at, and how often a column of it shows a shape.

    table    schema and name
    columns  holding text or JSON
    most     rows that are looked at
    """
    pairs = [(column, name) for column in columns for name in COARSE]
    counts = [
        ONE.format(column=sql.Identifier(column), shape=sql.Literal(COARSE[name]))
        for column, name in pairs
    ]
    query = COUNTED.format(
        counts=sql.SQL(", ").join(counts),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        table=sql.Identifier(*table),
        most=sql.Literal(most),
    )
    with wall.opened(), connection.cursor() as cursor:
        cursor.execute(query)
        looked, *found = cursor.fetchone()
    return int(looked), {pair: count for pair, count in zip(pairs, found, strict=True) if count}
