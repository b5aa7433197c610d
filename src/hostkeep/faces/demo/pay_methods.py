"""Methods that payers leave with the test gateway: made-up cards, good or of a bank that asks each time."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hostkeep.faces.demo.pay_book import Asked, Kept, PayBook

CARDS = {False: "4242", True: "3184"}
"""Last digits of the made-up cards, by whether their bank wants to see the payer each time."""

EXPIRES = "2031-12-31"


@dataclass(frozen=True, slots=True)
class Left:
    """A method.

    once     the shop's key; token: ours, in the address of the page where it is left
    state    "open", "kept", "declined" or "gone"
    careful  whether its bank wants to see the payer each time
    """

    once: str
    token: str
    back: str
    tell: str
    state: str
    careful: bool

    @property
    def handle(self) -> str:
        """What the shop charges it by."""
        return f"tm_{self.token[:24]}"

    @property
    def label(self) -> str:
        """What its owner knows it by."""
        return f"Test card {CARDS[self.careful]}"

    @property
    def event(self) -> str:
        """The id of the message that it was left."""
        return f"ev_{self.state}_{self.token[:24]}"


def ask_method(book: PayBook, said: Mapping[str, Any], *, at: float) -> Left:
    """Keep a shop's wish for a method, once a key.  said: once, back, tell.  Raises ValueError."""
    once, back, tell = (said.get(name) for name in ("once", "back", "tell"))
    if not (isinstance(once, str) and 0 < len(once) <= 64):  # noqa: PLR2004
        raise ValueError("no key")
    if not all(str(url).startswith(("http://", "https://")) and len(str(url)) <= 300 for url in (back, tell)):  # noqa: PLR2004
        raise ValueError("no address")
    with book.opened() as line:
        line.execute(
            "INSERT INTO method (once, token, back, tell, made_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (once) DO NOTHING",
            [once, secrets.token_hex(16), str(back), str(tell), at],
        )
        return _left(line.execute("SELECT * FROM method WHERE once = ?", [once]).fetchone())


def method_by_key(book: PayBook, once: str) -> Left | None:
    """Return a method by the shop's key."""
    return _one(book, "SELECT * FROM method WHERE once = ?", once)


def method_by_token(book: PayBook, token: str) -> Left | None:
    """Return a method by our token."""
    return _one(book, "SELECT * FROM method WHERE token = ?", token)


def method_by_handle(book: PayBook, handle: str) -> Left | None:
    """Return a method that is kept, by what the shop charges it by."""
    query = "SELECT * FROM method WHERE substr(token, 1, 24) = ? AND state = 'kept'"
    return _one(book, query, handle.removeprefix("tm_"))


def leave(book: PayBook, token: str, *, careful: bool) -> Left | None:
    """Leave a method on its page; return it as it stands now."""
    return _decide(book, token, "kept", careful=careful)


def decline_method(book: PayBook, token: str) -> Left | None:
    """Leave none; return it as it stands now."""
    return _decide(book, token, "declined", careful=False)


def forget(book: PayBook, handle: str) -> None:
    """Let go of a method that is kept."""
    with book.opened() as line:
        line.execute(
            "UPDATE method SET state = 'gone' WHERE substr(token, 1, 24) = ? AND state = 'kept'",
            [handle.removeprefix("tm_")],
        )


def charge_method(book: PayBook, handle: str, asked: Asked, *, at: float) -> Kept | None:
    """Charge a method that is kept, once a key; None where there is no such method.

    A careful bank leaves the charge open, on the page where payers pay.  Raises OtherContent.
    """
    known = book.by_key(asked.once)
    method = method_by_handle(book, handle)
    if known is None and method is None:
        return None
    kept = book.make(asked, at=at)
    if known is None and method is not None and not method.careful:
        return book.pay(kept.token)
    return kept


def _decide(book: PayBook, token: str, state: str, *, careful: bool) -> Left | None:
    """Decide a method that is open; one that is decided stays."""
    with book.opened() as line:
        line.execute(
            "UPDATE method SET state = ?, careful = ? WHERE token = ? AND state = 'open'",
            [state, int(careful), token],
        )
    return method_by_token(book, token)


def _one(book: PayBook, query: str, key: str) -> Left | None:
    """Return the one method a query finds."""
    with book.opened() as line:
        row = line.execute(query, [key]).fetchone()
    return _left(row) if row else None


def _left(row: sqlite3.Row) -> Left:
    """Read a method of the book."""
    return Left(row["once"], row["token"], row["back"], row["tell"], row["state"], bool(row["careful"]))
