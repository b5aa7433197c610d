"""What must hold of an account's statement, reckoned anew from the ledger's rows and the tables of billing."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from hostkeep.billing.models import Invoice, Payment
from hostkeep.billing.queries.account_statement import CurrencyStatement, account_statement
from hostkeep.kernel.ids import AccountId
from hostkeep.ledger.models import Posting


def statement_wrong(account: UUID, *, cuts: list[datetime], begin: datetime, end: datetime) -> list[str]:
    """What is out in an account's statement: whole, and cut in two at each of some moments."""
    whole = {each.currency.code: each for each in account_statement(AccountId(account), since=begin, until=end)}
    codes = [f"receivable:{account}", f"credit:{account}"]
    stands: Counter[str] = Counter()
    for posting in Posting.objects.filter(account__in=codes):
        stands[posting.currency] += posting.minor
    wrong = [f"{code}: {stands[code]} in the ledger" for code, each in whole.items() if each.closing.minor != stands[code]]
    wrong += [f"{code} is missing" for code, minor in stands.items() if minor and code not in whole]
    wrong += [why for each in whole.values() for why in _adds_up(each)]
    sheets = Invoice.objects.filter(account=account).exclude(kind="proforma")
    for number, kind, gross in sheets.values_list("number", "kind", "gross_minor"):
        told = sum(row.kind == kind and number in row.numbers for each in whole.values() for row in each.rows)
        if told != (1 if gross else 0):
            wrong.append(f"{number} is told {told} times")
    came = Payment.objects.filter(account=account).count()
    told = sum(row.kind in ("payment", "top_up") for each in whole.values() for row in each.rows)
    gone = sum(row.kind == "released" for each in whole.values() for row in each.rows)
    if told - gone != came:
        wrong.append(f"{told} payments less {gone} are told, {came} there are")
    for cut in cuts:
        wrong += _parts_differ(AccountId(account), begin, cut, end, whole)
    return wrong


def _parts_differ(account: AccountId, begin: datetime, cut: datetime, end: datetime, whole: dict) -> list[str]:
    """Two statements that follow on one another are the whole one."""
    first = {each.currency.code: each for each in account_statement(account, since=begin, until=cut)}
    then = {each.currency.code: each for each in account_statement(account, since=cut, until=end)}
    wrong = []
    for code, each in whole.items():
        one, two = first.get(code), then.get(code)
        rows = (*(one.rows if one else ()), *(two.rows if two else ()))
        if rows != each.rows:
            wrong.append(f"{code}: cut at {cut} it has other rows")
        if one and two and one.closing != two.opening:
            wrong.append(f"{code}: {one.closing} before {cut}, {two.opening} after")
        if two and two.closing != each.closing:
            wrong.append(f"{code}: {two.closing} at the end, {each.closing} in one")
    return wrong


def _adds_up(part: CurrencyStatement) -> list[str]:
    """Row by row and in all."""
    balance, wrong = part.opening, []
    for row in part.rows:
        balance = balance + row.charged - row.settled
        if balance != row.balance or row.charged.minor < 0 or row.settled.minor < 0 or (row.used.minor < 0) != (row.kind == "uncovered"):
            wrong.append(f"{part.currency.code}: {row} after {balance}")
    if balance != part.closing or part.opening + part.charged - part.settled != part.closing:
        wrong.append(f"{part.currency.code}: {balance} is not {part.closing}")
    return wrong
