"""VS-1: what customers tell of themselves and what lies on their servers are two kinds of data, kept apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hostkeep.billing.events import InvoicePaid
from hostkeep.billing.queries.invoices import invoices_of
from hostkeep.brands.queries import policy_in_force
from hostkeep.drivers.conformance.machines import FakeProvisioner
from hostkeep.drivers.machines import Ask, Outcome
from hostkeep.flows import activation
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.promises.evidence.tables import holding
from hostkeep.provisioning.calls import drivers
from hostkeep.provisioning.queries import services_of
from hostkeep.runtime import clock
from tests.clauses.orders import places_order
from tests.conftest import make_act
from tests.faces.client.conftest import TOLD, Member
from tests.faces.shop.conftest import gateway
from tests.told import told

__all__ = ["gateway"]

BRAND = BrandId("vietnam-server")
CONTENT = CategoryId("content")
INFORMATION = ("name", "email", "phone", "contacts")


class Recorder(FakeProvisioner):
    """A hypervisor that remembers every word it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Ask] = []

    def create(self, ask: Ask) -> Outcome:
        self.told.append(ask)
        return super().create(ask)


@pytest.fixture
def machines() -> Iterator[Recorder]:
    """Every driver of the shop, one and the same."""
    before = list(drivers._make)
    recorder = Recorder()
    drivers.carry_with(lambda name: recorder)
    yield recorder
    drivers._make[:] = before


@pytest.fixture
def binh(db, gateway) -> Member:
    return Member(BRAND, "binh")


def builds(member: Member) -> None:
    """Order a server, pay it, and let the worker build it."""
    places_order(member)
    (invoice,) = invoices_of(member.account.id).rows
    act = make_act("system", "service", brand=BRAND, at=clock.now())
    activation.on_invoice_paid(act, InvoicePaid(invoice.id, member.account.id))
    activation.sweep_due(act)


def known_at_the_hypervisor(member: Member, machines: Recorder) -> list[str]:
    """What of a customer stands in anything that the hypervisor was told."""
    account = member.account
    about = (member.email, account.number, str(account.id), str(account.subject), str(member.user), *TOLD.values())
    said = " ".join(f"{ask.once} {ask.handle} {dict(ask.spec)} {dict(ask.sealed)}" for ask in machines.told)
    return [value for value in about if value in said]


def test_VS_1_nothing_about_the_customer_is_told_to_the_hypervisor(binh: Member, machines: Recorder) -> None:
    builds(binh)

    (ask,) = machines.told
    assert ask.handle.startswith("hk-")
    assert known_at_the_hypervisor(binh, machines) == []
    assert [told(service).title for service in services_of(binh.account.id)]


def test_VS_1_a_name_handed_to_the_hypervisor_would_be_noticed(binh: Member, machines: Recorder, monkeypatch) -> None:
    honest = Recorder.create

    def labelled(self: Recorder, ask: Ask) -> Outcome:
        return honest(self, Ask(ask.once, ask.handle, {**ask.spec, "label": "Ann Fields"}, ask.sealed))

    monkeypatch.setattr(Recorder, "create", labelled)
    builds(binh)

    assert known_at_the_hypervisor(binh, machines) == ["Ann Fields"]


def test_VS_1_information_is_sealed_under_the_person_and_stands_nowhere_else(binh: Member) -> None:
    binh.client.get("/account/", headers={"host": binh.host})

    assert binh.kept("name") == "Ann Fields"
    assert holding(["Ann Fields", binh.email, "@ann on chat"]) == ()


def test_VS_1_the_two_kinds_lie_under_keys_of_their_own() -> None:
    categories = policy_in_force(BRAND, clock.now()).categories

    assert categories[CONTENT].keep_class not in {categories[CategoryId(name)].keep_class for name in INFORMATION}


def test_VS_1_no_form_takes_content() -> None:
    forms = policy_in_force(BRAND, clock.now()).forms.values()

    assert not [form.id for form in forms for field in form.fields if field.category == CONTENT]
