"""Struck down between the fence and the ledger's line, an erasure is completed by the next process that starts."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.real.test_backups import House, house, room  # noqa: F401  fixtures

SAID = "completed an erasure that was cut off (1)"
SECONDS = 60.0


@pytest.fixture
def fenced(house: House) -> str:  # noqa: F811  the fixture
    """A person of whom an erasure was begun by a process that died before its line was written."""
    subject = str(house.vault("fill")["subject"])
    house.run("tests.real.vault_filling", "cut_off", subject, expect=-signal.SIGKILL)
    assert states(house, subject) == {"erasing"}, "fenced, and every key is still there"
    assert house.vault("certificate", subject)["live_at"] == "None"
    assert not (house.keyring / "erasures.jsonl").exists()
    return subject


def states(house: House, subject: str) -> set[str]:  # noqa: F811
    with psycopg.connect(house.server().url("postgres")) as line:
        found = line.execute("SELECT state FROM vault.vault_subjectkey WHERE subject = %s", [subject])
        return {row[0] for row in found.fetchall()}


@contextmanager
def running(house: House, *argv: str) -> Iterator[subprocess.Popen[str]]:  # noqa: F811
    """A process of the house, struck down at the end with all of its own."""
    process = house.begin(*argv)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def first_words(process: subprocess.Popen[str]) -> str:
    """The first line that a process says."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        assert waiting.select(SECONDS), "it says nothing"
    return process.stdout.readline()


def is_over(house: House, subject: str) -> bool:  # noqa: F811
    end = time.monotonic() + SECONDS
    while states(house, subject) != {"destroyed"}:
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def test_serving_completes_it_before_the_first_page_without_any_worker(house: House, fenced: str) -> None:  # noqa: F811
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with running(house, "serve", "--port", str(port), "--workers", "1") as server:
        assert SAID in first_words(server)
        assert states(house, fenced) == {"destroyed"}

    assert house.vault("certificate", fenced)["live_at"] != "None"
    assert len((house.keyring / "erasures.jsonl").read_text().splitlines()) == 1


def test_a_worker_completes_it_before_its_first_job(house: House, fenced: str) -> None:  # noqa: F811
    with psycopg.connect(house.server().url("postgres"), autocommit=True) as line:
        line.execute("CREATE FUNCTION stopped() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no job is taken today'; END $$")
        line.execute("CREATE TRIGGER stopped BEFORE UPDATE ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION stopped()")

    with running(house, "worker") as worker:
        said = first_words(worker)
        rest = "" if SAID in said else worker.stdout.read()
        assert SAID in said, said + rest
        assert is_over(house, fenced), "no job could be taken: it was the start"

    assert house.vault("certificate", fenced)["live_at"] != "None"


def test_a_command_completes_it_too(house: House, fenced: str) -> None:  # noqa: F811
    house.hostkeep("keys", "show")

    assert states(house, fenced) == {"destroyed"}


def test_who_is_killed_while_completing_leaves_it_to_the_next_start(house: House, fenced: str) -> None:  # noqa: F811
    house.run("tests.real.vault_filling", "cut_off_again", expect=-signal.SIGKILL)
    assert states(house, fenced) == {"erasing"}
    assert len((house.keyring / "erasures.jsonl").read_text().splitlines()) == 1, "its line was written, nothing more"

    house.hostkeep("keys", "show")

    assert states(house, fenced) == {"destroyed"}
    assert len((house.keyring / "erasures.jsonl").read_text().splitlines()) == 1
    assert house.vault("certificate", fenced)["live_at"] != "None"
