"""What subscriptions' tests start from: an account that has a subscription, by the real actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from hostkeep.flows import renewing
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, ServiceId, SubjectId
from hostkeep.kernel.money import EUR, USD, VND, Money
from hostkeep.people.actions.joining import open_account
from hostkeep.people.models import User
from hostkeep.people.queries import account as account_row
from hostkeep.subscriptions.actions.opening import begin_subscription, open_subscription
from hostkeep.subscriptions.models import Subscription
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, periods_of, subscription
from hostkeep.subscriptions.rules.agreeing import Agreed
from hostkeep.subscriptions.rules.terms import Term
from tests.conftest import NOON, make_act

CURRENCY = {"vps6": EUR, "vpn": EUR, "vpsfast": USD, "photonvps": USD, "vietnam-server": VND}
MONTH = Term("month", 1)


def act_at(brand: str = "vps6", at: datetime = NOON, role: str = "system", purpose: str = "service") -> Act:
    return make_act(role, purpose, brand=brand, at=at)


@dataclass
class Taker:
    """An account and one subscription of it."""

    brand: str
    account: AccountId
    subject: SubjectId
    service: ServiceId
    id: UUID

    @property
    def row(self) -> SubscriptionRow:
        return subscription(self.id)

    def periods(self) -> list[tuple[datetime, datetime, UUID | None]]:
        """What was billed, oldest first."""
        found = periods_of(self.id, first=1000)
        return [(row.period.start, row.period.end, row.invoice) for row in reversed(found)]


def opens_account(brand: str = "vps6", at: datetime = NOON) -> tuple[AccountId, SubjectId]:
    user = User.objects.create(brand=brand)
    act = make_act("customer", "account", brand=brand, at=at)
    account = open_account(act, user=user.id, values={}, language="en").account
    return account, account_row(account).subject


def takes(
    brand: str = "vps6", *, price: int = 1200, term: Term = MONTH, at: datetime = NOON, trial: int = 0,
    begun: bool = True, who: tuple[AccountId, SubjectId] | None = None, product: str = "hexa-s", plan: str = "monthly",
) -> Taker:  # fmt: skip
    """An account takes a plan, and its service runs at once."""
    account, subject = who or opens_account(brand, at)
    service = ServiceId(uuid4())
    agreed = Agreed(product, plan, "Hexa S: Debian 13", {"system": "debian"}, term, Money(price, CURRENCY[brand]), trial)
    opened = open_subscription(
        act_at(brand, at), account=account, subject=subject, service=service, agreed=agreed, once=f"service:{service}"
    )
    if begun:
        begin_subscription(act_at(brand, at), service=service, invoice=InvoiceId(uuid4()))
    return Taker(brand, account, subject, service, opened.id)


def runs(at: datetime) -> int:
    """The renewal run at a moment."""
    return renewing.renew_due(make_act(brand="", at=at))


def after(days: float) -> datetime:
    return NOON + timedelta(days=days)


def all_of(taker: Taker) -> Subscription:
    return Subscription.objects.get(id=taker.id)
