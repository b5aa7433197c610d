"""Stripe's balance, as far as our driver meets it: movements, pay-outs made of them, lists in pages.

Shapes and signs as Stripe documents them: net is amount less fee; a fee of Stripe's own has a negative amount; a
pay-out's own movement is negative; one that failed comes back as a movement of its own; of a pay-out by hand the
movements are refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

DAY = 86_400
BEGAN = 1_772_323_200
"""2026-03-01 in UTC."""


@dataclass
class StripeMoney:
    """The balance of one account.  page: the most rows that a list gives at once."""

    PATHS = ("/v1/payouts", "/v1/balance_transactions", "/v1/balance")

    rows: list = field(default_factory=list)
    payouts: list = field(default_factory=list)
    page: int = 100
    on_balance: object = None
    reads: int = 0

    def moves(self, kind: str, amount: int, fee: int = 0, *, source: object = None, currency: str = "eur", at: int = BEGAN) -> dict:
        row = {
            "id": f"txn_{uuid4().hex[:20]}", "object": "balance_transaction", "type": kind, "amount": amount, "fee": fee,
            "net": amount - fee, "currency": currency, "created": at, "source": source, "_in": None,
        }  # fmt: skip
        self.rows.append(row)
        return row

    def charged(self, intent: str, amount: int, fee: int, **more) -> dict:
        return self.moves("charge", amount, fee, source={"id": "ch_1", "object": "charge", "payment_intent": intent}, **more)

    def pays_out(self, *, automatic: bool = True, currency: str = "eur", status: str = "pending", at: int = BEGAN + DAY) -> dict:
        waiting = [row for row in self.rows if row["_in"] is None and row["currency"] == currency]
        amount = sum(row["net"] for row in waiting)
        payout = {
            "id": f"po_{uuid4().hex[:20]}", "object": "payout", "amount": amount, "currency": currency, "automatic": automatic,
            "status": status, "created": at, "arrival_date": at + 2 * DAY,
        }  # fmt: skip
        own = self.moves("payout", -amount, source={"id": payout["id"], "object": "payout"}, currency=currency, at=at)
        for row in (*waiting, own):
            row["_in"] = payout["id"]
        self.payouts.append(payout)
        return payout

    def fails(self, payout: dict) -> None:
        payout["status"] = "failed"
        source = {"id": payout["id"], "object": "payout"}
        self.moves("payout_failure", payout["amount"], source=source, currency=payout["currency"], at=payout["created"] + DAY)

    def answer(self, path: str, said: dict) -> tuple[int, dict]:
        if path == "/v1/balance":
            self.reads += 1
            if self.reads == 2 and self.on_balance is not None:
                self.on_balance()
            sums: dict = {}
            for row in self.rows:
                sums[row["currency"]] = sums.get(row["currency"], 0) + row["net"]
            parts = [{"currency": code, "amount": minor} for code, minor in sums.items()]
            half = [{**part, "amount": part["amount"] - 7} for part in parts]
            return 200, {"available": half, "pending": [{**part, "amount": 7} for part in parts]}
        rows = self.payouts if path == "/v1/payouts" else self.rows
        if "created[gte]" in said:
            rows = [row for row in rows if row["created"] >= int(said["created[gte]"])]
        if "payout" in said:
            payout = next(one for one in self.payouts if one["id"] == said["payout"])
            if not payout["automatic"]:
                return 400, {"error": {"type": "invalid_request_error"}}
            rows = [row for row in rows if row["_in"] == payout["id"]]
        return 200, self.listed(rows, said)

    def listed(self, rows: list, said: dict) -> dict:
        newest = sorted(rows, key=lambda row: -row["created"])
        if "starting_after" in said:
            ids = [row["id"] for row in newest]
            newest = newest[ids.index(said["starting_after"]) + 1 :]
        shown = newest[: min(self.page, int(said.get("limit", 10)))]
        expanded = said.get("expand[]") == "data.source"
        data = [self.seen(row, expanded=expanded) for row in shown]
        return {"object": "list", "data": data, "has_more": len(newest) > len(shown)}

    def seen(self, row: dict, *, expanded: bool) -> dict:
        told = {name: value for name, value in row.items() if name != "_in"}
        if isinstance(told.get("source"), dict) and not expanded:
            told["source"] = told["source"]["id"]
        return told
