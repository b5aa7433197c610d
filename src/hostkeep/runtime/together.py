"""Several questions in one way to the server; each sees what stands when its turn comes.

For rows that a deed needs before it can decide anything.  Under READ COMMITTED every statement of a text has
a view of its own, so what a question locks, the next ones read as the lock's last holder left it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from django.db import connection, transaction
from psycopg.pq import TransactionStatus

T = TypeVar("T")

BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
"""As Django lets the driver begin."""


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """One statement that returns rows.

    made    what a row becomes, from its columns as the driver reads them
    locks   whether it locks rows: then it is asked inside a transaction alone
    before, after  statements around it whose answers nobody reads
    """

    text: str
    values: Sequence[Any]
    made: Callable[[Sequence[Any]], T]
    locks: bool = False
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def ask(*questions: Question[Any]) -> list[list[Any]]:
    """Return what each question finds, in their order.

    Raises TransactionManagementError where one locks rows and no transaction runs.
    """
    if any(each.locks for each in questions) and not connection.in_atomic_block:
        raise transaction.TransactionManagementError("rows are locked inside a transaction alone")
    texts = [text for each in questions for text in (*each.before, each.text, *each.after)]
    found: list[list[Any]] = []
    with connection.cursor() as cursor:
        begun = first_of(texts)
        cursor.execute("; ".join([*begun, *texts]), [value for each in questions for value in each.values])
        skipped = len(begun)
        for each in questions:
            for _ in range(skipped + len(each.before)):
                cursor.nextset()
            found.append([each.made(row) for row in cursor.fetchall()])
            skipped = len(each.after) + 1
    return found


def ends_transaction() -> bool:
    """Say whether the running block is a transaction of its own: then its last statement may commit it.

    Django's commit, which follows, finds nothing open at the server and costs no way to it.  What fails at
    the commit, fails there: inside the block, which is rolled back.
    """
    alone = len(connection.atomic_blocks) == 1 and not connection.savepoint_ids
    return alone and connection.commit_on_exit and not connection.needs_rollback


def committed(question: Question[T]) -> Question[T]:
    """Return a question that ends its transaction, where the running block is one.

    What it did is there for everybody before the questions after it are asked.
    """
    return replace(question, after=(*question.after, "COMMIT")) if ends_transaction() else question


def first_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Return what must stand before some texts: its transaction's begin, where the server knows none.

    The driver would send it by itself, a way to the server of its own.  Told that it need not, it leaves the
    transaction to the text; its commit and its rollback go by what the server says, and Django, when the
    block ends, tells it what it tells it anyway.
    """
    if not (texts and connection.in_atomic_block):
        return ()
    line = connection.connection
    if line is None or line.autocommit or line.info.transaction_status != TransactionStatus.IDLE:
        return ()
    line.autocommit = True
    return (BEGIN,)
