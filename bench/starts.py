"""From `make run` to ready: on a clean clone with packages cached, and again on the same data."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.house import ROOT, free_port

PATIENCE = 300


def figures() -> Iterator[Figure]:
    place = Path(tempfile.mkdtemp(prefix="hkstart-", dir="/tmp"))
    try:
        subprocess.run(["git", "clone", "-q", str(ROOT), str(place / "c")], check=True)
        yield Figure("first start on a clean clone, s", _ready_in(place / "c"), None, "<= 60")
        yield Figure("later start, s", _ready_in(place / "c"), None, "<= 6")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _ready_in(clone: Path) -> float:
    """Seconds until it says that it is ready; it is stopped again."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("HOSTKEEP_")}
    environ.pop("DJANGO_SETTINGS_MODULE", None)
    began = time.monotonic()
    child = subprocess.Popen(
        ["make", "run", f"PORT={free_port()}"], cwd=clone, env=environ, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        for line in child.stdout:
            if "is ready" in line:
                return time.monotonic() - began
            assert time.monotonic() - began < PATIENCE, "not ready in time"
        raise AssertionError("it ended before it was ready")
    finally:
        os.killpg(child.pid, signal.SIGINT)
        child.wait(40)
