"""A provisioning room to test in: services opened by the real deeds, a driver that does what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest

from hostkeep.adapters.provisioners.manual.driver import Manual, ManualConfig
from hostkeep.billing.events import InvoicePaid
from hostkeep.drivers.conformance.machines import FakeProvisioner, NoWire
from hostkeep.drivers.machines import Provisioner
from hostkeep.flows import activation
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CategoryId, InvoiceId, ServiceId, SubjectId
from hostkeep.provisioning import queries
from hostkeep.provisioning.actions.opening import Bought, open_service
from hostkeep.provisioning.calls import drivers
from hostkeep.vault import door
from tests.conftest import make_act

BRAND = "vpn"


@dataclass
class Room:
    """What a test says in its own words."""

    drivers: dict[str, Provisioner]
    brand: str = BRAND
    account: AccountId = field(default_factory=lambda: AccountId(uuid4()))
    subject: SubjectId = field(default_factory=lambda: SubjectId(uuid4()))
    act: Act = field(default_factory=lambda: make_act(brand=BRAND))
    bills: Callable[[], InvoiceId] = field(default=lambda: InvoiceId(uuid4()))

    def later(self, **span: int) -> Act:
        """Let time pass."""
        self.act = make_act(brand=self.brand, at=self.act.at + timedelta(**span))
        return self.act

    def orders(self, driver: str = "fake", *, spec: Mapping[str, str] | None = None) -> ServiceId:
        """A service that waits to be paid."""
        return open_service(
            self.act,
            account=self.account,
            subject=self.subject,
            bought=Bought("Solo", "solo", driver, spec or {"devices": "1"}),
            invoice=self.bills(),
            order_line=uuid4(),
            once=f"line:{uuid4()}",
        ).id

    def pays(self, service: ServiceId) -> None:
        """The invoice is paid."""
        invoice = queries.service(service).invoice
        activation.on_invoice_paid(self.act, InvoicePaid(invoice, self.account))

    def works(self) -> int:
        """All that is due is done."""
        return activation.sweep_due(self.act)

    def builds(self, driver: str = "fake", *, spec: Mapping[str, str] | None = None) -> ServiceId:
        """A service that was ordered, paid and built."""
        service = self.orders(driver, spec=spec)
        self.pays(service)
        self.works()
        return service

    def secret(self, service: ServiceId, name: str = "access") -> str | None:
        """What the customer sees of a secret."""
        act = make_act("customer", brand=self.brand, at=self.act.at, actor="user:test", own=self.subject)
        sealed = door.reveal(
            act, subject=self.subject, category=CategoryId("service_secret"), slot=f"{service}:{name}"
        )
        return None if sealed is None else sealed.open()


@pytest.fixture
def fake() -> FakeProvisioner:
    return FakeProvisioner()


@pytest.fixture
def set_up() -> Iterator[Callable[[dict[str, Provisioner]], None]]:
    """Hand drivers in, in place of the installed ones."""
    before = list(drivers._make)
    yield lambda made: drivers.carry_with(made.get)
    drivers._make[:] = before


@pytest.fixture
def room(fake: FakeProvisioner, set_up: Callable[[dict[str, Provisioner]], None]) -> Room:
    made: dict[str, Provisioner] = {"fake": fake, "manual": Manual(ManualConfig(), NoWire())}
    set_up(made)
    return Room(made)
