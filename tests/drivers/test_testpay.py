"""The test gateway sits the exam, against its own hosted page; what cannot be is Unknown, never an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hostkeep.adapters.gateways.testpay.gateway import Config, TestPay
from hostkeep.drivers.conformance.payments import RefundsExam, Signed, StoringExam, ask
from hostkeep.drivers.payments import BadNotice, Declined, Settled, Unknown, Waiting
from hostkeep.drivers.wire import Reply
from hostkeep.faces.demo import pay_api
from hostkeep.faces.demo.pay_book import OtherContent, PayBook, asked_of, secret
from hostkeep.kernel.money import EUR, USD, Money
from tests.drivers.hosted_page import DeafLine, HostedPage, SaysLine


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostedPage:
    monkeypatch.setattr(pay_api, "data", lambda: tmp_path)
    return HostedPage(tmp_path)


class TestTheExam(RefundsExam, StoringExam):
    @pytest.fixture(autouse=True)
    def reach(self, page: HostedPage) -> None:
        self.page = page

    def make(self) -> TestPay:
        return self.page.gateway()

    def make_deaf(self) -> TestPay:
        return TestPay(DeafLine(), Config("http://localhost:1", "s"))

    def pay(self, once: str) -> None:
        self.page.pay(once)

    def leave(self, once: str, *, careful_bank: bool = False) -> None:
        self.page.leave(once, careful_bank=careful_bank)

    def notice_of(self, once: str) -> Signed:
        return self.page.call_back(once)


def test_the_payer_is_sent_to_the_hosted_page(page: HostedPage) -> None:
    outcome = page.gateway().charge(ask("a"))
    assert outcome == Waiting(f"http://localhost:8000/demo/pay/{page.kept('a').token}/")


def test_the_hosted_page_learns_an_amount_a_number_and_nothing_else(page: HostedPage) -> None:
    page.gateway().charge(ask("a"))
    kept = page.kept("a")
    assert (kept.amount, kept.memo) == (Money(500, EUR), "EX-2026-000001")


def test_declined_by_the_payer(page: HostedPage) -> None:
    gateway = page.gateway()
    gateway.charge(ask("a"))
    page.decline("a")
    assert gateway.look_up("a") == Declined("cancelled")
    signed = page.call_back("a")
    assert gateway.read_notice(signed.headers, signed.body, signed.at).outcome == Declined("cancelled")
    page.pay("a")
    assert gateway.look_up("a") == Declined("cancelled")


def test_the_same_key_for_another_amount_is_not_charged(page: HostedPage) -> None:
    gateway = page.gateway()
    gateway.charge(ask("a"))
    assert gateway.charge(ask("a", Money(501, EUR))) == Unknown()
    assert gateway.charge(ask("a", Money(500, USD))) == Unknown()
    assert page.kept("a").amount == Money(500, EUR)


def test_who_does_not_know_the_secret_asks_in_vain(page: HostedPage) -> None:
    stranger = TestPay(page, Config("http://localhost:8000", "guess"))
    assert stranger.charge(ask("a")) == Unknown()
    assert page.book.by_key("a") is None
    page.gateway().charge(ask("b"))
    assert stranger.look_up("b") == Unknown()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, {}, b""),
        Reply(302, {}, b""),
        Reply(200, {}, b""),
        Reply(200, {}, b"[]"),
        Reply(200, {}, b"<html>"),
        Reply(200, {}, b"[" * 100_000),
        Reply(200, {}, b'{"state": "paid"}'),
        Reply(200, {}, b'{"state": "paid", "proof": "p", "minor": "500", "currency": "EUR"}'),
        Reply(200, {}, b'{"state": "paid", "proof": "p", "minor": true, "currency": "EUR"}'),
        Reply(200, {}, b'{"state": "paid", "proof": "p", "minor": 0, "currency": "EUR"}'),
        Reply(200, {}, b'{"state": "paid", "proof": "p", "minor": -5, "currency": "EUR"}'),
        Reply(200, {}, b'{"state": "paid", "proof": "p", "minor": 1e3, "currency": "EUR"}'),
        Reply(200, {}, b'{"state": "paid", "proof": "p", "minor": 10000000000000000, "currency": "EUR"}'),
        Reply(200, {}, b'{"state": "paid", "proof": "p", "minor": 500, "currency": "XXX"}'),
        Reply(200, {}, b'{"state": "paid", "proof": "p", "minor": 500, "currency": ["EUR"]}'),
        Reply(200, {}, b'{"state": "paid", "proof": "", "minor": 500, "currency": "EUR"}'),
        Reply(200, {}, b'{"state": "open", "visit": "javascript:alert(1)"}'),
        Reply(200, {}, b'{"state": "open"}'),
        Reply(200, {}, b'{"state": "elsewhere"}'),
    ],
)
def test_an_answer_that_cannot_be_is_unknown(reply: Reply) -> None:
    gateway = TestPay(SaysLine(reply), Config("http://localhost:1", "s"))
    assert gateway.charge(ask("a")) == Unknown()
    assert gateway.look_up("a") == Unknown()


def test_a_strange_refusal_is_a_plain_one() -> None:
    gateway = TestPay(
        SaysLine(Reply(200, {}, b'{"state": "declined", "code": "Ann has no money"}')), Config("http://x", "s")
    )
    assert gateway.look_up("a") == Declined("refused")


def signed(page: HostedPage, said: object) -> Signed:
    from hostkeep.faces.demo.pay_telling import signed_headers

    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Signed(signed_headers(page.secret, body, at=1_000_000), body, 1_000_000)


GOOD = {"event": "ev", "once": "a", "state": "paid", "proof": "p", "minor": 500, "currency": "EUR"}


def test_a_call_back_is_cut_down_to_what_it_means(page: HostedPage) -> None:
    canaries = {"payer": {"name": "Ann Canary"}, "card": {"last4": "4242"}, "iban": "NL00CANARY"}
    one = signed(page, GOOD | canaries)
    notice = page.gateway().read_notice(one.headers, one.body, one.at)
    assert notice.outcome == Settled("p", Money(500, EUR))
    assert "Canary" not in repr(notice)


@pytest.mark.parametrize(
    "said",
    [
        b"", b"{}", b"[]", b"\xff", {**GOOD, "event": ""}, {**GOOD, "event": "x" * 65}, {**GOOD, "event": 5},
        {**GOOD, "once": None}, {**GOOD, "once": "Ånn"}, {**GOOD, "state": "open"}, {**GOOD, "minor": 0},
        {**GOOD, "currency": "GBP"}, {**GOOD, "proof": "a\nb"},
    ],
)  # fmt: skip
def test_a_signed_call_back_that_says_nothing_is_refused(page: HostedPage, said: object) -> None:
    one = signed(page, said)
    with pytest.raises(BadNotice):
        page.gateway().read_notice(one.headers, one.body, one.at)


@pytest.mark.parametrize("away", [301, -301])
def test_five_minutes_and_no_more(page: HostedPage, away: int) -> None:
    one = signed(page, GOOD)
    gateway = page.gateway()
    gateway.read_notice(one.headers, one.body, one.at + (300 if away > 0 else -300))
    with pytest.raises(BadNotice):
        gateway.read_notice(one.headers, one.body, one.at + away)


def test_the_stamp_is_under_the_signature_too(page: HostedPage) -> None:
    one = signed(page, GOOD)
    moved = {**one.headers, "testpay-time": "1000100"}
    with pytest.raises(BadNotice):
        page.gateway().read_notice(moved, one.body, 1_000_100)
    for stamp in ("", "x", "１０００", "1" * 40):
        with pytest.raises(BadNotice):
            page.gateway().read_notice({**one.headers, "testpay-time": stamp}, one.body, one.at)


def test_header_names_in_any_case(page: HostedPage) -> None:
    one = signed(page, GOOD)
    assert page.gateway().read_notice({k.title(): v for k, v in one.headers.items()}, one.body, one.at)


def test_the_secret_does_not_print() -> None:
    assert "hush" not in repr(Config("http://x", "hush"))
    assert TestPay.configured(DeafLine(), {"base": "http://x:1/", "secret": "s"}).config.base == "http://x:1"
    assert TestPay.hosts({"base": "http://x:1"}) == ("x:1",)


def test_the_country_of_the_card_is_told_where_the_payer_said_it(page: HostedPage) -> None:
    gateway = page.gateway()
    gateway.charge(ask("c-1"))
    kept = page.book.by_key("c-1")
    assert kept is not None
    assert gateway.country_of(kept.proof) == "", "nothing is paid yet"
    page.book.note_origin(kept, "VN")
    page.pay("c-1")
    assert gateway.country_of(kept.proof) == "VN"
    page.book.note_origin(kept, "US")
    assert gateway.country_of(kept.proof) == "VN", "a charge that is decided stays"
    assert gateway.country_of("tp_unknown") == ""


@pytest.mark.parametrize("country", ["XX", "vn", 5, None])
def test_a_country_that_is_none_is_not_told(country: object) -> None:
    told = Reply(200, {}, json.dumps({"country": country}).encode())
    assert TestPay(SaysLine(told), Config("http://localhost:1", "s")).country_of("tp_1") == ""


def test_a_deaf_line_tells_no_country() -> None:
    assert TestPay(DeafLine(), Config("http://localhost:1", "s")).country_of("tp_1") == ""


def test_the_gateways_own_book(tmp_path: Path) -> None:
    book = PayBook(tmp_path)
    wish = {"once": "a", "minor": 5, "currency": "EUR", "memo": "m", "back": "http://b/", "tell": "http://t/"}
    kept = book.make(asked_of(wish), at=1.0)
    assert book.make(asked_of(wish), at=2.0) == kept
    with pytest.raises(OtherContent):
        book.make(asked_of(wish | {"minor": 6}), at=3.0)
    assert book.by_token("nothing") is None
    assert book.pay("nothing") is None
    assert book.newest() == (kept,)
    book.note_told(kept.token)
    told = book.by_key("a")
    assert told is not None
    assert told.told
    for wrong in ({"minor": 0}, {"minor": True}, {"currency": "GBP"}, {"back": "ftp://x"}, {"memo": ""}, {"tell": 5}):
        with pytest.raises(ValueError, match="no|missing"):
            asked_of(wish | wrong)


def test_the_secret_is_made_once_and_only_ours(tmp_path: Path) -> None:
    first = secret(tmp_path)
    assert secret(tmp_path) == first
    assert len(first) > 30
    assert [p.name for p in (tmp_path / "keys").iterdir()] == ["testpay_secret"]
    assert (tmp_path / "keys" / "testpay_secret").stat().st_mode & 0o077 == 0
