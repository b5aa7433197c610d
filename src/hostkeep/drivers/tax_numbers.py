"""What a registry of tax numbers must be: asked whether a buyer's number is registered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.packages import Package

LONGEST_PROOF = 40


@dataclass(frozen=True, slots=True)
class NumberAsk:
    """A number to look up.

    prefix     the country as the registry calls it: "FR", "EL"
    requester  our own number, prefix first, so that the answer comes with a proof; or empty
    package    what the disclosure gate let out for the registry: the number under "tax_id", as it was typed
    """

    prefix: str
    requester: str
    package: Package | None = field(compare=False)


@dataclass(frozen=True, slots=True)
class Registered:
    """It is.  proof: the registry's own id of this consultation, at most 40 characters, or empty."""

    proof: str = ""


@dataclass(frozen=True, slots=True)
class NotRegistered:
    """It is not.  proof: as of Registered."""

    proof: str = ""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nobody could tell.  code: "busy", "down", "line", "odd": ask again later."""

    code: str


Answer = Registered | NotRegistered | NoAnswer


class TaxNumbers(Protocol):
    """A registry of tax numbers.  Names and addresses it knows are dropped where they arrive."""

    manifest: ClassVar[Manifest]

    def look_up(self, ask: NumberAsk) -> Answer:
        """Ask about a number.  Changes nothing anywhere, so it may be asked any number of times.

        A broken line, an answer out of form and a registry that is busy are NoAnswer, never a yes or a no.
        """
        ...
