"""S-Invoice sits the exam, against a stand-in of its web service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hostkeep.adapters.einvoices.sinvoice.system import SInvoice
from hostkeep.adapters.einvoices.sinvoice.writing import plain
from hostkeep.drivers.conformance.einvoices import NAME, SAID, ElectronicInvoicesExam
from hostkeep.drivers.einvoices import STATED, Before, EInvoiceLine, EInvoiceRate, NoAnswer, Pending, Registered
from hostkeep.drivers.packages import Package
from hostkeep.drivers.wire import Reply
from hostkeep.kernel.money import EUR, VND, Money
from hostkeep.runtime import breaker, egress
from tests.drivers.hosted_page import DeafLine
from tests.drivers.sinvoice_side import SInvoiceSide, sinvoice_side


@pytest.fixture
def side(monkeypatch: pytest.MonkeyPatch) -> Iterator[SInvoiceSide]:
    monkeypatch.setattr(egress, "breaker", breaker.Breaker())
    monkeypatch.setattr(egress, "_watchers", [])
    with sinvoice_side() as made:
        yield made


class OneAnswer:
    """Lets the login pass and answers the rest with one thing."""

    def __init__(self, status: int, body: bytes) -> None:
        self.reply = Reply(status, {}, body)

    def request(self, _: str, url: str, **__: object) -> Reply:
        return Reply(200, {}, b'{"access_token": "tok"}') if url.endswith("/auth/login") else self.reply


class TestTheExam(ElectronicInvoicesExam):
    currency = VND

    @pytest.fixture(autouse=True)
    def reach(self, side: SInvoiceSide) -> None:
        self.side = side

    def make(self) -> SInvoice:
        self.side.loses, self.side.fails = False, ""
        return self.side.driver()

    def package(self, recipient: str) -> Package:
        return Package(recipient, {STATED: SAID}, "digest")

    def make_deaf(self) -> SInvoice:
        return SInvoice(DeafLine(), {"base": "http://127.0.0.1:1"})

    def make_losing(self) -> SInvoice:
        driver = self.make()
        self.side.loses = True
        return driver

    def make_odd(self, status: int, body: bytes) -> SInvoice:
        return SInvoice(OneAnswer(status, body), {})

    def make_refusing(self) -> SInvoice:
        driver = self.make()
        self.side.fails = "INVOICE_ISSUED_DATE_INVALID"
        return driver

    def documents(self) -> int:
        return len(self.side.taken)


class Handed(TestTheExam):
    """What stands in what was handed in.  Not collected: the tests below use it to make documents."""

    __test__ = False

    def __init__(self, side: SInvoiceSide) -> None:
        self.side = side


def test_what_is_handed_in_is_the_document_and_no_more(side: SInvoiceSide) -> None:
    ask = Handed(side).ask()
    side.driver().hand_in(ask)
    (said, _) = side.taken[ask.once]
    head = said["generalInvoiceInfo"]
    assert (head["adjustmentType"], head["currencyCode"], head["invoiceSeries"]) == ("1", "VND", "C26TAA")
    assert head["invoiceIssuedDate"] == 1772334000000
    assert said["buyerInfo"] == {"buyerName": NAME, "buyerTaxCode": "0101234567", "buyerCountryCode": "VN"}
    (item,) = said["itemInfo"]
    told = (item["itemName"], item["quantity"], item["unitPrice"], item["taxPercentage"], item["taxAmount"])
    assert told == ("Server S", 1, 100_000, 10, 10_000)
    assert said["summarizeInfo"]["totalAmountWithTax"] == 110_000
    assert "isIncreaseItem" not in item


def test_a_note_that_takes_back_says_less(side: SInvoiceSide) -> None:
    handed = Handed(side)
    first = handed.ask()
    registered = side.driver().hand_in(first)
    assert isinstance(registered, Registered)
    note = replace(
        handed.ask(), nature="adjusting", adds=False, before=Before(registered.number, first.issued_at, "not given")
    )
    side.driver().hand_in(note)
    (said, _) = side.taken[note.once]
    head = said["generalInvoiceInfo"]
    assert (head["adjustmentType"], head["adjustmentInvoiceType"]) == ("5", "1")
    assert (head["originalInvoiceId"], head["additionalReferenceDesc"]) == (registered.number, "not given")
    assert said["itemInfo"][0]["isIncreaseItem"] is False
    assert said["summarizeInfo"]["isTotalAmountPos"] is False
    assert said["taxBreakdowns"][0]["taxAmountPos"] is False


def test_the_authoritys_code_is_waited_for_where_the_series_has_one(side: SInvoiceSide) -> None:
    side.late = 2
    ask = Handed(side).ask()
    assert isinstance(side.driver().hand_in(ask), Pending)
    assert isinstance(side.driver().look_up(ask.once), Pending)
    assert side.driver().look_up(ask.once) == Registered("C26TAA1", "M1-26-AB")
    plainly = replace(Handed(side).ask())
    side.late = 1
    found = side.driver(series="K26TAA").hand_in(plainly)
    assert found == Registered("K26TAA2", "R0000002")


def test_a_wrong_password_is_no_word_on_a_document(side: SInvoiceSide) -> None:
    side.password = "other"  # noqa: S105  of a stand-in
    said = side.driver().hand_in(Handed(side).ask())
    assert isinstance(said, NoAnswer)
    assert not side.taken


def test_it_never_cancels(side: SInvoiceSide) -> None:
    exam = Handed(side)
    exam.test_a_note_names_what_it_corrects()
    assert not [path for path in side.paths if "ancel" in path]


def test_untaxed_and_cents_are_written_as_the_service_has_them(side: SInvoiceSide) -> None:
    assert plain(Money(1234, EUR)) == 12.34
    assert plain(Money(1200, EUR)) == 12
    ask = Handed(side).ask()
    net, none = Money(50_000, VND), Money(0, VND)
    free = replace(
        ask, lines=(EInvoiceLine(1, net, net, none, 0, "E"),), rates=(EInvoiceRate("E", 0, net, none),), net=net,
        tax=none, gross=net,
    )  # fmt: skip
    side.driver().hand_in(free)
    (said, _) = side.taken[free.once]
    assert said["itemInfo"][0]["taxPercentage"] == said["taxBreakdowns"][0]["taxPercentage"] == -2
