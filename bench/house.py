"""A house to measure: its own data folder, brands loaded, and servers pinned to one core."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
BRAND = "vps6"
NOTHING = re.compile(rb"(?!)")
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def house() -> Iterator[Path]:
    """Set Django up on a fresh data folder with the five brands; not the demo: the clock's row is not read."""
    data = Path(tempfile.mkdtemp(prefix="hkbench-", dir="/tmp"))
    os.environ["HOSTKEEP_DATA"] = str(data)
    os.environ["HOSTKEEP_BRANDS"] = str(ROOT / "brands")
    os.environ["HOSTKEEP_LOG_LEVEL"] = "ERROR"
    os.environ["DJANGO_SETTINGS_MODULE"] = "hostkeep.project.settings"
    from hostkeep.runtime import postgres

    server = postgres.start(data)
    try:
        import django

        django.setup()
        from django.core.management import call_command

        from hostkeep.faces.cli.acts import act_of_operator
        from hostkeep.flows.brandloading import load_folder
        from hostkeep.runtime import migrating
        from hostkeep.vault.sealing import check_keyring

        migrating.migrate()
        check_keyring()
        for folder in sorted((ROOT / "brands").iterdir()):
            load_folder(act_of_operator(), folder=folder)
        call_command("collectstatic", verbosity=0, interactive=False)
        gc.freeze()  # as project/wsgi.py does for a server
        yield data
    finally:
        postgres.stop(server)
        shutil.rmtree(data, ignore_errors=True)


@contextlib.contextmanager
def serving(
    target: str, *, settings: str = "hostkeep.project.settings", python: Path = Path(sys.executable),
    environ: Mapping[str, str] | None = None, alive: str = "/health/live",
) -> Iterator[int]:  # fmt: skip
    """One granian process on core 0; the port is free before and the process gone afterwards.

    python, environ  of a peer: its own environment, and what its process is told
    alive            an address that answers when the server stands
    """
    port = free_port()
    ours = {**os.environ, "DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    argv = [
        "taskset", "-c", "0", str(python), "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
        "--port", str(port), "--workers", "1", "--blocking-threads", "1", "--no-ws", "--log-level", "error", target,
    ]  # fmt: skip
    child = subprocess.Popen(argv, env=ours if environ is None else environ, start_new_session=True)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                get(port, alive)
                break
            time.sleep(0.1)
        yield port
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(15)


@contextlib.contextmanager
def postgres_on(core: int) -> Iterator[None]:
    """Keep PostgreSQL and whatever it starts meanwhile on one core; every process of it may use all afterwards."""
    from django.conf import settings

    pid = int((Path(settings.HOSTKEEP.data) / "postgres" / "postmaster.pid").read_text().split()[0])
    every = os.sched_getaffinity(pid)

    def keep(cores: set[int]) -> None:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(each, cores)

    keep({core})
    try:
        yield
    finally:
        keep(every)


def get(port: int, path: str, cookie: str = "") -> tuple[int, bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers(cookie))
    with urllib.request.urlopen(request, timeout=10) as reply:
        return reply.status, reply.read()


def headers(cookie: str) -> dict[str, str]:
    told = {"Host": f"{BRAND}.localhost"}
    return {**told, "Cookie": cookie} if cookie else told


def per_second(port: int, path: str, *, cookie: str = "", changes: re.Pattern[bytes] = NOTHING) -> float:
    """Requests a second by wrk, eight connections, after the answer was checked twice.

    changes  what of the page is not the same each time
    """
    first, second = get(port, path, cookie), get(port, path, cookie)
    assert first[0] == second[0] == 200, first[0]
    same = {hashlib.sha256(changes.sub(b"", body)).digest() for _, body in (first, second)}
    assert len(same) == 1, "the page changes"
    told = [part for name, value in headers(cookie).items() for part in ("-H", f"{name}: {value}")]
    argv = ["taskset", "-c", "1", "wrk", "-t", "1", "-c", "8", "-d", f"{SECONDS:g}s", *told, f"http://127.0.0.1:{port}{path}"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found, said
    return float(found[1])
