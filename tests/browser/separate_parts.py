"""The parts of a demo started one by one, so that one can be killed while the others go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.browser.running_demo import (
    MAIN, ROOT, RunningDemo, alive, clean_environment, database_of, descendants, kill, listeners, until,
)  # fmt: skip


class Parts:
    """Sink, worker and pages on a data folder that a demo made before."""

    def __init__(self, demo: RunningDemo) -> None:
        self.demo = demo
        self._env = clean_environment() | dict(demo.settings) | {
            "HOSTKEEP_DATA": str(demo.data), "HOSTKEEP_DEMO": "1", "HOSTKEEP_PUBLIC_URL": demo.home,
        }  # fmt: skip
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *argv: str) -> None:
        """Start one part, in a group of its own."""
        with self.demo.log.open("ab") as out:
            self.running[name] = subprocess.Popen(
                argv, cwd=ROOT, env=self._env, stdout=out, stderr=out, start_new_session=True
            )

    def start_sink(self) -> None:
        mail = self.demo.data / "mail"
        self.start(
            "sink", sys.executable, "-m", "hostkeep.faces.demo.sink", "--folder", str(mail),
            "--port-file", str(self.demo.data / "mail-port"), "--route-file", str(self.demo.data / "mail-route"),
        )  # fmt: skip

    def start_worker(self) -> None:
        self.start("worker", *MAIN, "worker")

    def start_pages(self) -> None:
        assert not listeners(self.demo.port)
        self.start("pages", *MAIN, "serve", "--port", str(self.demo.port))
        until(lambda: listeners(self.demo.port), "the pages")
        until(self._ready, "the pages to be ready")

    def _ready(self) -> bool:
        try:
            return bool(self.demo.get("/health/ready"))
        except OSError:
            return False

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a part and all that came from it."""
        for pid in descendants(self.running[name].pid):
            os.kill(pid, number)

    def kill(self, name: str) -> None:
        """kill -9: nothing of the part may say good-bye."""
        process = self.running.pop(name)
        kill(descendants(process.pid))
        process.wait(10)

    def stop(self) -> None:
        """End what still runs, and the database that the first part started."""
        for name in list(self.running):
            self.kill(name)
        end_database(self.demo.data)


def family_of_database(data: Path) -> set[int]:
    """The database's processes: those that work in its folder."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").resolve() == data / "postgres":
                found.add(int(entry.name))
        except OSError:
            continue
    return {pid for pid in found if alive(pid)}


def end_database(data: Path) -> None:
    """End a data folder's database and wait until it is gone."""
    for pid in database_of(data):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
    until(lambda: not family_of_database(data), "the database to end", seconds=30)


@contextmanager
def separate_parts(demo: RunningDemo) -> Iterator[Parts]:
    """Run all parts one by one while the block lasts."""
    parts = Parts(demo)
    try:
        parts.start_sink()
        parts.start_worker()
        parts.start_pages()
        yield parts
    finally:
        parts.stop()
