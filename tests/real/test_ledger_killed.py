"""What the ledger has answered is on the disk: the server is struck down under eight clients, and all is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psutil
import psycopg
import pytest

from hostkeep.runtime import postgres
from tests.real.test_backups import ROOT, House

CLIENTS = 8
SECONDS = 1.5
HOT = "credit:hot"
ABOUT = UUID(int=9)
THERE = 10**9


@pytest.fixture
def house() -> Iterator[House]:
    """A house whose book holds enough to spend for long."""
    with tempfile.TemporaryDirectory(prefix="hkl-", dir="/tmp") as folder:
        place = House(Path(folder) / "data", Path(folder) / "keys")
        server = place.server()
        place.hostkeep("migrate")
        with psycopg.connect(server.url("hk_owner")) as line:
            line.execute(
                "SELECT ledger.post(gen_random_uuid(), 'gift', 'vps6', now(), 'x', %s, %s, %s, %s, '{}', '{}', '{}')",
                [ABOUT, [HOT, "gifts:vps6"], [-THERE, THERE], ["EUR", "EUR"]],
            )
        yield place
        place.stop()


def answered_until_struck_down(house: House) -> set[str]:
    """Let clients spend, strike the server down as a power cut does, and return what they were answered."""
    server = house.server()
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("HOSTKEEP_", "TEST_"))}
    environ |= {
        "HOSTKEEP_DATA": str(house.data), "HOSTKEEP_KEYRING": str(house.keyring), "HOSTKEEP_BRANDS": str(ROOT / "brands"),
        "HOSTKEEP_SECRET_KEY": "only for tests, only for tests, only for tests", "HOSTKEEP_LOG_LEVEL": "CRITICAL",
        "DJANGO_SETTINGS_MODULE": "hostkeep.project.settings", "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}",
    }  # fmt: skip
    clients = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.real.ledger_spending", f"{time.time_ns()}-{n}"],
            cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True,
        )
        for n in range(CLIENTS)
    ]  # fmt: skip
    first = [client.stdout.readline() for client in clients]
    time.sleep(SECONDS)
    # SIGQUIT: every process of the server ends at once; nothing that is in its memory reaches the disk.
    struck = psutil.Process(server.pid)
    struck.send_signal(signal.SIGQUIT)
    rest = [client.communicate(timeout=60)[0] for client in clients]
    struck.wait(60)
    return {key for said in (*first, *rest) for key in said.split()}


def standing(server: postgres.Server) -> tuple[set[str], int]:
    """Return the keys of spends that stand, and the account's balance."""
    with psycopg.connect(server.url("hk_owner")) as line:
        keys = {row[0] for row in line.execute("SELECT key FROM ledger.ledger_entry WHERE key <> 'gift'")}
        return keys, int(line.execute("SELECT ledger.balance(%s, 'EUR')", [HOT]).fetchone()[0])


def test_what_was_answered_is_there_after_a_power_cut(house: House) -> None:
    """First on a build that answers before the disk has it, which must lose something."""
    with psycopg.connect(house.server().url("hk_owner")) as line:
        whole = str(line.execute("SELECT pg_get_functiondef('ledger.post_alone'::regproc)").fetchone()[0])
        barrier = "nothing := pg_catalog.pg_logical_emit_message(true, 'ledger', '');"
        assert whole.count(barrier) == 1
        line.execute(whole.replace(barrier, ""))
    hasty = answered_until_struck_down(house)
    keys, _ = standing(house.server())
    assert hasty - keys, "nothing was lost without waiting for the disk"

    with psycopg.connect(house.server().url("hk_owner")) as line:
        line.execute(whole)
    answered = answered_until_struck_down(house)
    keys, stands = standing(house.server())
    assert len(answered) > CLIENTS
    assert answered <= keys
    assert stands == len(keys) - THERE
