"""What hands mail over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.packages import Package


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, ready to leave.

    sender, to  bare addresses (RFC 5321)
    body        the whole message (RFC 5322), CRLF line ends
    package     what the disclosure gate let out for a relay; None: it goes to the receiver's own host
    """

    sender: str
    to: str
    body: bytes
    package: Package | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """The other side took it.  proof: its answer's last line."""

    proof: str


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: greylisted, down, or without the protection the policy demands.  code: SMTP code or word."""

    code: str


@dataclass(frozen=True, slots=True)
class Bounced:
    """Refused for good.  code: SMTP code."""

    code: str


Outcome = Taken | Later | Bounced


class Mailer(Protocol):
    """A way to hand mail over."""

    manifest: ClassVar[Manifest]

    def hand_over(self, letter: Letter) -> Outcome:
        """Give one letter to the other side."""
        ...
