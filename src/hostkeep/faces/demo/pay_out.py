"""What the test gateway passes on to the shop's bank: all it holds, when somebody presses the button.

It keeps two in a hundred of each payment.  A pay-out is made of movements, each in one pay-out alone; one
that came back is a movement itself, and goes with the next.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from hostkeep.faces.demo.pay_back import FEE
from hostkeep.faces.demo.pay_book import PAID, PayBook
from hostkeep.kernel.money import Money, money

PART = 2
"""Of a hundred, what the gateway keeps of a payment."""

TAKES = timedelta(days=1)

OutState = Literal["under_way", "arrived", "failed"]

MADE = (
    """
CREATE TABLE IF NOT EXISTS payout (
  token TEXT PRIMARY KEY, minor INTEGER NOT NULL, currency TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'under_way', made_on TEXT NOT NULL
) STRICT
""",
    """
CREATE TABLE IF NOT EXISTS movement (
  what TEXT PRIMARY KEY, payout TEXT NOT NULL, of TEXT NOT NULL, net INTEGER NOT NULL, fee INTEGER NOT NULL
) STRICT
""",
)


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that came to the gateway or left it.

    what  unique among movements; of: our id of the payment or pay-out that it is about
    """

    what: str
    of: str
    net: int
    fee: int
    currency: str


@dataclass(frozen=True, slots=True)
class Out:
    """A pay-out."""

    token: str
    amount: Money
    state: OutState
    made_on: date

    @property
    def proof(self) -> str:
        """Our id of it."""
        return f"to_{self.token[:24]}"

    @property
    def arrives_on(self) -> date:
        """The day on which the bank should have it."""
        return self.made_on + TAKES


def pay_out(book: PayBook, *, on: date) -> int:
    """Pay out all that is held, one pay-out a currency; return how many.  What is owed us is not paid out."""
    with book.opened() as line:
        _ready(line)
        line.execute("BEGIN IMMEDIATE")
        waiting: dict[str, list[Movement]] = {}
        for each in _held(line):
            waiting.setdefault(each.currency, []).append(each)
        made = 0
        for currency, movements in waiting.items():
            minor = sum(each.net for each in movements)
            if minor <= 0:
                continue
            token = secrets.token_hex(16)
            line.execute(
                "INSERT INTO payout (token, minor, currency, made_on) VALUES (?, ?, ?, ?)",
                [token, minor, currency, on.isoformat()],
            )
            line.executemany(
                "INSERT INTO movement (what, payout, of, net, fee) VALUES (?, ?, ?, ?, ?)",
                [(each.what, token, each.of, each.net, each.fee) for each in movements],
            )
            made += 1
    return made


def end_out(book: PayBook, token: str, state: OutState) -> bool:
    """Say that a pay-out arrived or came back; one that came back stays so.  Tells whether that is new."""
    with book.opened() as line:
        _ready(line)
        done = line.execute(
            "UPDATE payout SET state = ? WHERE token = ? AND state NOT IN ('failed', ?)",
            [state, token, state],
        )
        return done.rowcount == 1


def outs_of(book: PayBook, *, since: date) -> tuple[Out, ...]:
    """Return pay-outs made since a day, the newest first."""
    with book.opened() as line:
        _ready(line)
        rows = line.execute(
            "SELECT * FROM payout WHERE made_on >= ? ORDER BY made_on DESC, rowid DESC", [since.isoformat()]
        ).fetchall()
    return tuple(_out(row) for row in rows)


def told_of_outs(book: PayBook, *, since: date) -> dict[str, object]:
    """Say what was paid out and what is held, as shops read it."""
    outs = [
        {
            "proof": out.proof, "minor": out.amount.minor, "currency": out.amount.currency.code,
            "arrives_on": out.arrives_on.isoformat(), "state": out.state, "lines": _lines(book, out),
        }
        for out in outs_of(book, since=since)
    ]  # fmt: skip
    held = [
        {"minor": amount.minor, "currency": amount.currency.code, "fee": fee} for amount, fee in holds(book)
    ]
    return {"payouts": outs, "holdings": held}


def holds(book: PayBook) -> tuple[tuple[Money, int], ...]:
    """Return what is held by currency, and what was kept of it, in minor units."""
    sums: dict[str, tuple[int, int]] = {}
    with book.opened() as line:
        _ready(line)
        for each in _held(line):
            net, fee = sums.get(each.currency, (0, 0))
            sums[each.currency] = (net + each.net, fee + each.fee)
    return tuple((money(net, code), fee) for code, (net, fee) in sorted(sums.items()))


def _lines(book: PayBook, out: Out) -> list[dict[str, object]]:
    """Return what a pay-out is made of."""
    with book.opened() as line:
        rows = line.execute("SELECT * FROM movement WHERE payout = ? ORDER BY rowid", [out.token]).fetchall()
    return [{"of": row["of"], "net": row["net"], "fee": row["fee"]} for row in rows]


def _out(row: sqlite3.Row) -> Out:
    """Read a pay-out of the book."""
    made_on = date.fromisoformat(row["made_on"])
    return Out(row["token"], money(row["minor"], row["currency"]), row["state"], made_on)


def _ready(line: sqlite3.Connection) -> None:
    """Make the tables."""
    for made in MADE:
        line.execute(made)


def _held(line: sqlite3.Connection) -> tuple[Movement, ...]:
    """Return the movements that are in no pay-out yet."""
    taken = {row["what"] for row in line.execute("SELECT what FROM movement")}
    return tuple(each for each in _movements(line) if each.what not in taken)


def _movements(line: sqlite3.Connection) -> Iterator[Movement]:
    """Give every movement there ever was."""
    for row in line.execute("SELECT * FROM charge WHERE state = 'paid' ORDER BY rowid"):
        fee = row["minor"] * PART // 100
        yield Movement(f"charge:{row['once']}", _proof(row), row["minor"] - fee, fee, row["currency"])
    for row in line.execute("SELECT * FROM refund WHERE state = 'paid' ORDER BY rowid"):
        yield Movement(f"refund:{row['once']}", row["of"], -row["minor"], 0, row["currency"])
    argued = (
        "SELECT charge.*, dispute.state AS argued FROM dispute JOIN charge ON charge.once = dispute.charge"
        " ORDER BY dispute.rowid"
    )
    for row in line.execute(argued):
        yield Movement(f"dispute:{row['once']}", _proof(row), -row["minor"] - FEE, 0, row["currency"])
        if row["argued"] == "won":
            yield Movement(f"won:{row['once']}", _proof(row), row["minor"], 0, row["currency"])
    for row in line.execute("SELECT * FROM payout WHERE state = 'failed' ORDER BY rowid"):
        yield Movement(f"back:{row['token']}", f"to_{row['token'][:24]}", row["minor"], 0, row["currency"])


def _proof(row: sqlite3.Row) -> str:
    """Return our id of a charge's money."""
    return f"{PAID}{row['token'][:24]}"
