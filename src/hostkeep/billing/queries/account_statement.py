"""A statement of account: all that moved what an account owes or has, between two moments.

Nothing here is reckoned beside the ledger: a row is an entry of it, and what a statement opens and closes
with is what the codes receivable:<account> and credit:<account> stood at.  Nobody's name and nothing that
was bought is in it: documents stand by their numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hostkeep.billing.errors.documents import TooLongAStatement
from hostkeep.billing.models import Allocation, CreditEntry, Invoice, Payment
from hostkeep.billing.rules import chart
from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.money import Currency, Money
from hostkeep.ledger.statements import EntryLine, moved_between, stood_at

MOST_ROWS = 2000
"""Of one statement: more is asked for in parts."""


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One thing that moved money.

    kind      of a document ("invoice", "credit_note", "debit_note"); "payment"; "released": a payment that
              was taken off again, for it was somebody else's; or a CreditKind
    numbers   of the documents that it has to do with, or none
    gateway   by which a payment came, or empty
    reason    of staff who gave or took credit, a word of rules.crediting; or empty
    charged   by what more is owed; settled: by what less.  One of the two, or neither
    used      credit that went on a document: what is owed and what is held grow less by the same; below
              nothing where it came off one again
    balance   owed after it, less the credit that is held
    """

    at: datetime
    kind: str
    numbers: tuple[str, ...]
    gateway: str
    reason: str
    charged: Money
    settled: Money
    used: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class CurrencyStatement:
    """A statement in one currency.

    opening, closing  what was owed less the credit that was held; below nothing: the account had so much
    credit            how much of the closing balance is credit, nothing or more
    charged, settled  the sums of the rows: opening and charged less settled is closing
    """

    currency: Currency
    opening: Money
    rows: tuple[StatementRow, ...]
    closing: Money
    credit: Money
    charged: Money
    settled: Money


def account_statement(
    account: AccountId, *, since: datetime, until: datetime
) -> tuple[CurrencyStatement, ...]:
    """Return an account's statement from a time on and before another, for each currency it had to do with.

    Seven queries, however long it is.  Raises TooLongAStatement.
    """
    codes = (chart.receivable(account), chart.credit(account))
    before, lines = stood_at(codes, since), moved_between(codes, since=since, until=until, most=MOST_ROWS)
    if len(lines) > MOST_ROWS:
        raise TooLongAStatement(most=MOST_ROWS)
    told = _Told.of(lines)
    by_currency: dict[Currency, list[EntryLine]] = defaultdict(list)
    for line in lines:
        by_currency[next(iter(line.moved.values())).currency].append(line)
    wanted = sorted({*before, *by_currency}, key=lambda currency: currency.code)
    found = (_in_currency(each, codes, before.get(each, {}), by_currency[each], told) for each in wanted)
    return tuple(each for each in found if each.rows or each.opening.minor or each.credit.minor)


@dataclass(frozen=True, slots=True)
class _Told:
    """What entries are about, as far as a row says it."""

    documents: Mapping[UUID, tuple[str, str]]
    gateways: Mapping[UUID, str]
    went_on: Mapping[UUID, tuple[str, ...]]
    moves: Mapping[UUID, CreditEntry]

    @classmethod
    def of(cls, lines: Sequence[EntryLine]) -> _Told:
        """Gather it."""
        about: dict[str, set[UUID]] = defaultdict(set)
        for line in lines:
            about[line.about.kind].add(line.about.id)
        moves = {row.id: row for row in CreditEntry.objects.filter(id__in=about["billing.credit_entry"])}
        others = {row.about for row in moves.values() if row.about}
        sheets = Invoice.objects.filter(id__in=about["billing.invoice"] | others)
        paid = about["billing.payment"] | others
        on: dict[UUID, list[str]] = defaultdict(list)
        parts = Allocation.objects.filter(payment__in=about["billing.payment"]).order_by("id")
        for payment, number in parts.values_list("payment", "invoice__number"):
            on[payment].append(number)
        return cls(
            {row: (kind, number) for row, kind, number in sheets.values_list("id", "kind", "number")},
            dict(Payment.objects.filter(id__in=paid).values_list("id", "gateway")),
            {payment: tuple(numbers) for payment, numbers in on.items()},
            moves,
        )

    def row(self, line: EntryLine, change: Money, used: Money) -> tuple[str, tuple[str, ...], str, str]:
        """Return what a line is: kind, numbers, gateway and reason."""
        about = line.about.id
        if line.about.kind == "billing.credit_entry" and about in self.moves:
            move = self.moves[about]
            number = self.documents.get(move.about, ("", ""))[1] if move.about else ""
            gateway = self.gateways.get(move.about, "") if move.about else ""
            return move.kind, (number,) if number else (), gateway, move.reason
        if line.about.kind == "billing.payment":
            kind = "released" if change.minor > 0 else "payment"
            return kind, self.went_on.get(about, ()), self.gateways.get(about, ""), ""
        kind, number = self.documents.get(about, ("invoice", ""))
        return "used" if used.minor else kind, (number,) if number else (), "", ""


def _in_currency(
    currency: Currency, codes: tuple[str, str], before: Mapping[str, Money], lines: Sequence[EntryLine],
    told: _Told,
) -> CurrencyStatement:  # fmt: skip
    """Reckon one currency."""
    nothing = Money(0, currency)
    owed, held = (before.get(code, nothing) for code in codes)
    opening = balance = owed + held
    charged = settled = nothing
    rows = []
    for line in lines:
        of_owed, of_held = (line.moved.get(code, nothing) for code in codes)
        change = of_owed + of_held
        up, down = (change, nothing) if change.minor > 0 else (nothing, -change)
        used = of_held if not change.minor else nothing
        kind, numbers, gateway, reason = told.row(line, change, used)
        balance, held = balance + change, held + of_held
        charged, settled = charged + up, settled + down
        rows.append(StatementRow(line.at, kind, numbers, gateway, reason, up, down, used, balance))
    return CurrencyStatement(currency, opening, tuple(rows), balance, -held, charged, settled)
