"""Two network namespaces with one line between them: a house inside, the rest of the world outside.

Inside there is the loopback and this one line; outside every address there is answers, so that whatever is
sent out arrives somewhere and is seen.  What leaves is recorded from the line itself, packet by packet.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

ROOT = Path(__file__).parent.parent.parent
HOME, AWAY = "198.18.0.2", "198.18.0.1"
"""Addresses of the line's ends.  Source: RFC 2544: this range is for tests of networks."""

CLIENT = "127.0.0.9"
"""Where our own browser comes from: what the loopback carries from another address is the house's own."""

NEEDED = ("ip", "nft")
NEWNET = 0x40000000


def run(*argv: str, given: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program, and say what it said when it fails."""
    done = subprocess.run(argv, input=given, capture_output=True, text=True, timeout=60, check=False)
    assert not check or done.returncode == 0, f"{' '.join(argv)}: {done.stdout}{done.stderr}"
    return done


@dataclass(frozen=True, slots=True)
class Networks:
    """The two namespaces, by name.  line: the interface inside."""

    inside: str
    outside: str
    line: str

    def argv(self, *argv: str) -> list[str]:
        """How a program is run inside."""
        return ["ip", "netns", "exec", self.inside, *argv]

    def argv_outside(self, *argv: str) -> list[str]:
        """How a program is run outside."""
        return ["ip", "netns", "exec", self.outside, *argv]

    def run(self, *argv: str, given: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program inside, to its end."""
        return run(*self.argv(*argv), given=given, check=check)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Let this thread open its sockets inside.  Source: setns(2), for the calling thread alone."""
        libc = ctypes.CDLL(None, use_errno=True)
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.inside}", os.O_RDONLY)
        try:
            assert libc.setns(there, NEWNET) == 0, os.strerror(ctypes.get_errno())
            try:
                yield
            finally:
                assert libc.setns(before, NEWNET) == 0, os.strerror(ctypes.get_errno())
        finally:
            os.close(there)
            os.close(before)


@contextmanager
def two_networks() -> Iterator[Networks]:
    """Make the namespaces; afterwards nothing of them is left.  Fails where the kernel does not allow it."""
    for program in NEEDED:
        assert run("which", program, check=False).returncode == 0, f"install the Debian package of {program} first"
    tag = uuid4().hex[:6]
    nets = Networks(f"hk-in-{tag}", f"hk-out-{tag}", f"hki{tag}")
    far = f"hko{tag}"
    try:
        run("ip", "netns", "add", nets.inside)
        run("ip", "netns", "add", nets.outside)
        run("ip", "link", "add", nets.line, "netns", nets.inside, "type", "veth", "peer", "name", far, "netns", nets.outside)
        for argv in (
            ("addr", "add", f"{HOME}/30", "dev", nets.line), ("link", "set", "lo", "up"), ("link", "set", nets.line, "up"),
            ("route", "add", "default", "via", AWAY),
        ):  # fmt: skip
            nets.run("ip", *argv)
        for argv in (
            ("addr", "add", f"{AWAY}/30", "dev", far), ("link", "set", "lo", "up"), ("link", "set", far, "up"),
            ("route", "add", "local", "0.0.0.0/0", "dev", "lo"),  # every address there is, is here
        ):  # fmt: skip
            run(*nets.argv_outside("ip", *argv))
        yield nets
    finally:
        for namespace in (nets.inside, nets.outside):
            run("ip", "netns", "del", namespace, check=False)


@contextmanager
def background(argv: list[str], ready: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of ours while the block lasts; it must first print a line."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HOSTKEEP_", "DJANGO_"))}
    env |= {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONUNBUFFERED": "1"}
    with log.open("ab") as err:
        process = subprocess.Popen(argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=err)
    try:
        assert process.stdout is not None
        said = process.stdout.readline().decode().strip()
        assert said == ready, f"{argv}: {said!r} {log.read_text(errors='replace')[-800:]}"
        yield process
    finally:
        process.terminate()
        process.wait(15)
        if process.stdout:
            process.stdout.close()


PYTHON = sys.executable
