"""What billing's tests start from: an account's handles, lines, invoices, by the real actions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from hostkeep.billing.actions.issuing import issue_invoice
from hostkeep.billing.bills import Issued
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.party import BilledTo, Party, to_json
from hostkeep.billing.rules.taxing.deciding import TaxDecided
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, Ref, SubjectId
from hostkeep.kernel.money import EUR, Currency, Money
from tests.conftest import NOON, make_act

WEEK = timedelta(days=7)


def line(minor: int = 1990, *, rate: int = 210_000, quantity: int = 1, currency: Currency = EUR) -> Line:
    return Line("Server V-4", quantity, Money(minor, currency), rate, Ref("shop.order_line", uuid4()))


def billing_act(brand: str = "vps6", at=NOON, role: str = "system") -> Act:
    return make_act(role, "billing", brand=brand, at=at)


@dataclass
class Buyer:
    """An account to bill."""

    brand: str = "vps6"
    account: AccountId = field(default_factory=lambda: AccountId(uuid4()))
    subject: SubjectId = field(default_factory=lambda: SubjectId(uuid4()))

    def owes(
        self, *lines: Line, once: str = "", at=NOON, party: Party | None = None, decision: TaxDecided | None = None
    ) -> Issued:
        return issue_invoice(
            billing_act(self.brand, at),
            to=BilledTo(self.account, self.subject, to_json(party) if party else "", decision),
            lines=lines or [line()], due_in=WEEK, once=once or uuid4().hex,
        )  # fmt: skip

    def act(self, at=NOON) -> Act:
        return make_act(
            "customer", "billing", brand=self.brand, at=at, actor="user:test", own=self.subject
        )
