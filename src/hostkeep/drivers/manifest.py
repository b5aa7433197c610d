"""What a driver says of itself before it is let in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Manifest:
    """A driver's own statement.

    name        as its entry point is named
    api         the version of the protocol it was written for; 1 today
    discloses   categories of personal data it must be given; the policy may refuse
    recipient   id of the recipient in the policy that receives them; "" if none does
    keeps       categories of personal data it leaves with us; the policy must declare them
    touches     categories that pass through it without being kept; no clause may forbid them
    cookies     cookies it sets, by name; the policy must declare them
    hosts       the hosts it calls, without scheme; "{config.field}" takes one from its configuration
    pages       origins of its pages, on which a payer's browser is sent there from a form of ours
    can         what it does besides its first duty; of a gateway: "refunds", "storing", "disputes",
                "locating", "closing", "payouts"
    sockets     libraries with sockets of their own that it uses: "pylxd", "wg"
    """

    name: str
    api: int
    discloses: frozenset[str] = field(default=frozenset())
    recipient: str = ""
    hosts: tuple[str, ...] = ()
    sockets: tuple[str, ...] = ()
    keeps: frozenset[str] = field(default=frozenset())
    touches: frozenset[str] = field(default=frozenset())
    cookies: frozenset[str] = field(default=frozenset())
    pages: tuple[str, ...] = ()
    can: frozenset[str] = field(default=frozenset())
