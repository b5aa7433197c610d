"""The exam every registry of tax numbers sits: `class TestMine(TaxNumbersExam): ...`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from hostkeep.drivers.packages import NoPackage, Package
from hostkeep.drivers.tax_numbers import (
    LONGEST_PROOF,
    NoAnswer,
    NotRegistered,
    NumberAsk,
    Registered,
    TaxNumbers,
)

ODD: Sequence[tuple[int, bytes]] = (
    (500, b""), (502, b"<html>"), (200, b""), (200, b"null"), (200, b"[]"), (200, b"{}"), (200, b"7"),
    (429, b"{}"), (200, b'{"valid": "true"}'), (200, b'{"valid": 1}'), (200, b"\xff\xfe"),
    (200, b"[" * 100_000), (503, b'{"valid": true}'),
)  # fmt: skip
"""Answers that say neither yes nor no."""


class TaxNumbersExam:
    """Subclass it in your tests and say how your registry is reached in its sandbox."""

    prefix: ClassVar[str]
    registered: ClassVar[str]
    unregistered: ClassVar[str]

    def make(self) -> TaxNumbers:
        """Return a registry that talks to one sandbox, the same for all of a test."""
        raise NotImplementedError

    def make_deaf(self) -> TaxNumbers:
        """Return a registry whose line breaks at every request."""
        raise NotImplementedError

    def make_odd(self, status: int, body: bytes) -> TaxNumbers:
        """Return a registry whose other side answers just this."""
        raise NotImplementedError

    def package(self, recipient: str, number: str) -> Package:
        """Return a package as the disclosure gate makes it: the number under "tax_id"."""
        raise NotImplementedError

    def ask(self, number: str) -> NumberAsk:
        """Return a question."""
        return NumberAsk(self.prefix, "", self.package(self.make().manifest.recipient, number))

    def test_it_names_who_receives_what(self) -> None:
        manifest = self.make().manifest
        assert manifest.recipient
        assert manifest.discloses == {"tax_id"}
        assert not manifest.keeps

    def test_yes_and_no(self) -> None:
        registry = self.make()
        yes, no = registry.look_up(self.ask(self.registered)), registry.look_up(self.ask(self.unregistered))
        assert isinstance(yes, Registered)
        assert isinstance(no, NotRegistered)
        assert len(yes.proof) <= LONGEST_PROOF

    def test_asked_twice_it_says_the_same(self) -> None:
        registry = self.make()
        first, second = (registry.look_up(self.ask(self.registered)) for _ in range(2))
        assert type(first) is type(second)

    def test_a_broken_line_is_no_answer(self) -> None:
        assert isinstance(self.make_deaf().look_up(self.ask(self.registered)), NoAnswer)

    def test_what_is_out_of_form_is_no_answer(self) -> None:
        for status, body in ODD:
            answer = self.make_odd(status, body).look_up(self.ask(self.registered))
            assert isinstance(answer, NoAnswer), (status, body[:40])

    def test_nothing_is_asked_without_a_package_for_it(self) -> None:
        for package in (None, self.package("somebody_else", self.registered)):
            try:
                self.make().look_up(NumberAsk(self.prefix, "", package))
            except NoPackage:
                continue
            raise AssertionError("a number left without the gate")
