"""The test gateway's own book: an SQLite file in the data folder, as a stranger's server would keep one.

Nothing here knows the shop.  It keeps what it was asked (a key, an amount, a memo) and what became of it.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hostkeep.kernel.money import CURRENCIES, Money, money

FILE = "testpay.sqlite3"
SECRET = "testpay_secret"  # noqa: S105  the name of a file
BUSY_SECONDS = 5.0
PAID = "tp_"

State = Literal["open", "paid", "declined"]

MADE = ("""
CREATE TABLE IF NOT EXISTS charge (
  once TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, minor INTEGER NOT NULL, currency TEXT NOT NULL,
  memo TEXT NOT NULL, back TEXT NOT NULL, tell TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'open',
  code TEXT NOT NULL DEFAULT '', told INTEGER NOT NULL DEFAULT 0, made_at REAL NOT NULL
) STRICT
""", """
CREATE TABLE IF NOT EXISTS refund (
  once TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, of TEXT NOT NULL, minor INTEGER NOT NULL,
  currency TEXT NOT NULL, state TEXT NOT NULL, made_at REAL NOT NULL
) STRICT
""", """
CREATE TABLE IF NOT EXISTS method (
  once TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, back TEXT NOT NULL, tell TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'open', careful INTEGER NOT NULL DEFAULT 0, made_at REAL NOT NULL
) STRICT
""", """
CREATE TABLE IF NOT EXISTS dispute (
  charge TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, state TEXT NOT NULL DEFAULT 'open',
  made_at REAL NOT NULL
) STRICT
""", """
CREATE TABLE IF NOT EXISTS origin (charge TEXT PRIMARY KEY, country TEXT NOT NULL) STRICT
""")


class OtherContent(Exception):
    """The key stands for another charge."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A charge as the gateway keeps it.

    once   the shop's key; token: ours, in the address of the payer's page
    told   whether a call-back about the decision was taken
    made   Unix seconds
    """

    once: str
    token: str
    amount: Money
    memo: str
    back: str
    tell: str
    state: State
    code: str
    told: bool
    made: float

    @property
    def event(self) -> str:
        """The id of the message about the decision; sending it again does not change it."""
        return f"ev_{self.token[:24]}"

    @property
    def proof(self) -> str:
        """Our id of the money, once it is paid."""
        return f"{PAID}{self.token[:24]}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A charge as a shop asks for it."""

    once: str
    amount: Money
    memo: str
    back: str
    tell: str


class PayBook:
    """The book in a folder.  Each call opens the file anew, so that any number of processes may."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def make(self, asked: Asked, *, at: float) -> Kept:
        """Keep a charge, once a key.  Raises OtherContent if the key stands for another."""
        fresh = (
            asked.once, secrets.token_hex(16), asked.amount.minor, asked.amount.currency.code, asked.memo,
            asked.back, asked.tell, at,
        )  # fmt: skip
        with self.opened() as line:
            line.execute(
                "INSERT INTO charge (once, token, minor, currency, memo, back, tell, made_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (once) DO NOTHING",
                fresh,
            )
            kept = kept_of(line.execute("SELECT * FROM charge WHERE once = ?", [asked.once]).fetchone())
        if (kept.amount, kept.memo, kept.back) != (asked.amount, asked.memo, asked.back):
            raise OtherContent
        return kept

    def by_key(self, once: str) -> Kept | None:
        """Return a charge by the shop's key."""
        return self._one("SELECT * FROM charge WHERE once = ?", once)

    def by_token(self, token: str) -> Kept | None:
        """Return a charge by our token."""
        return self._one("SELECT * FROM charge WHERE token = ?", token)

    def by_proof(self, proof: str) -> Kept | None:
        """Return a paid charge by our id of its money."""
        if not proof.startswith(PAID) or len(proof) != len(PAID) + 24:
            return None
        return self._one(
            "SELECT * FROM charge WHERE substr(token, 1, 24) = ? AND state = 'paid'", proof.removeprefix(PAID)
        )

    def newest(self, first: int = 50) -> tuple[Kept, ...]:
        """Return the newest charges, newest first."""
        with self.opened() as line:
            rows = line.execute("SELECT * FROM charge ORDER BY made_at DESC, rowid DESC LIMIT ?", [first])
            return tuple(kept_of(row) for row in rows)

    def pay(self, token: str) -> Kept | None:
        """Mark an open charge paid; return it as it stands now."""
        return self._decide(token, "paid", "")

    def note_origin(self, kept: Kept, country: str) -> None:
        """Remember where the made-up card of an open charge is from.  country: two letters."""
        with self.opened() as line:
            line.execute(
                "INSERT INTO origin (charge, country)"
                " SELECT once, ? FROM charge WHERE once = ? AND state = 'open'"
                " ON CONFLICT (charge) DO UPDATE SET country = excluded.country",
                [country, kept.once],
            )

    def origin(self, kept: Kept) -> str:
        """Return where the card that paid a charge is from, or an empty text."""
        with self.opened() as line:
            row = line.execute("SELECT country FROM origin WHERE charge = ?", [kept.once]).fetchone()
        return str(row["country"]) if row else ""

    def decline(self, token: str) -> Kept | None:
        """Mark an open charge declined by its payer; return it as it stands now."""
        return self._decide(token, "declined", "cancelled")

    def note_told(self, token: str) -> None:
        """Remember that the shop took the message about it."""
        with self.opened() as line:
            line.execute("UPDATE charge SET told = 1 WHERE token = ?", [token])

    def _decide(self, token: str, state: State, code: str) -> Kept | None:
        """Decide a charge that is open; one that is decided stays."""
        with self.opened() as line:
            line.execute(
                "UPDATE charge SET state = ?, code = ? WHERE token = ? AND state = 'open'",
                [state, code, token],
            )
        return self.by_token(token)

    def _one(self, query: str, key: str) -> Kept | None:
        """Return the one charge a query finds."""
        with self.opened() as line:
            row = line.execute(query, [key]).fetchone()
        return kept_of(row) if row else None

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file, commit at the end, close it."""
        line = sqlite3.connect(self.path, timeout=BUSY_SECONDS)
        try:
            line.row_factory = sqlite3.Row
            line.execute("PRAGMA journal_mode = WAL")
            for made in MADE:
                line.execute(made)
            with line:
                yield line
        finally:
            line.close()


def secret(data: Path) -> str:
    """Return the secret that the gateway shares with the shop, made when first asked for.

    data  the data folder; the secret lies in its folder `keys`, which only we may read
    """
    folder = data / "keys"
    path = folder / SECRET
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = folder / f"{SECRET}.{secrets.token_hex(4)}"
        handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
        try:
            # A link fails if another process was first; its secret then counts.
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="ascii")


def asked_of(said: Mapping[str, Any]) -> Asked:
    """Read a shop's wish.  Raises ValueError."""
    texts = {key: said.get(key) for key in ("once", "memo", "back", "tell")}
    if not all(isinstance(text, str) and 0 < len(text) <= 300 for text in texts.values()):  # noqa: PLR2004
        raise ValueError("a text is missing or too long")
    minor, currency = said.get("minor"), str(said.get("currency"))
    if type(minor) is not int or not 0 < minor <= 10**15 or currency not in CURRENCIES:
        raise ValueError("no amount")
    if not all(str(texts[key]).startswith(("http://", "https://")) for key in ("back", "tell")):
        raise ValueError("no address")
    once, memo, back, tell = (str(texts[key]) for key in ("once", "memo", "back", "tell"))
    return Asked(once, money(minor, currency), memo, back, tell)


def kept_of(row: sqlite3.Row) -> Kept:
    """Read a charge of the book."""
    return Kept(
        row["once"], row["token"], money(row["minor"], row["currency"]), row["memo"], row["back"],
        row["tell"], row["state"], row["code"], bool(row["told"]), row["made_at"],
    )  # fmt: skip
