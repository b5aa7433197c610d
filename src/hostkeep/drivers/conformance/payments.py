"""The exams that payment gateways sit, `class TestMine(GatewayExam): ...`, and a fake that settles.

One that gives money back sits RefundsExam besides, one that keeps methods StoringExam.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.payments import (
    BadNotice,
    Charge,
    Declined,
    KeepAsk,
    Keeping,
    Kept,
    Notice,
    Outcome,
    PaymentGateway,
    RefundAsk,
    Settled,
    StoredCharge,
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


def back_ask(once: str, of: str, minor: int = 500) -> RefundAsk:
    """Return a refund to sit the exam with."""
    return RefundAsk(of, Money(minor, EUR), once=once, tell="https://shop.example/callbacks/")


def keep_ask(once: str) -> KeepAsk:
    """Return a method to be kept, to sit the exam with."""
    back, tell = "https://shop.example/back/", "https://shop.example/callbacks/"
    return KeepAsk("EUR", once=once, back=back, tell=tell)


def stored_ask(once: str, token: str, amount: Money = FIVE_EURO) -> StoredCharge:
    """Return a charge of a stored method, to sit the exam with.  once: with colons, as ours have them."""
    back, tell = "https://shop.example/back/", "https://shop.example/callbacks/"
    return StoredCharge(amount, once=once, memo="EX-2026-000001", back=back, tell=tell, token=token)


def looked_up(gateway: PaymentGateway, once: str, told: Outcome) -> Outcome:
    """Look a charge up as the house does: with the handle, where the gateway told one."""
    asked: Any = gateway
    handle = told.handle if isinstance(told, Waiting) else ""
    found: Outcome = asked.look_up(once, handle) if handle else asked.look_up(once)
    return found


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
        assert looked_up(gateway, "exam-2", told) == told

    def test_an_unknown_key_was_never_asked(self) -> None:
        if self.remembers:
            assert self.make().look_up("exam-none") == Declined("never_asked")

    def test_money_is_told_as_it_came(self) -> None:
        if not self.remembers:
            return
        gateway, amount = self.make(), Money(90_000, VND)
        asked = gateway.charge(ask("exam-3", amount))
        self.pay("exam-3")

        told = looked_up(gateway, "exam-3", asked)

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
        asked = gateway.charge(ask("exam-5"))
        self.pay("exam-5")
        signed = self.notice_of("exam-5")

        notice = gateway.read_notice(signed.headers, signed.body, signed.at)

        assert notice.once == "exam-5"
        assert notice.event
        assert notice.outcome == looked_up(gateway, "exam-5", asked)
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


class RefundsExam(GatewayExam):
    """What a gateway with "refunds" sits besides."""

    def paid(self, once: str) -> str:
        """Have five euro paid; return the payment's proof."""
        gateway: PaymentGateway = self.make()
        asked = gateway.charge(ask(once))
        self.pay(once)
        told = looked_up(gateway, once, asked)
        assert isinstance(told, Settled)
        return told.proof

    def test_it_says_that_it_gives_back(self) -> None:
        assert "refunds" in self.make().manifest.can

    def test_money_goes_back_once_a_key(self) -> None:
        gateway: Any = self.make()
        of = self.paid("exam-r1")

        first, second = gateway.refund(back_ask("back:1", of)), gateway.refund(back_ask("back:1", of))

        assert isinstance(first, Settled)
        assert (first.amount, first == second) == (FIVE_EURO, True)
        assert gateway.look_up_refund("back:1", of) == first

    def test_parts_go_back_until_nothing_is_left(self) -> None:
        gateway: Any = self.make()
        of = self.paid("exam-r2")
        parts = [gateway.refund(back_ask(f"back:{part}", of, 250)) for part in ("a", "b")]
        assert len({part.proof for part in parts}) == len(parts)
        assert isinstance(gateway.refund(back_ask("back:c", of, 1)), Declined)

    def test_more_than_came_does_not_go_back(self) -> None:
        gateway: Any = self.make()
        assert isinstance(gateway.refund(back_ask("back:3", self.paid("exam-r3"), 501)), Declined)

    def test_a_refund_that_was_never_asked_and_one_behind_a_broken_line(self) -> None:
        gateway: Any = self.make()
        of = self.paid("exam-r4")
        assert gateway.look_up_refund("back:none", of) == Declined("never_asked")
        deaf: Any = self.make_deaf()
        assert deaf.refund(back_ask("back:4", of)) == Unknown()
        assert deaf.look_up_refund("back:4", of) == Unknown()


class StoringExam(GatewayExam):
    """What a gateway with "storing" sits besides."""

    def leave(self, once: str, *, careful_bank: bool = False) -> None:
        """Do what the payer does to leave a method.

        careful_bank  one whose bank wants to see its owner at each charge
        """
        raise NotImplementedError

    def kept(self, once: str, *, careful_bank: bool = False) -> str:
        """Have a method kept; return its token."""
        gateway: Any = self.make()
        asked = gateway.keep(keep_ask(once))
        assert isinstance(asked, Waiting)
        self.leave(once, careful_bank=careful_bank)
        told = gateway.look_up_kept(once, asked.handle)
        assert isinstance(told, Kept)
        return told.token

    def test_it_says_that_it_keeps(self) -> None:
        assert "storing" in self.make().manifest.can

    def test_one_key_asks_for_one_method(self) -> None:
        gateway: Any = self.make()
        first, second = gateway.keep(keep_ask("keep-1")), gateway.keep(keep_ask("keep-1"))
        assert first == second
        assert isinstance(first, Waiting)
        assert first.visit
        assert gateway.look_up_kept("keep-1", first.handle) == first
        assert gateway.look_up_kept("keep-none") == Declined("never_asked")

    def test_a_kept_method_is_known_by_its_label_and_does_not_print(self) -> None:
        gateway: Any = self.make()
        asked = gateway.keep(keep_ask("keep-2"))
        self.leave("keep-2")
        told = gateway.look_up_kept("keep-2", asked.handle)
        assert told.label
        assert told.expires_on
        assert told.token not in repr(told)
        assert told.label not in repr(told)

    def test_a_stored_method_is_charged_once_a_key(self) -> None:
        gateway: Any = self.make()
        token = self.kept("keep-3")

        first, second = (gateway.charge_stored(stored_ask("auto:1", token)) for _ in range(2))

        assert isinstance(first, Settled)
        assert (first.amount, first == second) == (FIVE_EURO, True)
        assert gateway.look_up_stored("auto:1", token) == first

    def test_a_careful_bank_sees_the_payer_first(self) -> None:
        gateway: Any = self.make()
        token = self.kept("keep-4", careful_bank=True)

        told = gateway.charge_stored(stored_ask("auto:2", token))

        assert isinstance(told, Waiting)
        assert told.visit
        self.pay("auto:2")
        assert isinstance(looked_up(gateway, "auto:2", told), Settled)

    def test_what_is_let_go_of_is_not_charged(self) -> None:
        gateway: Any = self.make()
        token = self.kept("keep-5")
        assert gateway.forget(token)
        assert gateway.forget(token)
        assert isinstance(gateway.charge_stored(stored_ask("auto:3", token)), Declined)

    def test_behind_a_broken_line_nothing_is_known(self) -> None:
        gateway: Any = self.make()
        token = self.kept("keep-6")
        assert gateway.look_up_stored("auto:none", token) == Declined("never_asked")
        deaf: Any = self.make_deaf()
        assert deaf.keep(keep_ask("keep-7")) == Unknown()
        assert deaf.charge_stored(stored_ask("auto:4", token)) == Unknown()
        assert deaf.look_up_stored("auto:4", token) == Unknown()
        assert not deaf.forget(token)


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

    will  outcomes for the next new charges and refunds, first first; when they run out it settles at once
    kept  what became of methods it was asked to keep, by key: it sends payers to a page and waits
    """

    manifest: ClassVar[Manifest] = Manifest(
        "fake", 1, can=frozenset({"refunds", "storing", "disputes", "closing"})
    )

    will: list[Outcome] = field(default_factory=list)
    asked: list[Charge | RefundAsk | StoredCharge] = field(default_factory=list)
    told: dict[str, Outcome] = field(default_factory=dict)
    kept: dict[str, Keeping] = field(default_factory=dict)

    def charge(self, ask: Charge) -> Outcome:
        """Answer once a key."""
        return self._answer(ask)

    def look_up(self, once: str, handle: str = "") -> Outcome:
        """Say again what was said."""
        del handle
        return self.told.get(once, Declined("never_asked"))

    def close(self, once: str, handle: str) -> Outcome:
        """End a page on which nobody has paid yet."""
        if isinstance(self.look_up(once, handle), Waiting):
            self.told[once] = Declined("expired")
        return self.look_up(once)

    def refund(self, ask: RefundAsk) -> Outcome:
        """Answer once a key."""
        return self._answer(ask)

    def look_up_refund(self, once: str, of: str) -> Outcome:
        """Say again what was said."""
        del of
        return self.look_up(once)

    def keep(self, ask: KeepAsk) -> Keeping:
        """Send the payer to a page."""
        return self.kept.setdefault(ask.once, Waiting(f"https://fake.example/keep/{ask.once}", ask.once))

    def look_up_kept(self, once: str, handle: str = "") -> Keeping:
        """Say how it stands."""
        del handle
        return self.kept.get(once, Declined("never_asked"))

    def charge_stored(self, ask: StoredCharge) -> Outcome:
        """Answer once a key."""
        return self._answer(ask)

    def look_up_stored(self, once: str, token: str) -> Outcome:
        """Say again what was said."""
        del token
        return self.look_up(once)

    def forget(self, token: str) -> bool:
        """Let go of every method with the token."""
        for once, told in list(self.kept.items()):
            if isinstance(told, Kept) and told.token == token:
                del self.kept[once]
        return True

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: float) -> Notice:
        """Refuse: it sends none."""
        raise BadNotice(f"no call-backs: {len(headers)} headers, {len(body)} bytes at {at}")

    def _answer(self, ask: Charge | RefundAsk | StoredCharge) -> Outcome:
        """Answer once a key, as it was told to."""
        self.asked.append(ask)
        fallback = Settled(proof=f"fake-{ask.once}", amount=ask.amount)
        return self.told.setdefault(ask.once, self.will.pop(0) if self.will else fallback)
