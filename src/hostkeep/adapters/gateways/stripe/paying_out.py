"""What Stripe pays out to the bank, and what it holds: read from pay-outs and balance transactions.

Of an automatic pay-out Stripe tells what it is made of; of one that was made by hand it does not, and then
neither its fees nor those of what is held are known.
Sources: docs.stripe.com/api (Payouts, Balance, Balance Transactions);
docs.stripe.com/reports/balance-transaction-types; docs.stripe.com/payouts, "Payout failures".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from hostkeep.adapters.gateways.stripe.client import BadAnswer, Client, Object, Refused, inner, text
from hostkeep.drivers.payouts import Holding, NotTold, PaidOut, PayoutLine, PayoutState, PayoutsTold
from hostkeep.drivers.wire import LineBroke
from hostkeep.kernel.money import CURRENCIES, money

PAYOUTS, MOVEMENTS, BALANCE = "/v1/payouts", "/v1/balance_transactions", "/v1/balance"
MOST_PAGES = 200
MOST_MINOR = 10**15
LATEST = 4_102_444_800
"""Unix seconds of the year 2100."""

STATES: dict[str, PayoutState] = {
    "pending": "under_way", "in_transit": "under_way", "paid": "arrived", "failed": "failed",
    "canceled": "failed",
}  # fmt: skip
OWN_BILLS = frozenset({"stripe_fee", "stripe_fx_fee", "tax_fee"})
"""Movements that are nothing but a fee: their amount is what Stripe takes."""

TOLD_BY_DISPUTES = "adjustment"
"""A dispute's money and fee: a call-back told of both."""


def payouts_told(client: Client, since: date) -> PayoutsTold:
    """Read pay-outs made since a day, and what is held.  Raises NotTold."""
    try:
        return _read(client, str(int(datetime.combine(since, time(), UTC).timestamp())))
    except (Refused, LineBroke, BadAnswer) as error:
        raise NotTold(type(error).__name__) from None


def _read(client: Client, since: str) -> PayoutsTold:
    """Read both.  Raises Refused, LineBroke, BadAnswer.

    What is held and was not paid out yet was made since then too: Stripe pays out at least once a month.
    The balance is read before and after, for a payment may come in between.
    """
    before = _balance(client)
    by_hand: set[str] = set()
    spent: set[str] = set()
    found = []
    for row in client.every(PAYOUTS, {"created[gte]": since}, pages=MOST_PAGES):
        if row.get("automatic") is not True:
            by_hand.add(_currency(row))
        found.append(_payout(client, row, spent))
    kept: dict[str, int] = {}
    for row in client.every(MOVEMENTS, {"created[gte]": since}, pages=MOST_PAGES):
        if text(row, "id") not in spent:
            kept[_currency(row)] = kept.get(_currency(row), 0) + _fee(row)
    is_sure = _balance(client) == before
    holdings = [
        Holding(money(minor, code), kept.get(code, 0) if is_sure and code not in by_hand else None)
        for code, minor in sorted(before.items())
    ]
    return PayoutsTold(tuple(found), tuple(holdings))


def _payout(client: Client, row: Object, spent: set[str]) -> PaidOut:
    """Read a pay-out and what it is made of; note the movements in it as spent.  Raises as `_read`."""
    proof, code, minor = text(row, "id"), _currency(row), _number(row, "amount")
    state = STATES.get(str(row.get("status")))
    if state is None or not minor:
        raise BadAnswer("payout")
    lines: tuple[PayoutLine, ...] = (PayoutLine("", minor),)
    if row.get("automatic") is True:
        lines = tuple(_lines(client, proof, spent))
        if sum(line.net for line in lines) != minor:
            raise BadAnswer("a pay-out is not what it is made of")
    return PaidOut(proof, money(minor, code), _day(row, "arrival_date"), state, lines)


def _lines(client: Client, proof: str, spent: set[str]) -> Iterator[PayoutLine]:
    """Read what an automatic pay-out is made of, all but itself.  Raises Refused, LineBroke, BadAnswer."""
    wanted = {"payout": proof, "expand[]": "data.source"}
    for row in client.every(MOVEMENTS, wanted, pages=MOST_PAGES):
        spent.add(text(row, "id"))
        if row.get("type") != "payout":
            fee = _fee(row)
            yield PayoutLine(_about(row), _number(row, "net"), fee)


def _fee(row: Object) -> int:
    """Read what Stripe keeps by a movement, without what a dispute told.  Raises BadAnswer."""
    kind = row.get("type")
    if kind == TOLD_BY_DISPUTES:
        return 0
    return -_number(row, "net") if kind in OWN_BILLS else _number(row, "fee")


def _about(row: Object) -> str:
    """Read what a movement is about: the payment of a charge, refund or dispute; or a failed pay-out."""
    source = inner(row, "source")
    for name in ("payment_intent", "id"):
        said = source.get(name)
        if isinstance(said, dict):
            said = said.get("id")
        if isinstance(said, str) and said:
            return text({name: said}, name)
    return ""


def _balance(client: Client) -> dict[str, int]:
    """Read what is held by currency, whether it may be paid out yet or not; others than ours are left out."""
    said = client.get(BALANCE)
    found: dict[str, int] = {}
    for part in ("available", "pending"):
        rows = said.get(part)
        if not isinstance(rows, list):
            raise BadAnswer(part)
        for row in rows:
            if not isinstance(row, dict):
                raise BadAnswer(part)
            code = str(row.get("currency")).upper()
            if code in CURRENCIES:
                found[code] = found.get(code, 0) + _number(row, "amount")
    return found


def _currency(row: Object) -> str:
    """Read a currency of ours.  Raises BadAnswer."""
    code = str(row.get("currency")).upper()
    if code not in CURRENCIES:
        raise BadAnswer("currency")
    return code


def _number(row: Object, name: str) -> int:
    """Read minor units, which may be below nothing.  Raises BadAnswer."""
    minor = row.get(name)
    if type(minor) is not int or abs(minor) > MOST_MINOR:
        raise BadAnswer(name)
    return minor


def _day(row: Object, name: str) -> date:
    """Read a day.  Raises BadAnswer."""
    seconds = row.get(name)
    if type(seconds) is not int or not 0 < seconds < LATEST:
        raise BadAnswer(name)
    return datetime.fromtimestamp(seconds, UTC).date()
