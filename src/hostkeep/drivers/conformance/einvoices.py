"""The exam every system of electronic invoices sits: `class TestMine(ElectronicInvoicesExam): ...`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar
from uuid import uuid4

from hostkeep.drivers.einvoices import (
    LONGEST_CODE,
    LONGEST_NUMBER,
    STATED,
    Absent,
    Before,
    EInvoiceAsk,
    EInvoiceLine,
    EInvoiceRate,
    ElectronicInvoices,
    NoAnswer,
    Pending,
    Refused,
    Registered,
)
from hostkeep.drivers.packages import NoPackage, Package
from hostkeep.kernel.money import Currency, money

ODD: Sequence[tuple[int, bytes]] = (
    (500, b""), (502, b"<html>"), (200, b""), (200, b"null"), (200, b"[]"), (200, b"{}"), (200, b"7"),
    (429, b"{}"), (200, b"\xff\xfe"), (200, b"[" * 100_000), (503, b'{"errorCode": "X"}'),
)  # fmt: skip
"""Answers that say nothing of a document."""

AT = datetime(2026, 3, 1, 3, tzinfo=UTC)
NAME = "Nguyen Never Kept"
SAID = json.dumps({
    "buyer": {"name": NAME, "country": "VN", "tax_id": "0101234567"}, "titles": ["Server S"],
})  # fmt: skip
"""What the gate lets out in the exam."""


class ElectronicInvoicesExam:
    """Subclass it in your tests and say how your system is reached in its sandbox."""

    currency: ClassVar[Currency]

    def make(self) -> ElectronicInvoices:
        """Return a driver that talks to one sandbox, the same for all of a test."""
        raise NotImplementedError

    def make_deaf(self) -> ElectronicInvoices:
        """Return a driver whose line breaks at every request."""
        raise NotImplementedError

    def make_losing(self) -> ElectronicInvoices:
        """Return a driver whose other side takes a document in and whose answer to that is lost."""
        raise NotImplementedError

    def make_odd(self, status: int, body: bytes) -> ElectronicInvoices:
        """Return a driver whose other side answers just this."""
        raise NotImplementedError

    def make_refusing(self) -> ElectronicInvoices:
        """Return a driver whose other side takes no document."""
        raise NotImplementedError

    def documents(self) -> int:
        """Return how many documents the sandbox holds."""
        raise NotImplementedError

    def package(self, recipient: str) -> Package:
        """Return a package as the disclosure gate makes it: SAID under STATED."""
        raise NotImplementedError

    def ask(self, once: str = "") -> EInvoiceAsk:
        """Return a document to hand in."""
        code = self.currency.code
        net, tax, gross = (money(minor, code) for minor in (100_000, 10_000, 110_000))
        return EInvoiceAsk(
            once=once or str(uuid4()), number="VS-2026-000001", issued_at=AT, nature="original", adds=True,
            before=None, lines=(EInvoiceLine(1, net, net, tax, 100_000, "S"),),
            rates=(EInvoiceRate("S", 100_000, net, tax),), net=net, tax=tax, gross=gross,
            package=self.package(self.make().manifest.recipient),
        )  # fmt: skip

    def test_it_names_who_receives_what_and_deletes_nothing(self) -> None:
        driver = self.make()
        assert driver.manifest.recipient
        assert driver.manifest.discloses == {STATED}
        assert driver.manifest.can >= {"adjusting"}
        deletes = [name for name in dir(driver) if any(word in name for word in ("cancel", "delete", "void"))]
        assert not deletes

    def test_it_is_registered_once_a_key(self) -> None:
        ask, driver = self.ask(), self.make()
        first, again = driver.hand_in(ask), driver.hand_in(ask)
        assert isinstance(first, Registered)
        assert first == again == driver.look_up(ask.once)
        assert self.documents() == 1
        assert 0 < len(first.number) <= LONGEST_NUMBER
        assert len(first.code) <= LONGEST_CODE

    def test_what_nobody_handed_in_is_absent(self) -> None:
        assert isinstance(self.make().look_up(str(uuid4())), Absent)

    def test_a_lost_answer_is_found_again(self) -> None:
        ask = self.ask()
        assert isinstance(self.make_losing().hand_in(ask), NoAnswer)
        found = self.make().look_up(ask.once)
        assert isinstance(found, Registered | Pending)
        assert self.documents() == 1

    def test_a_broken_line_is_no_answer(self) -> None:
        assert isinstance(self.make_deaf().hand_in(self.ask()), NoAnswer)
        assert isinstance(self.make_deaf().look_up(str(uuid4())), NoAnswer)

    def test_what_is_out_of_form_is_no_answer(self) -> None:
        for status, body in ODD:
            assert isinstance(self.make_odd(status, body).hand_in(self.ask()), NoAnswer), (status, body[:40])
            found = self.make_odd(status, body).look_up(str(uuid4()))
            assert isinstance(found, NoAnswer), (status, body[:40])

    def test_a_refusal_is_told_by_its_code(self) -> None:
        ask = self.ask()
        said = self.make_refusing().hand_in(ask)
        assert isinstance(said, Refused)
        assert said.code
        assert NAME not in said.code

    def test_a_note_names_what_it_corrects(self) -> None:
        driver = self.make()
        first = driver.hand_in(self.ask())
        assert isinstance(first, Registered)
        before = Before(first.number, AT, "wrong price")
        for nature in ("adjusting", "replacing"):
            if nature in driver.manifest.can:
                note = replace(self.ask(), nature=nature, adds=False, before=before)
                assert isinstance(driver.hand_in(note), Registered)

    def test_nothing_leaves_without_a_package_for_it(self) -> None:
        for package in (None, self.package("somebody_else")):
            try:
                self.make().hand_in(replace(self.ask(), package=package))
            except NoPackage:
                continue
            raise AssertionError("a buyer left without the gate")
        assert not self.documents()
