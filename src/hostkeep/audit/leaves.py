r"""What a leaf of the tree is made of: one line of text an entry, for us, an auditor and a customer alike.

Format "hostkeep-audit-1": the format's name and the fields of FIELDS in this order, separated by one tab, in
UTF-8, without a line's end.  `at` is in microseconds since 1970-01-01T00:00:00Z, `thing` a lower-case UUID,
numbers are decimal.  In a field a backslash, backspace, form feed, line feed, carriage return, tab or
vertical tab is written as \\ \b \f \n \r \t \v, as PostgreSQL's COPY does in its text format, so that the
server itself writes the lines.  The leaf's hash is SHA-256 over a zero byte and this line (RFC 6962).
A change of the format gets a new name; old leaves keep theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import sql

FORMAT = "hostkeep-audit-1"

FIELDS = (
    "id", "at", "verb", "actor", "role", "purpose", "brand", "kind", "thing", "category", "clause", "digest",
    "count", "trace",
)  # fmt: skip

_ESCAPES = str.maketrans({
    "\\": r"\\", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v",
})  # fmt: skip

COLUMNS = sql.SQL(
    "{form}, e.id, (extract(epoch FROM e.at) * 1000000)::bigint, e.verb, e.actor, e.role, e.purpose, e.brand,"
    " e.kind, e.thing, e.category, e.clause, e.digest, e.count, e.trace"
).format(form=sql.Literal(FORMAT))
"""The columns of audit.audit_entry AS e that COPY writes as a leaf's line."""


def line_of(fields: Mapping[str, object]) -> bytes:
    """Return the line of an entry.  fields: by the names of FIELDS, `at` in microseconds."""
    texts = (str(fields[name]).translate(_ESCAPES) for name in FIELDS)
    return "\t".join((FORMAT, *texts)).encode()


def fields_of(line: bytes) -> dict[str, str]:
    """Return the fields of a line, each as its text.  Raises ValueError for another format."""
    text = line.decode()
    form, *texts = text.split("\t")
    if form != FORMAT or len(texts) != len(FIELDS):
        raise ValueError("not an entry in the format " + FORMAT)
    return dict(zip(FIELDS, map(_plain, texts) if "\\" in text else texts, strict=True))


def copied(cursor: Any, query: sql.Composable) -> Iterator[bytes]:
    """Give the rows of a query as lines of COPY's text format, without their end, as they come."""
    with cursor.copy(sql.SQL("COPY ({query}) TO STDOUT").format(query=query)) as copy:
        for block in copy:
            yield bytes(block)[:-1]


def _plain(text: str) -> str:
    """Undo the escapes of a field."""
    if "\\" not in text:
        return text
    back = {written[1]: chr(code) for code, written in _ESCAPES.items()}
    plain, marked = [], False
    for sign in text:
        if marked:
            plain.append(back[sign])
        elif sign != "\\":
            plain.append(sign)
        marked = sign == "\\" and not marked
    return "".join(plain)
