"""Money taken by hand sits the exam: it asks nobody and knows nothing of its own."""

from __future__ import annotations

from hostkeep.adapters.gateways.manual.gateway import ByHand
from hostkeep.drivers.conformance.payments import GatewayExam
from tests.drivers.hosted_page import DeafLine


class TestTheExam(GatewayExam):
    remembers = False
    calls_back = False

    def make(self) -> ByHand:
        return ByHand.configured(DeafLine(), {})


def test_it_calls_nobody() -> None:
    assert ByHand.hosts({}) == ()
    assert ByHand.manifest.discloses == frozenset()
