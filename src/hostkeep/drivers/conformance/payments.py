"""The exam every payment gateway sits, `class TestMine(GatewayExam): ...`, and a fake that settles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.payments import (
    BadNotice,
    Charge,
    Declined,
    Notice,
    Outcome,
    PaymentGateway,
    Settled,
    Unknown,
    Waiting,
)
from hostkeep.kernel.money import EUR, VND, Money

TOO_OLD = 3600.0
"""Seconds after which no gateway may still take a call-back for fresh."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A call-back as the gateway's own side sends it.  at: Unix seconds when it was signed."""

    headers: Mapping[str, str]
    body: bytes
    at: float


FIVE_EURO = Money(500, EUR)


def ask(once: str, amount: Money = FIVE_EURO) -> Charge:
    """Return a charge to sit the exam with."""
    back, tell = "https://shop.example/back/", "https://shop.example/callbacks/"
    return Charge(amount, once=once, memo="EX-2026-000001", back=back, tell=tell)


class GatewayExam:
    """Subclass it in your tests and say how your gateway is reached in its sandbox.

    Gateways that know nothing of their own (a bank transfer) answer `remembers` with False, those that send
    no call-backs `calls_back` with False; the questions about it then do not count.
    """

    remembers: ClassVar[bool] = True
    calls_back: ClassVar[bool] = True

    def make(self) -> PaymentGateway:
        """Return a gateway that talks to one sandbox, the same for all of a test."""
        raise NotImplementedError

    def make_deaf(self) -> PaymentGateway:
        """Return a gateway whose line breaks at every request."""
        raise NotImplementedError

    def pay(self, once: str) -> None:
        """Do what the payer does to pay a charge in the sandbox."""
        raise NotImplementedError

    def notice_of(self, once: str) -> Signed:
        """Return the call-back that the sandbox sends about a charge as it stands."""
        raise NotImplementedError

    def test_one_key_asks_once(self) -> None:
        gateway = self.make()

        first, second = gateway.charge(ask("exam-1")), gateway.charge(ask("exam-1"))

        assert first == second
        assert isinstance(first, Waiting | Settled)

    def test_look_up_tells_what_charge_told(self) -> None:
        gateway = self.make()
        told = gateway.charge(ask("exam-2"))
        assert gateway.look_up("exam-2") == told

    def test_an_unknown_key_was_never_asked(self) -> None:
        if self.remembers:
            assert self.make().look_up("exam-none") == Declined("never_asked")

    def test_money_is_told_as_it_came(self) -> None:
        if not self.remembers:
            return
        gateway, amount = self.make(), Money(90_000, VND)
        gateway.charge(ask("exam-3", amount))
        self.pay("exam-3")

        told = gateway.look_up("exam-3")

        assert isinstance(told, Settled)
        assert told.amount == amount
        assert told.proof
        assert gateway.charge(ask("exam-3", amount)) == told

    def test_a_broken_line_is_unknown_and_no_error(self) -> None:
        if self.remembers:
            deaf = self.make_deaf()
            assert deaf.charge(ask("exam-4")) == Unknown()
            assert deaf.look_up("exam-4") == Unknown()

    def test_a_notice_is_read(self) -> None:
        if not self.calls_back:
            return
        gateway = self.make()
        gateway.charge(ask("exam-5"))
        self.pay("exam-5")
        signed = self.notice_of("exam-5")

        notice = gateway.read_notice(signed.headers, signed.body, signed.at)

        assert notice.once == "exam-5"
        assert notice.event
        assert notice.outcome == gateway.look_up("exam-5")
        assert gateway.read_notice(signed.headers, signed.body, signed.at) == notice

    def test_a_notice_that_was_touched_is_refused(self) -> None:
        if not self.calls_back:
            assert _refused(self.make(), Signed({}, b"{}", 0.0))
            return
        gateway = self.make()
        gateway.charge(ask("exam-6"))
        self.pay("exam-6")
        good = self.notice_of("exam-6")
        touched = good.body.replace(b"exam-6", b"exam-7")
        assert _refused(gateway, Signed(good.headers, touched, good.at))
        assert _refused(gateway, Signed({}, good.body, good.at))
        assert _refused(gateway, Signed(good.headers, b"", good.at))
        assert _refused(gateway, Signed(dict.fromkeys(good.headers, "x"), good.body, good.at))

    def test_an_old_notice_is_refused_and_one_from_the_future_too(self) -> None:
        if not self.calls_back:
            return
        gateway = self.make()
        gateway.charge(ask("exam-8"))
        good = self.notice_of("exam-8")
        for away in (TOO_OLD, -TOO_OLD):
            assert _refused(gateway, Signed(good.headers, good.body, good.at + away))


def _refused(gateway: PaymentGateway, signed: Signed) -> bool:
    """Tell whether a gateway refuses a call-back, in the one way it may."""
    try:
        gateway.read_notice(signed.headers, signed.body, signed.at)
    except BadNotice:
        return True
    return False


@dataclass(slots=True)
class FakeGateway:
    """A gateway that remembers what it was asked and answers as it was told to.

    will  outcomes for the next new charges, first first; when they run out it settles at once
    """

    manifest: ClassVar[Manifest] = Manifest("fake", 1)

    will: list[Outcome] = field(default_factory=list)
    asked: list[Charge] = field(default_factory=list)
    told: dict[str, Outcome] = field(default_factory=dict)

    def charge(self, ask: Charge) -> Outcome:
        """Answer once a key."""
        self.asked.append(ask)
        fallback = Settled(proof=f"fake-{ask.once}", amount=ask.amount)
        return self.told.setdefault(ask.once, self.will.pop(0) if self.will else fallback)

    def look_up(self, once: str) -> Outcome:
        """Say again what was said."""
        return self.told.get(once, Declined("never_asked"))

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: float) -> Notice:
        """Refuse: it sends none."""
        raise BadNotice(f"no call-backs: {len(headers)} headers, {len(body)} bytes at {at}")
