"""What the WireGuard driver is told about its server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WireGuardConfig:
    """One server.

    folder     where its peer file lies; made with mode 0700
    endpoint   host name or address that customers dial, without port; IPv6 in brackets
    interface  name of the network interface and of the peer file, at most 15 characters
    port       UDP port the server listens on
    network    IPv4 pool in CIDR form; its first address is the server's own
    network6   IPv6 pool of the same kind, or an empty text for none
    dns        resolver in the customer's configuration, or an empty text for none
    allowed    what the customer sends through the tunnel
    keepalive  seconds between keep-alive packets, 0 for none
    sync       whether `wg syncconf` is run after each change; without it somebody else applies the file
    """

    folder: str
    endpoint: str
    interface: str = "wg-hk"
    port: int = 51820
    network: str = "10.77.0.0/16"
    network6: str = ""
    dns: str = "10.77.0.1"
    allowed: str = "0.0.0.0/0, ::/0"
    keepalive: int = 25
    sync: bool = False
