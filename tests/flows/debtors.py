"""Customers who do not pay, for tests: what they rent, time that passes, and what the house does meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress

from hostkeep.adapters.provisioners.manual.driver import Manual, ManualConfig
from hostkeep.billing.actions.issuing import issue_invoice
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.models import DunningStep, Invoice
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.party import BilledTo
from hostkeep.drivers.conformance.machines import FakeProvisioner, NoWire
from hostkeep.drivers.payments import Settled
from hostkeep.flows import activation, cancelling, dunning, renewing, standing_still
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, CategoryId, InvoiceId, Ref, ServiceId, SubjectId, UserId
from hostkeep.brands.queries import brand as brand_row
from hostkeep.kernel.money import money
from hostkeep.messaging.models import Mail
from hostkeep.people.actions.joining import open_account
from hostkeep.people.models import User
from hostkeep.people.queries import account as account_row
from hostkeep.provisioning import queries
from hostkeep.provisioning.actions.opening import Bought, open_service
from hostkeep.provisioning.calls import drivers
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import outbox
from hostkeep.runtime.models import Delivery
from hostkeep.subscriptions.actions.opening import open_subscription
from hostkeep.subscriptions.queries.subscriptions import subscriptions_for
from hostkeep.subscriptions.rules.agreeing import Agreed, Discount, Taken
from hostkeep.subscriptions.rules.terms import Term
from tests.conftest import NOON, make_act
from tests.flows.checked import checked_already

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


@contextmanager
def machines() -> Iterator[FakeProvisioner]:
    """Drivers that do what they are told."""
    fake = FakeProvisioner()
    made = {"fake": fake, "manual": Manual(ManualConfig(), NoWire())}
    before = list(drivers._make)
    drivers.carry_with(made.get)
    yield fake
    drivers._make[:] = before


@dataclass
class Debtor:
    """An account with one service that recurs, paid for a first month."""

    brand: str = "vps6"
    at: datetime = NOON
    language: str = "en"
    price: int = 1200
    term: Term = Term("month", 1)
    discount: Discount | None = None
    add_ons: tuple[Taken, ...] = ()
    account: AccountId = field(init=False)
    subject: SubjectId = field(init=False)
    service: ServiceId = field(init=False)
    first: InvoiceId = field(init=False)

    def __post_init__(self) -> None:
        with running_brand.during(BrandId(self.brand)):
            user = User.objects.create(brand=self.brand, created_at=self.at)
            EmailAddress.objects.create(user=user, email=f"{uuid4().hex}@example.test", verified=True, primary=True)
            joined = open_account(
                make_act("visitor", "account", brand=self.brand, at=self.at), user=UserId(user.id),
                values={CategoryId("email"): "ann@example.test"}, language=self.language,
            )  # fmt: skip
        self.account, self.subject = joined.account, account_row(joined.account).subject
        self.service, self.first = self.orders()
        carry(self.at)

    def act(self, role: str = "system", purpose: str = "billing", *, at: datetime | None = None) -> Act:
        return make_act(role, purpose, brand=self.brand, at=at or self.at, actor="staff:test")

    def orders(self, at: datetime | None = None) -> tuple[ServiceId, InvoiceId]:
        """A service is ordered, with its first invoice."""
        at = at or self.at
        price, title = money(self.price, brand_row(BrandId(self.brand)).currencies[0]), "Hexa S: Debian 13"
        issued = issue_invoice(
            self.act(at=at), to=BilledTo(self.account, self.subject, ""), due_in=WEEK, once=uuid4().hex,
            lines=[Line(title, 1, price, 0, Ref("shop.order_line", uuid4()))],
        )  # fmt: skip
        act = self.act(purpose="service", at=at)
        checked_already(act, self.account, issued.id)
        opened = open_service(
            act, account=self.account, subject=self.subject, invoice=issued.id, order_line=uuid4(),
            bought=Bought(title, "hexa-s", "fake", {"devices": "1"}), once=f"line:{uuid4()}",
        ).id  # fmt: skip
        agreed = Agreed("hexa-s", "monthly", title, {}, self.term, price, 0, self.discount, self.add_ons)
        open_subscription(
            act, account=self.account, subject=self.subject, service=opened, agreed=agreed, once=f"service:{opened}"
        )
        return opened, issued.id

    def pays(self, invoice: InvoiceId, at: datetime) -> None:
        act = self.act(at=at)
        begun = begin_payment(act, of=self.account, invoice=invoice, gateway="testpay")
        record_outcome(act, attempt=begun.attempt, outcome=Settled(uuid4().hex, begun.amount))
        carry(at)

    def starts(self) -> Debtor:
        """The first month is paid and the service runs."""
        self.pays(self.first, self.at)
        assert self.state == "active"
        return self

    @property
    def state(self) -> str:
        return str(queries.service(self.service).state)

    @property
    def subscription(self):
        return subscriptions_for([self.service])[self.service]

    def invoices(self) -> list[Invoice]:
        return list(Invoice.objects.filter(account=self.account, kind="invoice").order_by("issued_at", "number"))

    def steps(self, invoice=None) -> list[tuple[int, str, str]]:
        """What was done about an invoice: day, step, outcome."""
        found = DunningStep.objects.filter(invoice__account=self.account).exclude(kind__endswith="_told")
        found = found.filter(invoice=invoice) if invoice else found
        return [(row.day, row.kind, row.outcome) for row in found.order_by("at", "kind")]

    def mails(self) -> list[str]:
        found = Mail.objects.filter(account=self.account, template__startswith="billing/")
        return list(found.order_by("queued_at", "template").values_list("template", flat=True))


def carry(at: datetime) -> None:
    """Hand over all news, as workers do at a moment, until there is none."""
    while rows := list(Delivery.objects.filter(state=Delivery.WAITING).select_related("event").order_by("event__at", "id")):
        for row in rows:
            brand = BrandId(row.event.brand)
            handler: Any = outbox.handler_of(row)
            with running_brand.during(brand):
                handler(make_act(brand=brand, at=at), outbox.event_of(row))
            Delivery.objects.filter(id=row.id).update(state=Delivery.DONE)


def work(at: datetime) -> None:
    """What is due at a moment, and the news of it."""
    act = make_act(brand="", at=at)
    for due in (
        activation.sweep_due, standing_still.sweep_due, dunning.run_due, cancelling.end_due, renewing.renew_due,
    ):  # fmt: skip
        due(act)
        carry(at)


def passes(begin: datetime, until: datetime, stride: timedelta = HOUR, *, down=()) -> None:
    """Let time pass, the house at work at each stop at which something falls due, but while it is down."""
    at = begin
    while at < until:
        is_down = any(start <= at < end for start, end in down)
        if not is_down and (dunning.falls_due(at) or renewing.falls_due(at)):
            work(at)
        at += stride
