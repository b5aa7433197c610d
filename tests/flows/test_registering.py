"""Documents go to the national system that the brand names: once, as they stood, through the gate."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from hostkeep.audit.enter import APART
from hostkeep.audit.reading import newest_id, raised_after
from hostkeep.billing.actions.correcting import credit_whole, debit_lines, Part
from hostkeep.billing.actions.registering import record_registration, retry_registration
from hostkeep.billing.calls import einvoices
from hostkeep.billing.errors.registrations import NotRefused, NotSetDownYet
from hostkeep.billing.events import InvoiceIssued
from hostkeep.billing.models import Registration
from hostkeep.billing.queries.registrations import registration_of
from hostkeep.brands.errors import BadProfile
from hostkeep.brands.rules.einvoices import read_einvoices
from hostkeep.drivers.einvoices import Refused, Registered
from hostkeep.flows import registering
from hostkeep.kernel.ids import CategoryId, InvoiceId
from hostkeep.kernel.money import EUR, Money
from hostkeep.policy.errors import PolicyError
from hostkeep.runtime import breaker, egress, outbox
from hostkeep.runtime.models import Delivery
from hostkeep.vault import door
from hostkeep.vault.disclosing import NotDisclosed
from hostkeep.vault.models import Disclosure
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act
from tests.drivers.sinvoice_side import SInvoiceSide, sinvoice_side
from tests.everything import BRAND, FOLDER, Customer, load_everything
from tests.rooms.billing.making import billing_act

RECIPIENT = """    sinvoice:
      label: {en: "The provider that registers our invoices", vi: "Nhà cung cấp hóa đơn điện tử của chúng tôi"}
      basis: service
      categories: [invoice_party]
      purposes: [billing]
      country: VN
"""
TABLE = '\n[einvoices]\nsystem = "sinvoice"\nseries = "C26TAA"\ntemplate = "1/001"\n'


def folder(tmp_path: Path, *, named: bool = True) -> Path:
    there = tmp_path / BRAND
    shutil.copytree(FOLDER, there)
    profile = there / "brand.toml"
    profile.write_text(profile.read_text(encoding="utf-8") + TABLE, encoding="utf-8")
    if named:
        policy = there / "policy.yaml"
        text = policy.read_text(encoding="utf-8")
        policy.write_text(text.replace("    authority:\n", f"{RECIPIENT}    authority:\n", 1), encoding="utf-8")
    return there


@pytest.fixture
def side(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SInvoiceSide]:
    monkeypatch.setattr(egress, "breaker", breaker.Breaker())
    load_everything(folder(tmp_path))
    with sinvoice_side() as made:
        monkeypatch.setattr(einvoices, "_make", [lambda _brand: made.driver()])
        yield made


def issued(buyer: Customer) -> InvoiceId:
    """An order of theirs, and its invoice set down."""
    document = buyer.orders(buyer.fills()).invoice
    tells(document, buyer)
    return document


def tells(document: InvoiceId, buyer: Customer) -> None:
    """As its job does: called, and then done."""
    registering.on_invoice_issued(make_act("system", "billing", brand=BRAND), InvoiceIssued(document, buyer.account))
    news(document).update(state=Delivery.DONE)


def news(document: InvoiceId):
    """What waits to be told of a document."""
    name = outbox.name_of(registering.on_invoice_issued)
    return Delivery.objects.filter(handler=name, event__body__invoice=str(document))


def runs(minutes: float = 0) -> int:
    return registering.run_due(make_act(brand="", at=NOON + timedelta(minutes=minutes)))


def disclosed() -> list[tuple[str, str, str]]:
    with opened(APART):
        return list(Disclosure.objects.using(APART).filter(recipient="sinvoice").values_list("state", "ticket", "purpose"))


def test_an_invoice_is_registered_once_with_what_stands_on_it(side: SInvoiceSide) -> None:
    buyer = Customer.at("DE")
    document = issued(buyer)
    tells(document, buyer)
    assert runs() == 1
    assert runs(600) == 0
    row = registration_of(document)
    assert (row.state, row.number, row.tries) == ("registered", "C26TAA1", 1)
    ((said, _),) = side.taken.values()
    assert said["buyerInfo"]["buyerName"] == "Ann Elsewhere"
    assert said["generalInvoiceInfo"]["invoiceNote"] == row.document_number
    assert [item["itemName"] for item in said["itemInfo"]]
    assert [(outcome, purpose) for outcome, _, purpose in disclosed()] == [("handed", "billing")]


def test_it_says_what_stood_at_issue_whatever_changed_since(side: SInvoiceSide) -> None:
    buyer = Customer.at("DE")
    document = issued(buyer)
    act = buyer.act("account")
    door.put(act, subject=buyer.row.subject, category=CategoryId("name"), value="Somebody New")
    runs()
    ((said, _),) = side.taken.values()
    assert said["buyerInfo"]["buyerName"] == "Ann Elsewhere"
    assert registration_of(document).state == "registered"


def test_a_lost_answer_is_looked_up_and_nothing_is_handed_in_twice(side: SInvoiceSide) -> None:
    document = issued(Customer.at("DE"))
    side.loses = True
    runs()
    assert (registration_of(document).state, registration_of(document).answer) == ("unknown", "line")
    side.loses = False
    assert runs(0.5) == 0
    assert runs(1) == 1
    assert registration_of(document).state == "registered"
    assert len(side.taken) == 1
    assert len([path for path in side.paths if "createInvoice" in path]) == 1


def test_a_document_that_never_arrived_is_handed_in_again(side: SInvoiceSide, monkeypatch) -> None:
    document = issued(Customer.at("DE"))
    Registration.objects.update(state="unknown")  # as a process leaves it that died before it asked
    runs()
    assert (registration_of(document).state, registration_of(document).answer) == ("waiting", "absent")
    runs(2)
    assert registration_of(document).state == "registered"


def test_one_that_nobody_foresaw_keeps_no_other_waiting(side: SInvoiceSide, monkeypatch) -> None:
    first, second = issued(Customer.at("DE")), issued(Customer.at("DE"))
    Registration.objects.filter(document=second).update(next_at=NOON + timedelta(seconds=1))
    ask_of = registering.ask_of

    def breaks(found, **rest):  # as lines would that no rate of their document fits
        if found.id == first:
            raise KeyError("rate")
        return ask_of(found, **rest)

    monkeypatch.setattr(registering, "ask_of", breaks)
    assert runs(0.5) == 2
    assert (registration_of(first).state, registration_of(first).answer) == ("unknown", "KeyError")
    assert registration_of(second).state == "registered"
    monkeypatch.setattr(registering, "ask_of", ask_of)
    runs(10)
    runs(20)
    assert registration_of(first).state == "registered"


def test_one_of_which_nothing_can_be_written_down_keeps_no_other_waiting(side: SInvoiceSide, monkeypatch) -> None:
    first, second = issued(Customer.at("DE")), issued(Customer.at("DE"))
    Registration.objects.filter(document=second).update(next_at=NOON + timedelta(seconds=1))
    before = newest_id()

    def breaks(act, *, document, answer):
        if document == first:
            raise KeyError("state")
        return record_registration(act, document=document, answer=answer)

    monkeypatch.setattr(registering, "record_registration", breaks)
    assert runs(0.5) == 2
    assert registration_of(second).state == "registered"
    assert "work_failed" in [each.kind for each in raised_after(before)]


def test_what_the_authority_has_not_marked_yet_is_pending(side: SInvoiceSide) -> None:
    side.late = 2
    document = issued(Customer.at("DE"))
    runs()
    assert (registration_of(document).state, registration_of(document).answer) == ("unknown", "pending")
    runs(1)
    runs(3)
    assert registration_of(document).state == "registered"
    assert registration_of(document).code == "M1-26-AB"


def test_a_note_waits_for_its_invoice_and_adjusts_it(side: SInvoiceSide) -> None:
    buyer = Customer.at("DE")
    document = issued(buyer)
    note = credit_whole(billing_act(BRAND), invoice=document, reason="not_given", once="n1")
    tells(InvoiceId(note.id), buyer)
    side.fails = "SERIES_NOT_FOUND"
    assert runs() == 1
    assert registration_of(document).state == "refused"
    assert runs(600) == 0
    side.fails = ""
    retry_registration(billing_act(BRAND, at=NOON + timedelta(minutes=600)), document=document)
    assert runs(600) == 1
    assert runs(600) == 1
    told = [said["generalInvoiceInfo"] for said, _ in side.taken.values()]
    assert [head["adjustmentType"] for head in told] == ["1", "5"]
    assert told[1]["originalInvoiceId"] == "C26TAA1"
    assert told[1]["additionalReferenceDesc"] == "what was billed was not provided as agreed"
    assert registration_of(InvoiceId(note.id)).state == "registered"


def test_a_debit_note_adds(side: SInvoiceSide) -> None:
    buyer = Customer.at("DE")
    document = issued(buyer)
    runs()
    act = billing_act(BRAND)
    note = debit_lines(act, invoice=document, parts=[Part(1, Money(500, EUR))], reason="fee", once="d", due_in=timedelta(7))
    tells(InvoiceId(note.id), buyer)
    runs()
    said = [said for said, _ in side.taken.values()][1]
    assert said["itemInfo"][0]["isIncreaseItem"] is True


def test_a_note_on_what_was_never_registered_is_none_of_its_business(side: SInvoiceSide) -> None:
    buyer = Customer.at("DE")
    document = buyer.orders(buyer.fills()).invoice
    news(document).update(state=Delivery.DONE)  # when the brand had no system yet
    note = credit_whole(billing_act(BRAND), invoice=document, reason="not_given", once="n1")
    tells(InvoiceId(note.id), buyer)
    assert registration_of(InvoiceId(note.id)) is None


@pytest.mark.parametrize("state", [Delivery.WAITING, Delivery.PARKED])
def test_a_note_whose_news_comes_before_its_invoices_comes_again(side: SInvoiceSide, state: str) -> None:
    buyer = Customer.at("DE")
    document = buyer.orders(buyer.fills()).invoice
    note = InvoiceId(credit_whole(billing_act(BRAND), invoice=document, reason="not_given", once="n1").id)
    assert news(document).update(state=state) == 1
    with pytest.raises(NotSetDownYet):
        tells(note, buyer)
    assert news(note).get().state == Delivery.WAITING
    tells(document, buyer)
    tells(note, buyer)
    runs()
    runs()
    assert registration_of(note).state == "registered"


def test_what_is_registered_is_never_changed_or_deleted(side: SInvoiceSide) -> None:
    document = issued(Customer.at("DE"))
    runs()
    for statement in ("UPDATE billing_registration SET number = 'x'", "DELETE FROM billing_registration"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    record_registration(billing_act(BRAND), document=document, answer=Refused("later"))
    record_registration(billing_act(BRAND), document=document, answer=Registered("OTHER"))
    assert registration_of(document).number == "C26TAA1"


def test_only_what_was_refused_is_tried_again_by_hand(side: SInvoiceSide) -> None:
    document = issued(Customer.at("DE"))
    with pytest.raises(NotRefused):
        retry_registration(billing_act(BRAND), document=document)


def test_what_the_gate_does_not_let_out_is_refused_and_seen(side: SInvoiceSide, monkeypatch) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise NotDisclosed(clause="EV-5", recipient="sinvoice", why="objected")

    document = issued(Customer.at("DE"))
    monkeypatch.setattr(registering, "package_for", refuses)
    runs()
    assert (registration_of(document).state, registration_of(document).answer) == ("refused", "not_disclosed")
    assert not side.taken


def test_a_brand_whose_policy_names_no_such_recipient_is_not_loaded(db, tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as refused:
        load_everything(folder(tmp_path, named=False))
    assert "sinvoice" in str(refused.value)


def test_a_brand_without_a_system_hands_nothing_in(db) -> None:
    load_everything()
    buyer = Customer.at("DE")
    issued(buyer)
    assert not Registration.objects.exists()


@pytest.mark.parametrize(
    "words",
    [
        {"einvoices": "sinvoice"}, {"einvoices": {"series": "C26"}}, {"einvoices": {"system": 1}},
        {"einvoices": {"system": "sinvoice", "series": "x" * 81}},
        {"einvoices": {"system": "sinvoice", "password": "secret"}},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(words) -> None:
    with pytest.raises(BadProfile):
        read_einvoices(words)
