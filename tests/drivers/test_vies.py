"""VIES sits the exam, against a stand-in of its interface."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hostkeep.adapters.taxnumbers.vies.registry import Vies
from hostkeep.drivers.conformance.tax_numbers import TaxNumbersExam
from hostkeep.drivers.packages import Package
from hostkeep.drivers.tax_numbers import NoAnswer, NotRegistered, NumberAsk, Registered
from hostkeep.drivers.wire import HostRefused, Reply
from hostkeep.runtime import breaker, egress
from tests.drivers.hosted_page import DeafLine
from tests.drivers.vies_side import NAME, ViesSide, vies_side

FRENCH = "40303265045"


@pytest.fixture
def side(monkeypatch: pytest.MonkeyPatch) -> Iterator[ViesSide]:
    monkeypatch.setattr(egress, "breaker", breaker.Breaker())
    monkeypatch.setattr(egress, "_watchers", [])
    with vies_side() as made:
        made.registered = {("FR", FRENCH), ("EL", "094259216")}
        yield made


def asked(number: str, prefix: str = "FR", requester: str = "") -> NumberAsk:
    return NumberAsk(prefix, requester, Package("vies", {"tax_id": number}, "d"))


class OneAnswer:
    def __init__(self, status: int, body: bytes) -> None:
        self.reply = Reply(status, {}, body)

    def request(self, *_: object, **__: object) -> Reply:
        return self.reply


class TestTheExam(TaxNumbersExam):
    prefix = "FR"
    registered = f"FR {FRENCH}"
    unregistered = "FR83404833048"

    @pytest.fixture(autouse=True)
    def reach(self, side: ViesSide) -> None:
        self.side = side

    def make(self) -> Vies:
        return self.side.driver()

    def package(self, recipient: str, number: str) -> Package:
        return Package(recipient, {"tax_id": number}, "digest")

    def make_deaf(self) -> Vies:
        return Vies(DeafLine())

    def make_odd(self, status: int, body: bytes) -> Vies:
        return Vies(OneAnswer(status, body))


@pytest.mark.parametrize("typed", [f"FR{FRENCH}", f"fr 40 303 265 045", "40.303.265.045", f" fr-{FRENCH} "])
def test_a_number_however_it_was_typed(side: ViesSide, typed: str) -> None:
    assert isinstance(side.driver().look_up(asked(typed)), Registered)
    assert side.asked == [{"countryCode": "FR", "vatNumber": FRENCH}]


def test_greece_and_the_proof_for_who_says_who_asks(side: ViesSide) -> None:
    answer = side.driver().look_up(asked("EL094259216", "EL", "DE123456788"))
    assert answer == Registered("WAPIAAAAX1")
    assert side.asked[0]["requesterMemberStateCode"] == "DE"
    assert side.asked[0]["requesterNumber"] == "123456788"


@pytest.mark.parametrize("typed", ["9" * 500, "", "   ", "FR"])
def test_what_is_no_number_is_not_even_asked(side: ViesSide, typed: str) -> None:
    assert side.driver().look_up(asked(typed)) == NotRegistered()
    assert side.asked == []


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("MS_UNAVAILABLE", NoAnswer("down")), ("SERVICE_UNAVAILABLE", NoAnswer("down")),
        ("TIMEOUT", NoAnswer("down")), ("MS_MAX_CONCURRENT_REQ", NoAnswer("busy")),
        ("GLOBAL_MAX_CONCURRENT_REQ", NoAnswer("busy")), ("VAT_BLOCKED", NoAnswer("down")),
        ("IP_BLOCKED", NoAnswer("down")), ("INVALID_REQUESTER_INFO", NoAnswer("down")),
        ("INVALID_INPUT", NotRegistered()), ("SOMETHING_NEW", NoAnswer("down")),
    ],
)  # fmt: skip
def test_each_of_its_errors(side: ViesSide, code: str, answer: object) -> None:
    side.fails = code
    assert side.driver().look_up(asked(FRENCH)) == answer


def test_errors_of_its_other_shape_and_another_countrys_answer() -> None:
    other = Vies(OneAnswer(200, b'{"isValid": false, "userError": "MS_UNAVAILABLE", "valid": false}'))
    assert other.look_up(asked(FRENCH)) == NoAnswer("down")
    foreign = Vies(OneAnswer(200, b'{"countryCode": "DE", "valid": true}'))
    assert foreign.look_up(asked(FRENCH)) == NoAnswer("odd")


def test_nothing_of_who_owns_the_number_comes_in(side: ViesSide) -> None:
    answer = side.driver().look_up(asked(FRENCH))
    assert NAME not in repr(answer)


def test_it_calls_the_commission_and_nobody_else(side: ViesSide) -> None:
    assert Vies.manifest.hosts == ("ec.europa.eu",)
    wire = egress.wire_for(Vies.manifest, ())
    with pytest.raises(HostRefused):
        Vies(wire, side.base).look_up(asked(FRENCH))
