"""What leaves the test gateway again: refunds that a shop asks for, and payments that a payer disputes."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hostkeep.faces.demo.pay_book import Kept, OtherContent, PayBook
from hostkeep.kernel.money import CURRENCIES, Money, money

FEE = 1500
"""Minor units that the gateway keeps for a dispute."""

DisputeState = Literal["open", "won", "lost"]


@dataclass(frozen=True, slots=True)
class Back:
    """Money given back.  of: our id of the payment; state: "paid", or "declined": too little was left."""

    once: str
    token: str
    of: str
    amount: Money
    state: str

    @property
    def proof(self) -> str:
        """Our id of it."""
        return f"tr_{self.token[:24]}"


@dataclass(frozen=True, slots=True)
class Argued:
    """A payment that its payer disputes."""

    charge: Kept
    token: str
    state: DisputeState

    @property
    def proof(self) -> str:
        """Our id of the dispute."""
        return f"td_{self.token[:24]}"

    @property
    def event(self) -> str:
        """The id of the message about how it stands."""
        return f"ev_{self.state}_{self.token[:24]}"


def give_back(book: PayBook, said: Mapping[str, Any], *, at: float) -> Back:
    """Give money back, once a key, at most what is left of its payment.

    said  once, of, minor, currency, as the shop wrote them
    Raises ValueError, OtherContent if the key stands for another.
    """
    once, of, minor, currency = said.get("once"), said.get("of"), said.get("minor"), str(said.get("currency"))
    if not all(isinstance(text, str) and 0 < len(text) <= 64 for text in (once, of)):  # noqa: PLR2004
        raise ValueError("a text is missing or too long")
    if type(minor) is not int or not 0 < minor <= 10**15 or currency not in CURRENCIES:
        raise ValueError("no amount")
    amount, charge = money(minor, currency), book.by_proof(str(of))
    with book.opened() as line:
        line.execute("BEGIN IMMEDIATE")
        known = line.execute("SELECT * FROM refund WHERE once = ?", [once]).fetchone()
        if known is None:
            enough = charge is not None and _left(line, charge) >= _minor(amount, charge)
            state = "paid" if enough else "declined"
            line.execute(
                "INSERT INTO refund (once, token, of, minor, currency, state, made_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [once, secrets.token_hex(16), of, minor, currency, state, at],
            )
            known = line.execute("SELECT * FROM refund WHERE once = ?", [once]).fetchone()
    back = _back(known)
    if (back.of, back.amount) != (of, amount):
        raise OtherContent
    return back


def back_by_key(book: PayBook, once: str) -> Back | None:
    """Return a refund by the shop's key."""
    with book.opened() as line:
        row = line.execute("SELECT * FROM refund WHERE once = ?", [once]).fetchone()
    return _back(row) if row else None


def backs_of(book: PayBook, charge: Kept) -> tuple[Back, ...]:
    """Return what was given back of a charge."""
    with book.opened() as line:
        rows = line.execute("SELECT * FROM refund WHERE of = ? ORDER BY made_at", [charge.proof]).fetchall()
    return tuple(_back(row) for row in rows)


def dispute(book: PayBook, charge: Kept, *, at: float) -> Argued:
    """Let the payer of a paid charge dispute it, once."""
    with book.opened() as line:
        line.execute(
            "INSERT INTO dispute (charge, token, made_at) VALUES (?, ?, ?) ON CONFLICT (charge) DO NOTHING",
            [charge.once, secrets.token_hex(16), at],
        )
    found = dispute_of(book, charge)
    if found is None:
        raise LookupError(charge.once)
    return found


def end_dispute(book: PayBook, charge: Kept, state: DisputeState) -> Argued | None:
    """End an open dispute; return how it stands now."""
    with book.opened() as line:
        line.execute("UPDATE dispute SET state = ? WHERE charge = ? AND state = 'open'", [state, charge.once])
    return dispute_of(book, charge)


def dispute_of(book: PayBook, charge: Kept) -> Argued | None:
    """Return the dispute of a charge, or None."""
    with book.opened() as line:
        row = line.execute("SELECT * FROM dispute WHERE charge = ?", [charge.once]).fetchone()
    return Argued(charge, row["token"], row["state"]) if row else None


def _left(line: sqlite3.Connection, charge: Kept) -> int:
    """Return what is left of a charge, in minor units."""
    (gone,) = line.execute(
        "SELECT coalesce(sum(minor), 0) FROM refund WHERE of = ? AND state = 'paid'", [charge.proof]
    ).fetchone()
    return charge.amount.minor - int(gone)


def _minor(amount: Money, charge: Kept) -> int:
    """Return an amount in minor units; more than can be where the currency is another."""
    return amount.minor if amount.currency == charge.amount.currency else 10**18


def _back(row: sqlite3.Row) -> Back:
    """Read a refund of the book."""
    return Back(row["once"], row["token"], row["of"], money(row["minor"], row["currency"]), row["state"])
