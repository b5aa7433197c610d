"""A customer pays: on the hosted page, with or without its message, or by a bank that comes later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from hostkeep.billing.calls import gateways
from hostkeep.billing.errors.documents import AlreadyPaid, NoSuchInvoice
from hostkeep.billing.errors.gateways import GatewayNotOffered
from hostkeep.billing.errors.payments import AlreadyMatched, BadBankFile, NoSuchPayment, NoticeRefused, WrongBrand
from hostkeep.billing.models import GatewayNotice, Payment, PaymentAttempt
from hostkeep.billing.queries.invoices import sheet
from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.payments import Declined, Settled, Unknown, Waiting
from hostkeep.faces.demo import pay_api
from hostkeep.flows import noticing, paying
from hostkeep.flows.bank_files import import_bank_file
from hostkeep.kernel.money import EUR, Money
from hostkeep.ledger import book
from hostkeep.adapters.gateways.bank_transfer.gateway import BankTransfer
from tests.conftest import NOON
from tests.drivers.bank_files import Entry, camt
from tests.drivers.hosted_page import DeafLine, HostedPage
from tests.rooms.billing.making import Buyer, billing_act, line

OWED = Money(2408, EUR)


@pytest.fixture
def page(db, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostedPage]:
    """The test gateway and the bank's reader, set up as the composition root does it."""
    monkeypatch.setattr(pay_api, "data", lambda: tmp_path)
    hosted = HostedPage(tmp_path)
    there = {"testpay": hosted.gateway(), "bank_transfer": BankTransfer()}
    yield from carried(there)


def carried(there: dict) -> Iterator:
    before = list(gateways._make)
    gateways.carry_with(lambda name, _: there.get(name))
    yield there["testpay"].wire if hasattr(there.get("testpay"), "wire") else there
    gateways._make[:] = before


@pytest.fixture
def fake(db) -> Iterator[FakeGateway]:
    gateway = FakeGateway()
    before = list(gateways._make)
    gateways.carry_with(lambda name, _: {"testpay": gateway}.get(name))
    yield gateway
    gateways._make[:] = before


def back(attempt: UUID) -> str:
    return f"http://vps6.localhost:8000/account/payments/{attempt}/return/"


LINKS = paying.Links(back=back, tell=lambda gateway: f"http://vps6.localhost:8000/callbacks/{gateway}/")


def pays(buyer: Buyer, invoice, gateway: str = "testpay") -> paying.Asked:
    return paying.pay_invoice(buyer.act(), of=buyer.account, invoice=invoice, gateway=gateway, links=LINKS)


def heard(page: HostedPage, once: str, *, brand: str = "vps6", touch=None):
    signed = page.call_back(once)
    headers, body = touch(dict(signed.headers), signed.body) if touch else (signed.headers, signed.body)
    heard = noticing.Heard(headers, body, signed.at)
    fate = noticing.take_notice(billing_act(brand), gateway="testpay", heard=heard)
    noticing.work_off(billing_act(""))
    return fate


def once_of(asked: paying.Asked) -> str:
    return PaymentAttempt.objects.get(id=asked.attempt).once


def test_paid_on_the_hosted_page_and_told(page: HostedPage) -> None:
    buyer = Buyer()
    invoice = buyer.owes().id

    asked = pays(buyer, invoice)

    assert isinstance(asked.outcome, Waiting)
    kept = page.kept(once_of(asked))
    assert (kept.memo, kept.amount) == ("V6-2026-000001", OWED)
    assert kept.back == back(asked.attempt)
    assert str(buyer.account) not in json.dumps([kept.memo, kept.back, kept.tell])
    page.pay(kept.once)
    heard(page, kept.once)
    assert sheet(invoice, of=buyer.account).is_paid
    with pytest.raises(AlreadyPaid):
        pays(buyer, invoice)


def test_the_message_is_lost_and_the_payer_returns(page: HostedPage) -> None:
    buyer = Buyer()
    invoice = buyer.owes().id
    asked = pays(buyer, invoice)
    page.pay(once_of(asked))
    row = paying.look_up_payment(buyer.act(), of=buyer.account, attempt=asked.attempt)
    assert row.state == "settled"
    assert sheet(invoice, of=buyer.account).is_paid
    heard(page, row.once)
    assert Payment.objects.count() == 1
    requests = len(page.requests)
    paying.look_up_payment(buyer.act(), of=buyer.account, attempt=asked.attempt)
    assert len(page.requests) == requests


def test_the_message_is_lost_and_nobody_returns(page: HostedPage) -> None:
    buyer = Buyer()
    invoice = buyer.owes().id
    asked = pays(buyer, invoice)
    pays(buyer, buyer.owes().id, "bank_transfer")
    page.pay(once_of(asked))
    assert paying.look_up_open(billing_act("", at=NOON + timedelta(minutes=1))) == 0
    assert paying.look_up_open(billing_act("", at=NOON + timedelta(minutes=3))) == 1
    assert sheet(invoice, of=buyer.account).is_paid
    assert paying.look_up_open(billing_act("", at=NOON + timedelta(minutes=4))) == 0


def test_another_account_cannot_ask_about_it(page: HostedPage) -> None:
    buyer, other = Buyer(), Buyer()
    invoice = buyer.owes().id
    asked = pays(buyer, invoice)
    with pytest.raises(NoSuchPayment):
        paying.look_up_payment(other.act(), of=other.account, attempt=asked.attempt)
    with pytest.raises(NoSuchInvoice):
        pays(other, invoice)
    assert len(page.book.newest()) == 1


def test_a_second_click_opens_the_same_page(page: HostedPage) -> None:
    buyer = Buyer()
    invoice = buyer.owes().id
    assert pays(buyer, invoice) == pays(buyer, invoice)
    assert len(page.book.newest()) == 1


def test_declined_and_tried_again(page: HostedPage) -> None:
    buyer = Buyer()
    invoice = buyer.owes().id
    first = pays(buyer, invoice)
    page.decline(once_of(first))
    heard(page, once_of(first))
    second = pays(buyer, invoice)
    assert second.attempt != first.attempt
    page.pay(once_of(second))
    heard(page, once_of(second))
    heard(page, once_of(first))
    assert sheet(invoice, of=buyer.account).is_paid


def touched(what: bytes, by: bytes):
    return lambda headers, body: (headers, body.replace(what, by))


@pytest.mark.parametrize(
    "touch",
    [
        touched(b"2408", b"9408"),
        touched(b"EUR", b"VND"),
        touched(b'"paid"', b'"declined"'),
        lambda headers, body: ({}, body),
        lambda headers, body: ({**headers, "testpay-signature": "v1=" + "0" * 64}, body),
        lambda headers, body: (headers, b""),
        lambda headers, body: (headers, body + b" "),
    ],
)
def test_a_forged_call_back_changes_nothing(page: HostedPage, touch) -> None:
    buyer = Buyer()
    invoice = buyer.owes().id
    asked = pays(buyer, invoice)
    page.pay(once_of(asked))
    with pytest.raises(NoticeRefused):
        heard(page, once_of(asked), touch=touch)
    assert not sheet(invoice, of=buyer.account).is_paid
    assert not GatewayNotice.objects.exists()
    assert not Payment.objects.exists()


def test_a_call_back_at_another_brands_door(page: HostedPage) -> None:
    buyer = Buyer()
    invoice = buyer.owes().id
    asked = pays(buyer, invoice)
    page.pay(once_of(asked))
    with pytest.raises(WrongBrand):
        heard(page, once_of(asked), brand="vpn")
    assert not Payment.objects.exists()


def test_a_call_back_of_a_gateway_we_do_not_have(page: HostedPage) -> None:
    with pytest.raises(GatewayNotOffered):
        noticing.take_notice(billing_act(), gateway="acme", heard=noticing.Heard({}, b"", 0.0))
    with pytest.raises(NoticeRefused):
        noticing.take_notice(billing_act(), gateway="bank_transfer", heard=noticing.Heard({}, b"", 0.0))


def test_the_gateway_does_not_answer_and_is_never_charged_twice(fake: FakeGateway) -> None:
    buyer = Buyer()
    invoice = buyer.owes().id
    fake.will = [Unknown()]
    assert pays(buyer, invoice).outcome == Unknown()
    [charge] = fake.asked
    fake.told[charge.once] = Settled("p-1", charge.amount)
    assert isinstance(pays(buyer, invoice).outcome, Settled)
    assert len(fake.asked) == 1
    assert sheet(invoice, of=buyer.account).is_paid


def test_a_gateway_that_does_not_answer_does_not_stop_the_sweep(page: HostedPage) -> None:
    from hostkeep.adapters.gateways.testpay.gateway import Config, TestPay

    buyer = Buyer()
    asked = pays(buyer, buyer.owes().id)
    gateways.carry_with(lambda name, _: {"testpay": TestPay(DeafLine(), Config("http://localhost:1", "s"))}.get(name))
    assert paying.look_up_open(billing_act("", at=NOON + timedelta(minutes=3))) == 1
    gateways.carry_with(lambda name, _: {}.get(name))
    assert paying.look_up_open(billing_act("", at=NOON + timedelta(minutes=3))) == 1
    assert PaymentAttempt.objects.get(id=asked.attempt).state == "unknown"


def test_a_refusal_that_nobody_thought_of_does_not_stop_the_sweep(fake: FakeGateway, monkeypatch) -> None:
    first, second = Buyer(), Buyer()
    for buyer in (first, second):
        fake.will = [Unknown()]
        pays(buyer, buyer.owes().id)
    for charge in fake.asked:
        fake.told[charge.once] = Settled(f"p-{charge.once[-6:]}", charge.amount)
    writes, met = paying.record_outcome, []

    def refuses_once(act, **how):
        met.append(how["attempt"])
        if len(met) == 1:
            raise AlreadyMatched
        return writes(act, **how)

    monkeypatch.setattr(paying, "record_outcome", refuses_once)
    assert paying.look_up_open(billing_act("", at=NOON + timedelta(minutes=3))) == 2
    assert sorted(PaymentAttempt.objects.values_list("state", flat=True)) == ["settled", "unknown"]


def test_a_gateway_that_was_never_asked(fake: FakeGateway) -> None:
    buyer = Buyer()
    invoice = buyer.owes().id
    fake.will = [Unknown()]
    asked = pays(buyer, invoice)
    fake.told.clear()
    row = paying.look_up_payment(buyer.act(), of=buyer.account, attempt=asked.attempt)
    assert (row.state, row.code) == ("declined", "never_asked")
    assert pays(buyer, invoice).attempt != asked.attempt


@pytest.mark.parametrize(
    ("brand", "names"),
    [
        ("vpsfast", ("testpay", "bank_transfer")),
        ("vps6", ("testpay", "bank_transfer")),
        ("photonvps", ("testpay", "bank_transfer")),
        ("vpn", ("testpay",)),
        ("vietnam-server", ("testpay", "bank_transfer")),
    ],
)
def test_which_ways_to_pay_a_brand_offers(page: HostedPage, brand: str, names: tuple[str, ...]) -> None:
    assert paying.gateways_of(billing_act(brand)) == names


def test_vpn5_a_bank_transfer_is_refused_and_the_clause_named(page: HostedPage) -> None:
    buyer = Buyer("vpn")
    invoice = buyer.owes(line(500)).id
    for attempt in (
        lambda: pays(buyer, invoice, "bank_transfer"),
        lambda: import_bank_file(billing_act("vpn", role="billing"), body=camt(Entry("5.00"))),
    ):
        with pytest.raises(GatewayNotOffered) as refusal:
            attempt()
        assert refusal.value.clause == "VPN-5"
    assert not PaymentAttempt.objects.exists()


@pytest.mark.parametrize("gateway", ["", "acme", "stripe", "../testpay"])
def test_a_way_to_pay_that_is_not_offered(page: HostedPage, gateway: str) -> None:
    buyer = Buyer()
    with pytest.raises(GatewayNotOffered):
        pays(buyer, buyer.owes().id, gateway)
    assert not PaymentAttempt.objects.exists()


def test_a_gateway_that_is_not_set_up_is_not_offered(fake: FakeGateway) -> None:
    assert paying.gateways_of(billing_act()) == ("testpay",)
    with pytest.raises(GatewayNotOffered) as refusal:
        paying.demand_offered(billing_act(), "bank_transfer")
    assert refusal.value.clause == ""


def test_vpn5_what_a_gateway_lets_slip_is_not_kept(page: HostedPage) -> None:
    from django.db import connection

    from hostkeep.faces.demo.pay_telling import message_of, signed_headers

    buyer = Buyer("vpn")
    invoice = buyer.owes(line(500, rate=240_000)).id
    asked = pays(buyer, invoice)
    page.pay(once_of(asked))
    said = json.loads(message_of(page.kept(once_of(asked))))
    body = json.dumps(said | {"payer": "Canary Payer", "last4": "9876543", "iban": "NL00CANARY"}).encode()
    heard = noticing.Heard(signed_headers(page.secret, body, at=1000), body, 1000.0)
    noticing.take_notice(billing_act("vpn"), gateway="testpay", heard=heard)
    noticing.work_off(billing_act(""))
    assert sheet(invoice, of=buyer.account).is_paid
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("billing_", "runtime_event", "runtime_delivery", "procrastinate_jobs")):
                cursor.execute(f"SELECT t::text FROM {table} t")  # noqa: S608
                text = "".join(row[0] for row in cursor.fetchall())
                assert "Canary" not in text
                assert "9876543" not in text
                assert "CANARY" not in text


def reads(*entries: Entry, **how) -> list[tuple[str, str]]:
    found = import_bank_file(billing_act(role="billing"), body=camt(*entries, **how))
    return [(row.number, row.fate) for row in found.rows]


def test_a_bank_file_with_all_that_comes(page: HostedPage) -> None:
    buyer = Buyer()
    issued = [buyer.owes() for _ in range(4)]
    refs = [sheet(one.id, of=buyer.account).reference for one in issued]
    entries = (
        Entry("24.08", f"thanks! {refs[0].lower()}", ref="a"),
        Entry("20.00", " ".join(refs[1]), ref="b"),
        Entry("30.00", structured=refs[2], ref="c"),
        Entry("24.08", "RF18 5390 0754 7034", ref="d"),
        Entry("24.08", "my invoice", ref="e"),
        Entry("1.00", refs[0], ref="f"),
        Entry("24.08", refs[3][:-1] + ("8" if refs[3][-1] != "8" else "9"), ref="g"),
        Entry("24.08", side="DBIT", ref="h"),
    )
    numbers = [one.number for one in issued]
    expected = [
        (numbers[0], "paid"), (numbers[1], "partly"), (numbers[2], "over"), ("", "unmatched"),
        ("", "unmatched"), (numbers[0], "credit"), ("", "unmatched"),
    ]  # fmt: skip

    assert reads(*entries) == expected

    before = book.balance("gateway:vps6:bank_transfer", EUR)
    again = import_bank_file(billing_act(role="billing"), body=camt(*entries))
    assert again.read_before == NOON
    assert {row.fate for row in again.rows} == {"known"}
    assert again.left_out == 1
    grown = reads(*entries, Entry("4.08", refs[1], ref="new"), id_="STMT-2")
    assert grown[-1] == (numbers[1], "paid")
    assert book.balance("gateway:vps6:bank_transfer", EUR) == before + Money(408, EUR)
    assert book.balance("unmatched:vps6", EUR) == Money(-3 * 2408, EUR)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<no xml", "xml"),
        (b'<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>', "entities"),
        (b"", "empty"),
        (camt(Entry("1.00", ref="a"), Entry("1.001", ref="b")), "amount"),
        (camt(Entry("1.00"), account="NL00OTHR0000000001"), "account"),
    ],
    ids=["xml", "bomb", "empty", "decimals", "account"],
)
def test_a_bank_file_that_cannot_be_used_books_nothing(page: HostedPage, body: bytes, why: str) -> None:
    with pytest.raises(BadBankFile) as refusal:
        import_bank_file(billing_act(role="billing"), body=body)
    assert refusal.value.facts == {"why": why}
    assert not Payment.objects.exists()


def test_an_account_without_iban_is_known_by_its_number(page: HostedPage) -> None:
    body = camt(Entry("10.00", currency="USD"), account="000 123-456789", other=True)
    assert len(import_bank_file(billing_act("vpsfast", role="billing"), body=body).rows) == 1


def test_nothing_of_the_payer_reaches_a_table(page: HostedPage) -> None:
    from django.db import connection

    buyer = Buyer()
    reference = sheet(buyer.owes().id, of=buyer.account).reference
    reads(Entry("24.08", f"CANARY Anna {reference}"), Entry("1.00", "CANARY Anna", ref=""))
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("billing_", "runtime_")):
                cursor.execute(f"SELECT t::text FROM {table} t")  # noqa: S608
                assert all("CANARY" not in row[0] for row in cursor.fetchall())


def test_declined_is_told_as_declined(fake: FakeGateway) -> None:
    buyer = Buyer()
    invoice = buyer.owes().id
    fake.will = [Declined("refused")]
    assert pays(buyer, invoice).outcome == Declined("refused")
    assert not sheet(invoice, of=buyer.account).is_paid
