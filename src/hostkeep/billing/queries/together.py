"""What several documents of an account come to if they are paid at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hostkeep.billing.queries.invoices import InvoiceRow, held_for
from hostkeep.billing.queries.unpaid import unpaid_of
from hostkeep.billing.rules.crediting import OWED_KINDS
from hostkeep.billing.rules.numbering import PROFORMA
from hostkeep.billing.rules.together import sum_together
from hostkeep.kernel.ids import AccountId, InvoiceId
from hostkeep.kernel.money import Currency, Money


@dataclass(frozen=True, slots=True)
class Together:
    """Documents of one currency that an account may pay at once, closed.

    rows    all that are open, the first due first
    chosen  those of them that were chosen
    sum     what the chosen ones come to; nothing where none is
    credit_pays  whether credit can be put on them by hand: a proforma takes it by itself
    """

    currency: Currency
    rows: tuple[InvoiceRow, ...]
    chosen: tuple[InvoiceRow, ...]
    sum: Money
    credit_pays: bool


def open_together(account: AccountId, chosen: Sequence[InvoiceId]) -> tuple[Together, ...]:
    """Return an account's open documents, by currency, and what those chosen come to.

    Another's are none of them.
    """
    rows = [row for row in unpaid_of(account, first=200) if row.kind in (*OWED_KINDS, PROFORMA)]
    found = []
    for currency in dict.fromkeys(row.owed.currency for row in rows):
        mine = tuple(row for row in rows if row.owed.currency == currency)
        picked = tuple(row for row in mine if row.id in chosen)
        proformas = [row.gross for row in picked if row.kind == PROFORMA]
        held = held_for(account, currency) if proformas else Money(0, currency)
        owed = sum_together([row.owed for row in picked if row.kind != PROFORMA], proformas, held)
        pays = any(row.kind in OWED_KINDS for row in picked)
        found.append(Together(currency, mine, picked, owed, pays))
    return tuple(found)
