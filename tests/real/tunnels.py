"""A server and a customer in network namespaces of their own, with WireGuard in user space between them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from hostkeep.drivers.wire import LineBroke, Ran

NEEDED = ("wireguard-go", "wg", "wg-quick", "ip", "ping")
OUTSIDE_SERVER, OUTSIDE_CUSTOMER = "192.0.2.1", "192.0.2.2"


def run(*argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program and say what it said when it fails."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert not check or done.returncode == 0, f"{' '.join(argv)}: {done.stderr}"
    return done


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace with a tunnel interface in it."""

    namespace: str
    interface: str

    def run(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program in the namespace."""
        return run("ip", "netns", "exec", self.namespace, *argv, check=check)

    def reaches(self, address: str) -> bool:
        """Tell whether one ping of three comes back."""
        return self.run("ping", "-c", "3", "-i", "0.3", "-W", "1", address, check=False).returncode == 0

    def reaches_again(self, address: str) -> bool:
        """Tell whether pings come back within a minute.

        A device that knew the server tries its old session for 15 seconds before it shakes hands anew.
        Source: the WireGuard paper, section 6.2.
        """
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self.reaches(address):
                return True
            time.sleep(1)
        return False


class PlaceWire:
    """The wire of a driver whose server is a namespace."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def request(self, *args: object, **kwargs: object) -> object:
        raise AssertionError("the driver makes no requests")

    def run(self, argv: Sequence[str], *, stdin: bytes, seconds: float) -> Ran:
        line = ["ip", "netns", "exec", self.place.namespace, *argv]
        try:
            done = subprocess.run(line, input=stdin, capture_output=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            raise LineBroke from None
        return Ran(done.returncode, done.stdout, done.stderr)


@contextmanager
def _place(name: str, interface: str) -> Iterator[Place]:
    place = Place(name, interface)
    run("ip", "netns", "add", name)
    process = None
    try:
        place.run("ip", "link", "set", "lo", "up")
        process = subprocess.Popen(
            ["ip", "netns", "exec", name, "wireguard-go", "-f", interface],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(100):
            if place.run("wg", "show", interface, check=False).returncode == 0:
                break
            time.sleep(0.1)
        else:
            raise AssertionError(f"wireguard-go did not make {interface}; is /dev/net/tun there?")
        yield place
    finally:
        if process:
            process.terminate()
            process.wait(10)
        run("ip", "netns", "del", name, check=False)
        Path(f"/var/run/wireguard/{interface}.sock").unlink(missing_ok=True)


@contextmanager
def two_places() -> Iterator[tuple[Place, Place]]:
    """Make (server, customer), joined by a cable.  Fails loudly where the machine cannot."""
    missing = [tool for tool in NEEDED if shutil.which(tool) is None]
    assert not missing, f"install wireguard-go, wireguard-tools, iproute2 and iputils-ping first: {missing}"
    assert os.geteuid() == 0, "network namespaces need root"
    tag = uuid4().hex[:6]
    with ExitStack() as stack:
        server = stack.enter_context(_place(f"hk-{tag}-s", f"hk{tag}s"))
        customer = stack.enter_context(_place(f"hk-{tag}-c", f"hk{tag}c"))
        run("ip", "link", "add", f"hv{tag}s", "netns", server.namespace, "type", "veth",
            "peer", "name", f"hv{tag}c", "netns", customer.namespace)  # fmt: skip
        for place, end, address in ((server, "s", OUTSIDE_SERVER), (customer, "c", OUTSIDE_CUSTOMER)):
            place.run("ip", "addr", "add", f"{address}/24", "dev", f"hv{tag}{end}")
            place.run("ip", "link", "set", f"hv{tag}{end}", "up")
        yield server, customer


def open_server(server: Place, address: str) -> None:
    """Give the server its inner address, as its operator would."""
    server.run("ip", "addr", "add", address, "dev", server.interface)
    server.run("ip", "link", "set", server.interface, "up")


def use_configuration(customer: Place, text: str, folder: Path) -> None:
    """Apply a customer's configuration as wg-quick would: keys by wg, addresses and routes by ip."""
    path = folder / f"{customer.interface}.conf"
    path.write_text(text)
    path.chmod(0o600)
    stripped = folder / "stripped"
    stripped.write_text(run("wg-quick", "strip", str(path)).stdout)
    customer.run("wg", "setconf", customer.interface, str(stripped))
    customer.run("ip", "addr", "flush", "dev", customer.interface)
    for address in re.findall(r"^Address = (.+)$", text, re.M)[0].split(", "):
        customer.run("ip", "addr", "add", address, "dev", customer.interface)
    customer.run("ip", "link", "set", customer.interface, "up")
    customer.run("ip", "route", "replace", "10.77.0.0/16", "dev", customer.interface)
