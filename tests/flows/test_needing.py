"""Drivers and relays get a package from the disclosure gate, or are not asked at all."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

import pytest

from hostkeep.billing.calls import gateways
from hostkeep.brands.queries import policy_in_force
from hostkeep.drivers.conformance.machines import FakeProvisioner
from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.packages import NoPackage
from hostkeep.drivers.payments import Charge, Outcome
from hostkeep.flows import mailing, needing, paying
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId, SubjectId
from hostkeep.messaging.calls import handing
from hostkeep.messaging.models import Mail
from hostkeep.kernel.money import USD
from hostkeep.policy.book import Recipient
from hostkeep.policy.errors import PolicyError
from hostkeep.runtime import clock
from hostkeep.runtime.adapter_needs import RELAY, needs_of
from hostkeep.vault import disclosing
from hostkeep.vault.disclosing import Asked, NotDisclosed
from tests.clauses.orders import places_order
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway
from tests.flows.test_mailing import FakeMailer, carry, login, mailer, queue
from tests.flows.test_paying import LINKS, pays
from tests.rooms.billing.making import Buyer, line
from tests.rooms.brands.announcements import announce, changed, shipped

__all__ = ["gateway", "mailer"]

pytestmark = pytest.mark.django_db

EMAIL = CategoryId("email")


class Asking(FakeGateway):
    """A gateway that wants the payer's address."""

    manifest: ClassVar[Manifest] = Manifest("testpay", 1, discloses=frozenset({"email"}), recipient="asking_pay")

    def __init__(self) -> None:
        super().__init__()
        self.charges: list[Charge] = []

    def charge(self, ask: Charge) -> Outcome:
        self.charges.append(ask)
        return super().charge(ask)


@pytest.fixture
def asking(db, monkeypatch) -> Asking:
    made = Asking()
    monkeypatch.setattr(gateways, "_make", [])
    gateways.carry_with(lambda name, _: {"testpay": made}.get(name))
    return made


def names_the_gateway() -> None:
    """vpsfast's policy, in force at once, names a gateway's firm as a recipient of the address."""
    announce("vpsfast", changed("vpsfast", (
        "    authority:\n",
        "    asking_pay:\n      label: {en: \"Asking Pay\", vi: \"Asking Pay\"}\n      basis: service\n"
        "      categories: [email]\n      purposes: [billing]\n    authority:\n",
    )))  # fmt: skip


def test_a_gateway_that_the_policy_names_gets_its_package_and_the_customer_sees_it(asking: Asking, monkeypatch) -> None:
    names_the_gateway()
    monkeypatch.setattr(needing.registry, "load", lambda _group, _name: Asking)
    ann = Member("vpsfast")
    buyer = Buyer(brand="vpsfast", account=ann.account.id, subject=ann.account.subject)
    invoice = buyer.owes(line(currency=USD), at=clock.now()).id

    paying.pay_invoice(buyer.act(clock.now()), of=buyer.account, invoice=invoice, gateway="testpay", links=LINKS)

    (charge,) = asking.charges
    assert charge.package is not None
    assert (charge.package.recipient, dict(charge.package.fields)) == ("asking_pay", {"email": ann.email})
    (row,) = disclosing.disclosures_of(buyer.act(clock.now()), subject=buyer.subject)
    assert (row.recipient, row.basis, row.ticket) == ("asking_pay", "service", f"invoice:{invoice}")


def test_a_gateway_whose_recipient_no_policy_names_is_not_asked(asking: Asking) -> None:
    ann = Member("vps6").account
    buyer = Buyer(account=ann.id, subject=ann.subject)
    with pytest.raises(NotDisclosed) as no:
        pays(buyer, buyer.owes().id)
    assert (no.value.clause, no.value.facts["why"]) == ("V6-1", "no_recipient")
    assert asking.charges == []


def test_a_driver_that_wants_a_person_is_not_asked_to_run_a_service(db) -> None:
    from hostkeep.provisioning.calls.running import ask_driver

    class Curious(FakeProvisioner):
        manifest: ClassVar[Manifest] = Manifest("curious", 1, discloses=frozenset({"name"}), recipient="panel")

    with pytest.raises(NoPackage):
        ask_driver(Curious(), None)  # type: ignore[arg-type]


def test_what_a_gateway_in_the_box_is_asked_holds_no_package(db, gateway) -> None:
    ann = Member("vpsfast")
    places_order(ann)
    (asked,) = gateway.asked
    assert asked.package is None


def mail_relay(categories: frozenset[CategoryId] = frozenset({EMAIL})) -> Recipient:
    return Recipient("mail_relay", {"en": "A relay"}, "service", categories, frozenset({PurposeId("account_messages")}), "", "V6-1")


def asked(subject: SubjectId, ticket: str, recipient: Recipient) -> Asked:
    return Asked(subject, recipient, recipient.categories, PurposeId("service"), ticket)


def test_a_mails_own_person_is_all_a_relay_may_carry_it_for(mailer: FakeMailer) -> None:
    ann, binh = login("ann@example.test"), login("binh@example.test")
    event = queue(ann)
    act = make_act(brand="vpsfast")
    ticket = f"mail:{event.mail}"
    assert needing.needed(act, asked(ann.subject, ticket, mail_relay())) == disclosing.Approval(frozenset({EMAIL}))
    assert needing.needed(act, asked(binh.subject, ticket, mail_relay())) is None
    for wrong in ("", "mail:", f"mail:{uuid4()}", "nothing", f"order:{event.mail}", f"invoice:{event.mail}", f"other:{event.mail}"):
        assert needing.needed(act, asked(ann.subject, wrong, mail_relay())) is None


def test_a_mail_by_a_relay_that_the_policy_does_not_name_does_not_leave(mailer: FakeMailer, monkeypatch) -> None:
    monkeypatch.setattr(handing, "_relays", [lambda _brand: "mail_relay"])
    row = carry(queue(login("ann@example.test")))
    assert (row.state, row.last_code) == ("refused", "VF-8")
    assert mailer.letters == []


def test_a_letter_without_its_package_is_not_handed_to_a_relay(mailer: FakeMailer, monkeypatch) -> None:
    monkeypatch.setattr(handing, "_relays", [lambda _brand: "mail_relay"])
    monkeypatch.setattr(mailing, "_let_out", lambda _act, _row, letter: letter)
    with pytest.raises(NoPackage):
        carry(queue(login("ann@example.test")))
    assert mailer.letters == []


def test_mail_to_the_receivers_own_host_carries_no_package_and_is_no_disclosure(mailer: FakeMailer) -> None:
    ann = login("ann@example.test")
    assert carry(queue(ann)).state == "sent"
    assert mailer.letters[0].package is None
    own = make_act("privacy", "rights", brand="vpsfast")
    assert disclosing.disclosures_of(own, subject=ann.subject) == ()


def test_a_policy_that_names_no_relay_does_not_load_where_one_is_set_up(db, settings) -> None:
    from dataclasses import replace

    from hostkeep.policy.compile import compile_policy

    settings.HOSTKEEP = replace(settings.HOSTKEEP, demo=False, mail_route="relay.example:587")
    needs = needs_of()
    assert RELAY in needs
    for brand, clause in (("photonvps", "PH-5"), ("vpsfast", "VF-8")):
        with pytest.raises(PolicyError) as no:
            compile_policy(shipped(brand), file="policy.yaml", installed=needs)
        assert clause in str(no.value)
    settings.HOSTKEEP = replace(settings.HOSTKEEP, mail_route="")
    assert RELAY not in needs_of()


def test_an_order_lets_the_registry_of_its_name_have_the_owners_fields(db, gateway) -> None:
    binh = Member("vietnam-server", "binh")
    binh.puts("ten-mien-vn", **{"answer-domain": "vi-du.vn"})
    answer = binh.sends(
        binh.get("/checkout/"), "/checkout/", gateway="testpay", registrant="Binh, 20 Hoa Sen, Ha Noi", gov_id="001099012345"
    )
    assert answer.status_code == 302, answer.content.decode()
    from hostkeep.shop.queries.orders import orders_of

    (order,) = orders_of(binh.account.id)
    subject = binh.account.subject
    act = make_act("system", "domain_registration", brand="vietnam-server", at=clock.now())
    wanted = {
        "subject": subject, "recipient": "vnnic", "categories": [CategoryId("registrant"), CategoryId("gov_id")],
        "purpose": PurposeId("domain_registration"),
    }  # fmt: skip

    package = disclosing.disclose(act, **wanted, ticket=f"order:{order.id}", once="epp-1")

    assert dict(package.fields) == {"registrant": "Binh, 20 Hoa Sen, Ha Noi", "gov_id": "001099012345"}
    (row,) = disclosing.disclosures_of(make_act("customer", "rights", brand="vietnam-server", at=clock.now(), own=subject), subject=subject)
    assert (row.recipient, row.clause, row.categories) == ("vnnic", "VS-12", ("gov_id", "registrant"))
    for other in ("gtld_registry", "vnnic"):
        ticket = f"order:{order.id}" if other == "gtld_registry" else f"order:{uuid4()}"
        with pytest.raises(NotDisclosed) as no:
            disclosing.disclose(act, **{**wanted, "recipient": other, "categories": [CategoryId("registrant")]}, ticket=ticket, once=other)
        assert no.value.facts["why"] == "not_approved"
