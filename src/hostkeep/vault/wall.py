"""The wall: only inside `opened()` may our statements touch the vault's tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction


@contextmanager
def opened(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Take the vault's role for the statements inside, and give it back in the same block.

    using  the connection, for what must be committed apart
    The inner transaction block is needed: the role would outlive a savepoint.  Never RESET ROLE.
    It stops mistakes and forgotten queries, not an attacker who runs statements of his own as our process.
    """
    connection = connections[using]
    inside_another = connection.in_atomic_block
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE hk_vault")
        yield
        if inside_another:  # else the transaction ends here, and the role with it
            cursor.execute("SET LOCAL ROLE hk_app")


@contextmanager
def stepped_out(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Give the vault's role back for the statements inside, and take it again: only inside opened()."""
    with connections[using].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE hk_app")
        yield
        cursor.execute("SET LOCAL ROLE hk_vault")


def read(query: str, params: Sequence[Any], *, using: str = DEFAULT_DB_ALIAS) -> list[Any]:
    """Return the rows of one SELECT, as read_each."""
    return read_each([query], params, using=using)[0]


def read_each(
    queries: Sequence[str], params: Sequence[Any], *, using: str = DEFAULT_DB_ALIAS
) -> list[list[Any]]:
    """Return the rows of each of some SELECTs that the vault's role runs; never inside opened().

    params  of all of them, in their order
    One text takes the role, reads and gives it back: one way to the server, where opened() takes four.
    Outside a transaction the text is one by itself, and the role ends with it.
    """
    connection = connections[using]
    back = ["SET LOCAL ROLE hk_app"] if connection.in_atomic_block else []
    found: list[list[Any]] = []
    with connection.cursor() as cursor:
        cursor.execute("; ".join(["SET LOCAL ROLE hk_vault", *queries, *back]), params)
        for _ in queries:
            cursor.nextset()
            found.append(cursor.fetchall())
    return found


def write(statement: str, params: Sequence[Any]) -> int:
    """Run one statement as the vault's role, in the running transaction; return how many rows it wrote.

    Never inside opened().  One way to the server, where opened() takes five.  No savepoint is needed: where
    the statement fails, so does the transaction, and the role goes with whatever is rolled back.
    """
    if not connections[DEFAULT_DB_ALIAS].in_atomic_block:
        raise transaction.TransactionManagementError("the role would outlive the statement")
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE hk_vault; {statement}; SET LOCAL ROLE hk_app", params)
        cursor.nextset()
        return int(cursor.rowcount)
