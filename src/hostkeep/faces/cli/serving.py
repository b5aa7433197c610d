"""Serving pages and working jobs off."""

from __future__ import annotations

import os
import sys
from typing import Any

from hostkeep.faces.cli import fingerprints
from hostkeep.faces.cli.setting_up import complete_erasures, ready_to_serve
from hostkeep.runtime import loopback

TARGET = "hostkeep.project.served:application"
THREADS = 4
"""Threads a process.  The demo's pages call one another (shop, gateway): one would wait for itself."""


def serve(*, host: str, port: int, workers: int) -> int:
    """Serve until told to stop.  Replaces this process by the server; gathers static files first.

    Refuses a port that is taken: the server would share it without a word.
    """
    if loopback.is_taken(port):
        sys.stderr.write(f"hostkeep: port {port} is taken; choose another\n")
        return 2
    ready_to_serve()
    complete_erasures()
    gather()
    count = workers or os.cpu_count() or 1
    argv = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(count), "--blocking-threads", str(THREADS), "--no-ws", "--log-level", "warning",
        "--respawn-failed-workers", "--factory", TARGET,
    ]  # fmt: skip
    os.execv(sys.executable, argv)  # noqa: S606  our own program with our own arguments
    return 0


def gather() -> None:
    """Gather static files, hashed and compressed, if they changed since the last time."""
    from django.conf import settings
    from django.core.management import call_command

    note_file = settings.HOSTKEEP.data / "static.fingerprint"
    if fingerprints.changed(note_file):
        call_command("collectstatic", verbosity=0, interactive=False)
        fingerprints.note(note_file)


def work() -> int:
    """Work jobs off until told to stop; first take over what a killed worker left."""
    ready_to_serve()
    from procrastinate.contrib.django import app

    from hostkeep.faces.ui import beating
    from hostkeep.runtime import rescue, tripwire

    tripwire.arm()
    beating.start("worker")
    beating.wait_until_open()
    complete_erasures()
    rescue.take_over()
    connector: Any = app.connector
    with app.replace_connector(connector.get_worker_connector()) as worker:
        worker.run_worker(
            concurrency=4, delete_jobs="successful", fetch_job_polling_interval=1.0,
            shutdown_graceful_timeout=10, update_heartbeat_interval=2.0, stalled_worker_timeout=10.0,
        )  # fmt: skip
    return 0
