"""An order is checked when it is paid: what passes is built, what does not waits, and a person has the last word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.actions.qualifying import note_check
from hostkeep.billing.calls import gateways
from hostkeep.billing.errors.checks import BadQualification, CheckDecided, NoSuchCheck, NotForPrograms
from hostkeep.billing.events import InvoicePaid
from hostkeep.billing.models import Dispute, Payment, PaymentAttempt, PaymentCheck, Refund
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.queries.qualifying import check_of, checks_held, waiting_checks
from hostkeep.billing.rules.qualifying import Verdict
from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.payments import Settled, Waiting
from hostkeep.flows import activation, qualifying, reviewing
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId, InvoiceId, PurposeId
from hostkeep.messaging.models import Mail
from hostkeep.provisioning.queries import services_billed_by
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.runtime import clock, deeds
from hostkeep.runtime.models import Delivery, Event
from hostkeep.runtime.outbox import event_of, handler_of
from hostkeep.vault import door
from tests.clauses.orders import places_order
from tests.conftest import make_act
from tests.faces.client.conftest import Member

BRAND = "photonvps"


class Issuer(FakeGateway):
    """A payment system that knows where cards are from.  country: what it says."""

    manifest: ClassVar[Manifest] = Manifest("testpay", 1, can=frozenset({"locating", "refunds"}))
    country = "US"

    def country_of(self, proof: str) -> str:
        return self.country


@pytest.fixture
def issuer(db, monkeypatch: pytest.MonkeyPatch) -> Issuer:
    fake = Issuer()
    monkeypatch.setattr(gateways, "_make", [])
    gateways.carry_with(lambda name, _: {"testpay": fake}.get(name))
    return fake


@dataclass
class Order:
    member: Member
    invoice: InvoiceId

    @property
    def states(self) -> set[State]:
        return {service.state for service in services_billed_by(self.invoice)}

    @property
    def check(self):
        return check_of(self.invoice)


def system() -> Act:
    return make_act("system", "billing", brand=BRAND, at=clock.now())


def staff(role: str = "billing", actor: str = "") -> Act:
    act = make_act(role, "qualification", brand=BRAND, at=clock.now())
    return type(act)(**{**{f: getattr(act, f) for f in act.__slots__}, "actor": actor or f"staff:{uuid4()}"})


def ordered(member: Member) -> Order:
    gateways.gateway_for("testpay", BrandId("photonvps")).will.append(Waiting("https://pay.example/1"))
    placed = places_order(member)
    (service, *_) = [s for s in services_of(member) if s.order_line in {line.id for line in placed.lines}]
    return Order(member, service.invoice)


def services_of(member: Member):
    from hostkeep.provisioning.queries import services_of as found

    return found(member.account.id)


def paid(order: Order) -> Order:
    """Money comes, and a worker takes the news."""
    account = order.member.account.id
    act = make_act("customer", "billing", brand=BRAND, at=clock.now(), own=order.member.account.subject)
    begun = begin_payment(act, of=account, invoice=order.invoice, gateway="testpay")
    gross = sheet(order.invoice, of=account).gross
    record_outcome(system(), attempt=begun.attempt, outcome=Settled(f"p-{begun.attempt}", gross))
    activation.on_invoice_paid(system(), InvoicePaid(order.invoice, account))
    return order


def reviewed(order: Order) -> None:
    """A worker takes what a person said out of the outbox, and does it."""
    found = Delivery.objects.filter(event__kind="OrderReviewed", handler="flows.reviewing.on_order_reviewed")
    assert found, order.invoice
    for delivery in found:
        handler_of(delivery)(system(), event_of(delivery))


def held_back(issuer: Issuer) -> Order:
    issuer.country = "KP"
    return paid(ordered(Member(BRAND)))


def test_a_sound_order_is_built_and_its_check_is_kept_by_category(issuer: Issuer) -> None:
    order = paid(ordered(Member(BRAND)))

    assert (order.check.outcome, order.check.rule, order.check.waits) == ("passed", "", False)
    assert order.check.categories == ("payment_ref", "solvency")
    assert State.ORDERED not in order.states
    assert Entry.objects.filter(verb="billing.check.passed").count() == 1


def test_what_it_read_went_through_the_door_for_this_purpose(issuer: Issuer) -> None:
    paid(ordered(Member(BRAND)))

    read = Entry.objects.using(APART).filter(verb="vault.value.revealed", purpose="qualification")
    assert {category for entry in read for category in entry.category.split()} == {"payment_ref", "solvency"}
    assert {(entry.clause, entry.role) for entry in read} == {("PH-7", "system")}


def test_a_refused_order_waits_for_a_person_and_nothing_is_built(issuer: Issuer) -> None:
    order = held_back(issuer)

    assert (order.check.outcome, order.check.rule, order.check.waits) == ("refused", "country_refused", True)
    assert order.states == {State.ORDERED}
    activation.on_invoice_paid(system(), InvoicePaid(order.invoice, order.member.account.id))
    assert order.states == {State.ORDERED}
    assert [row.id for row in waiting_checks()] == [order.check.id]
    assert not Refund.objects.exists(), "no program refuses for good"


def test_its_customer_is_told_once(issuer: Issuer) -> None:
    order = held_back(issuer)
    from hostkeep.billing.events import OrderHeldBack

    for _ in range(2):
        qualifying.on_order_held_back(system(), OrderHeldBack(order.check.id, order.member.account.id))
    assert Mail.objects.filter(template="order/held_back").count() == 1


def test_a_person_lets_it_through_and_it_is_built(issuer: Issuer) -> None:
    order = held_back(issuer)

    reviewing.let_through(staff(), check=order.check.id)
    reviewed(order)

    assert (order.check.decision, order.check.waits) == ("let_through", False)
    assert State.ORDERED not in order.states
    row = PaymentCheck.objects.get()
    assert row.decided_by.startswith("staff:")
    (entry,) = Entry.objects.filter(verb="billing.check.let_through")
    assert entry.role == "billing"
    with pytest.raises(CheckDecided):
        reviewing.refuse(staff(), check=order.check.id)


def test_a_person_refuses_and_the_money_goes_back_the_way_it_came(issuer: Issuer) -> None:
    order = held_back(issuer)

    reviewing.refuse(staff("owner"), check=order.check.id)
    for _ in range(2):
        reviewed(order)

    assert order.states == {State.CLOSED}
    refund = Refund.objects.get()
    gross = sheet(order.invoice, of=order.member.account.id).gross
    assert (refund.minor, refund.gateway, refund.state) == (gross.minor, "testpay", "settled")
    assert refund.credit_note is not None
    assert Mail.objects.filter(template="order/refused").count() == 1
    activation.on_invoice_paid(system(), InvoicePaid(order.invoice, order.member.account.id))
    assert order.states == {State.CLOSED}


def test_nothing_else_spends_what_goes_back(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The credit of the note and its way back are one deed: no worker's rule comes in between."""
    order, inside = held_back(issuer), list[bool]()

    def watched(real):
        def does(*given, **named):
            inside.append(deeds._thread.deeds > 0)
            return real(*given, **named)

        return does

    monkeypatch.setattr(reviewing, "take_back", watched(reviewing.take_back))
    monkeypatch.setattr(reviewing, "begin_refund", watched(reviewing.begin_refund))
    reviewing.refuse(staff("owner"), check=order.check.id)
    reviewed(order)
    assert inside == [True, True]
    assert Refund.objects.get().state == "settled"


@pytest.mark.parametrize(
    ("role", "actor"),
    [("system", "job:outbox"), ("owner", "job:outbox"), ("support", ""), ("customer", "user:1"), ("sales", "")],
)
def test_nobody_decides_but_a_person_who_looks_after_money(issuer: Issuer, role: str, actor: str) -> None:
    order = held_back(issuer)

    for decide in (reviewing.let_through, reviewing.refuse):
        with pytest.raises(NotForPrograms):
            decide(staff(role, actor), check=order.check.id)
    assert order.check.waits


def test_the_database_takes_no_decision_of_a_program(issuer: Issuer) -> None:
    held_back(issuer)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaymentCheck.objects.update(decision="refused", decided_by="job:outbox", decided_at=clock.now())


def test_another_brands_staff_page_finds_no_such_check(issuer: Issuer) -> None:
    order = held_back(issuer)
    with pytest.raises(NoSuchCheck):
        reviewing.refuse(staff().of_brand("vps6"), check=order.check.id)


@pytest.mark.parametrize("category", ["ip", "email", "phone", "chosen_service"])
def test_made_to_ask_for_more_it_is_denied_by_the_door(issuer: Issuer, category: str) -> None:
    order = paid(ordered(Member(BRAND)))
    with pytest.raises(door.Refused) as no:
        qualifying.read_inputs(
            system(), buyer=order.member.account, invoice=order.invoice,
            categories=[CategoryId("payment_ref"), CategoryId(category)],
        )  # fmt: skip
    assert no.value.clause == "PH-7"


def test_a_payment_system_that_tells_no_country_refuses_nobody(issuer: Issuer) -> None:
    issuer.country = ""
    assert paid(ordered(Member(BRAND))).check.outcome == "passed"


def test_payments_declined_before(issuer: Issuer) -> None:
    order = ordered(Member(BRAND))
    act = make_act("customer", "billing", brand=BRAND, at=clock.now(), own=order.member.account.subject)
    for code in ("refused", "refused", "cancelled"):
        begin_payment(act, of=order.member.account.id, invoice=order.invoice, gateway="testpay")
        PaymentAttempt.objects.filter(state__in=["waiting", "unknown"]).update(state="declined", code=code)
    assert paid(order).check.outcome == "passed"
    again = ordered(order.member)
    begin_payment(act, of=order.member.account.id, invoice=again.invoice, gateway="testpay")
    PaymentAttempt.objects.filter(state__in=["waiting", "unknown"]).update(state="declined", code="refused")
    assert paid(again).check.rule == "declined_before"


def test_a_payment_that_a_bank_took_back_before(issuer: Issuer) -> None:
    first = paid(ordered(Member(BRAND)))
    Dispute.objects.create(
        brand=BRAND, gateway="testpay", proof="d-1", payment=Payment.objects.get(), minor=1, currency="USD",
        state="open", opened_at=clock.now(),
    )  # fmt: skip
    assert paid(ordered(first.member)).check.rule == "disputed_before"


def test_an_order_that_a_person_refused_before(issuer: Issuer) -> None:
    first = held_back(issuer)
    reviewing.refuse(staff(), check=first.check.id)
    issuer.country = "US"
    assert paid(ordered(first.member)).check.rule == "refused_before"


def test_the_owner_of_the_data_is_told_and_not_who_decided(issuer: Issuer) -> None:
    order = held_back(issuer)
    reviewing.let_through(staff(), check=order.check.id)
    (row,) = checks_held(order.member.account.id, first=5)
    assert (row.outcome, row.rule, row.categories, row.decision) == (
        "refused", "country_refused", "payment_ref solvency", "let_through",
    )  # fmt: skip
    assert not hasattr(row, "decided_by")


def test_a_check_is_made_once(issuer: Issuer) -> None:
    order = paid(ordered(Member(BRAND)))
    row = order.check
    again = note_check(
        system().for_purpose(PurposeId("qualification")), invoice=order.invoice, account=row.account,
        order=row.order, verdict=Verdict("refused", "country_refused", ()),
    )  # fmt: skip
    assert (again.id, again.outcome) == (row.id, "passed")
    assert not Event.objects.filter(kind="OrderHeldBack").exists()


@pytest.mark.parametrize("brand", ["vpsfast", "vps6", "vietnam-server"])
def test_a_brand_whose_policy_has_no_such_purpose_checks_nothing(issuer: Issuer, monkeypatch, brand: str) -> None:
    monkeypatch.setattr(f"{__name__}.BRAND", brand)
    issuer.country = "KP"
    order = paid(ordered(Member(brand)))
    assert order.check is None
    assert State.ORDERED not in order.states


def test_rules_that_the_policy_does_not_grant_are_not_loaded(db, tmp_path) -> None:
    import shutil

    from hostkeep.flows.brandloading import load_folder
    from tests.conftest import ROOT

    for name, why in (("vps6", "payment_ref"), ("photonvps", "")):
        folder = tmp_path / name
        shutil.copytree(ROOT / "brands" / name, folder)
        profile = folder / "brand.toml"
        text = profile.read_text().replace("[qualification]\n", "")
        profile.write_text(f"{text}\n[qualification]\ndeclined = {3 if why else -1}\n")
        with pytest.raises(BadQualification) as no:
            load_folder(make_act("owner", "account", brand=name), folder=folder)
        assert why in no.value.facts["why"]
