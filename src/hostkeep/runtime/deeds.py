"""The frame of a deed: its transaction, and what it writes of itself at its end, all at once.

An entry of the audit, an event and its jobs come with nearly every step of a deed, and nothing in the deed
reads them.  So each is left where it arises, and the outermost deed writes all of them as its last statement,
in its own transaction: they stand with the deed, or not at all.  Outside a deed they are written at once.

What is left, and what is noted, lies in Django's list of what a commit calls: that list forgets it with the
savepoint or the transaction that it came from, whoever rolls back.  Nothing there is ever called.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from hostkeep.runtime.together import ends_transaction, first_of

Statement = tuple[str, Sequence[Any]]
"""A text of one or more statements, and its parameters."""

Writer = Callable[[Sequence[Any]], Statement]
"""Says how the rows are written that were left for it, in their order.  It asks the database nothing."""


class NewKey(str):
    """An idempotency key made of what the running deed writes, and nobody else knows: it was never used.

    Whoever gets one need not ask what stands under it.
    """

    __slots__ = ()


class _Thread(threading.local):
    """How many deeds of this thread are under way, one inside the other, and how many of these are whole."""

    deeds = 0
    whole = 0


_thread = _Thread()


@dataclass(slots=True, eq=False)
class _Left:
    """A row that its deed writes at the end."""

    writer: Writer
    row: Any

    def __call__(self) -> None:
        """Say that a deed was committed without its end."""
        raise RuntimeError("a deed was committed before it was over")


@dataclass(slots=True, eq=False)
class _Note:
    """Something that holds as long as the running transaction does, for the deed alone."""

    name: Hashable
    value: Any

    def __call__(self) -> None:
        """Say that a deed was committed without its end."""
        raise RuntimeError("a deed was committed before it was over")


@contextmanager
def deed(*, whole: bool = False) -> Iterator[None]:
    """Be one deed, atomic; a deed inside another is a part of it.

    What was left is written before the outermost one ends, in the order of the writers' first rows; what was
    noted is forgotten.

    whole  nothing of it stands without the rest: whatever fails inside, and is not caught by the deed that it
           failed in, fails all of it.  Then no part needs a savepoint.
    """
    with transaction.atomic(savepoint=not _thread.whole):
        _thread.deeds += 1
        _thread.whole += whole
        try:
            yield
            if _thread.deeds == 1:
                _write_left()
        finally:
            _thread.deeds -= 1
            _thread.whole -= whole


def leave(writer: Writer, row: Any) -> None:
    """Leave a row to be written at the end of the running deed; where none runs, it is written now."""
    if _thread.deeds:
        connection.on_commit(_Left(writer, row))
    else:
        run([writer([row])])


def note(name: Hashable, value: Any) -> None:
    """Note what this transaction read under a lock, until the deed ends or its savepoint is rolled back.

    Outside a deed nothing is noted.
    """
    if _thread.deeds:
        connection.on_commit(_Note(name, value))


def noted(name: Hashable) -> Any:
    """Return what the running deed noted last under a name, or None."""
    for _, each, _ in reversed(_list() if _thread.deeds else ()):
        if type(each) is _Note and each.name == name:
            return each.value
    return None


def forget_notes() -> None:
    """Forget what was noted: for whoever changes what a lock of the same transaction protects."""
    _keep_without(_Note)


def write_now() -> None:
    """Write what was left so far: for a deed that asks the database for what a part of it left to the end.

    What was left before a savepoint that still stands goes on waiting: it must outlive that one's rollback.
    """
    within = {each for each in connection.savepoint_ids if each is not None}
    due = [one for one in _list() if type(one[1]) is _Left and within <= one[0]]
    connection.run_on_commit = [one for one in _list() if one not in due]
    run(_written_by(each for _, each, _ in due))


def _written_by(left: Iterable[_Left]) -> list[Statement]:
    """Say how rows are written, in the order of the writers' first rows."""
    rows: dict[Writer, list[Any]] = {}
    for each in left:
        rows.setdefault(each.writer, []).append(each.row)
    return [writer(some) for writer, some in rows.items()]


def _write_left() -> None:
    """Write what was left, in one text, and let go of what was noted."""
    statements = _written_by(each for _, each, _ in _list() if type(each) is _Left)
    _keep_without(_Left, _Note)
    run([*statements, *([COMMIT] if statements and ends_transaction() else [])])


COMMIT: Statement = ("COMMIT", ())


def _keep_without(*kinds: type) -> None:
    """Take what is of some kinds out of Django's list."""
    connection.run_on_commit = [one for one in _list() if type(one[1]) not in kinds]


def _list() -> list[Any]:
    """Return Django's list: savepoints, what is called, whether others are called if it fails."""
    return connection.run_on_commit


def run(statements: Sequence[Statement]) -> None:
    """Run some statements in one text, now: one way to the server."""
    if not statements:
        return
    texts = [text for text, _ in statements]
    with connection.cursor() as cursor:
        cursor.execute("; ".join([*first_of(texts), *texts]), [x for _, each in statements for x in each])
