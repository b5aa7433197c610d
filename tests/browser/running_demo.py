"""The whole demo as a user starts it: on a free port, with a fresh data folder, ended by its process group."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 300
READY = "Hostkeep is ready at "


@dataclass(slots=True)
class RunningDemo:
    """A demo of our own.

    log       all that its processes print
    begun     where in it this start begins
    settings  what it was told beyond port and data
    """

    port: int
    data: Path
    log: Path
    process: subprocess.Popen[bytes]
    begun: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """The operator's host."""
        return f"http://localhost:{self.port}"

    def shop(self, brand: str) -> str:
        """A brand's host."""
        return f"http://{brand}.localhost:{self.port}"

    def told(self) -> dict[str, Any]:
        """What demo.json tells scripts."""
        return json.loads((self.data / "demo.json").read_text(encoding="utf-8"))

    def login(self, role: str, brand: str = "") -> dict[str, str]:
        """The first demo login of a role."""
        return next(a for a in self.told()["accounts"] if a["role"] == role and a["brand"] == brand)

    def get(self, path: str, host: str = "localhost") -> bytes:
        """Fetch a page by a program: to 127.0.0.1, with a Host header."""
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Host": f"{host}:{self.port}"})
        with urllib.request.urlopen(asked, timeout=20) as reply:
            return reply.read()

    def data_of(self, path: str, brand: str = "") -> Any:
        """Fetch JSON."""
        return json.loads(self.get(path, f"{brand}.localhost" if brand else "localhost"))

    def mails_to(self, address: str) -> list[dict[str, Any]]:
        """Every mail that reached an address, newest first."""
        return self.data_of("/demo/mail/?" + urllib.parse.urlencode({"format": "json", "to": address}))

    def mail_to(self, address: str, holding: str) -> dict[str, Any]:
        """The newest mail to an address whose text holds something; waits for it."""
        return until(
            lambda: next((m for m in self.mails_to(address) if holding in m["text"]), None),
            f"a mail with {holding!r}",
            told=self.last_lines,
        )

    def printed(self) -> str:
        """All that was printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def last_lines(self) -> str:
        """The end of what was printed, for a failure's message."""
        return f"the log ends: {self.printed()[-1500:]}"

    def command(self, *words: str) -> str:
        """Run one command of ours on this demo's data."""
        env = clean_environment() | dict(self.settings) | {
            "HOSTKEEP_DATA": str(self.data), "HOSTKEEP_DEMO": "1", "HOSTKEEP_PUBLIC_URL": self.home,
        }  # fmt: skip
        done = subprocess.run([*MAIN, *words], env=env, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


MAIN = (sys.executable, "-m", "hostkeep.project.main")


def clean_environment() -> dict[str, str]:
    """Our environment without any setting of Hostkeep, with the sources found."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HOSTKEEP_", "DJANGO_", "TEST_DATA"))}
    return kept | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}


def until(look: Any, what: str, *, seconds: float = 60, pause: float = 0.3, told: Any = str) -> Any:
    """Look until something is there.  Fails with what was waited for, and what told() says then."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s for {what}; {told()}")
        time.sleep(pause)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def descendants(pid: int) -> set[int]:
    """A process and all that came from it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while grown := {child for child, parent in parents.items() if parent in found} - found:
        found |= grown
    return found


def listeners(port: int) -> set[int]:
    """The processes that listen on a port: two servers may share one without a word."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and int(parts[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{parts[9]}]")
    holders = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            if any(os.readlink(fd) in inodes for fd in (entry / "fd").iterdir()):
                holders.add(int(entry.name))
    return holders


def database_of(data: Path) -> set[int]:
    """The process of a data folder's database, which leads a life of its own."""
    lock = data / "postgres" / "postmaster.pid"
    return {int(lock.read_text().split("\n", 1)[0])} if lock.exists() else set()


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    return False


@contextmanager
def running_demo(data: Path, *, settings: Mapping[str, str] = {}) -> Iterator[RunningDemo]:
    """Run a demo while the block lasts; afterwards nothing of it is left."""
    demo = start(data, settings=settings)
    try:
        yield demo
    finally:
        stop(demo)


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a path short enough for a socket, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hkb-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start(data: Path, *, settings: Mapping[str, str] = {}, port: int = 0) -> RunningDemo:
    """Start a demo and wait until it says that it is ready, and that the port is its own and nobody else's."""
    port = port or free_port()
    assert not listeners(port), f"port {port} is taken"
    log = data.parent / f"{data.name}.log"
    begun = log.stat().st_size if log.exists() else 0
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*MAIN, "demo", "--port", str(port), "--data", str(data)],
            cwd=ROOT, env=clean_environment() | dict(settings), stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    demo = RunningDemo(port, data, log, process, begun, settings)
    try:
        _await_ready(demo)
    except BaseException:
        stop(demo)
        raise
    return demo


def _await_ready(demo: RunningDemo) -> None:
    ready = re.compile(rf"^{READY}http://localhost:{demo.port}$", re.M)
    def said() -> bool:
        assert demo.process.poll() is None, f"the demo ended: {demo.printed()[-3000:]}"
        return bool(ready.search(demo.log.read_bytes()[demo.begun :].decode(errors="replace")))

    until(said, "the demo", seconds=PATIENCE, told=demo.last_lines)
    holders, own = listeners(demo.port), descendants(demo.process.pid)
    assert holders and holders <= own, f"strangers on port {demo.port}: {holders - own}"


def stop(demo: RunningDemo) -> None:
    """Ask the demo to end, wait, and check that all of it is gone."""
    family = descendants(demo.process.pid) | database_of(demo.data)
    if demo.process.poll() is None:
        os.killpg(demo.process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            demo.process.wait(40)
    left = {pid for pid in family if alive(pid)}
    kill(left)
    demo.process.wait(10)
    assert not left, f"these outlived the demo: {left}"
    assert not listeners(demo.port), f"somebody still listens on {demo.port}"


def kill(pids: set[int]) -> None:
    """End processes of ours at once."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
