"""The oldest server we promise to run on: Debian 12's PostgreSQL 15, with every room's tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.places import MOST_CONNECTIONS

BIN = Path("/usr/lib/postgresql/15/bin")
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def server_15() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="hk15-", dir="/tmp"))
    shutil.chown(folder, "postgres", "postgres")
    folder.chmod(0o755)
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = folder / "data"
    subprocess.run([*as_postgres, BIN / "initdb", "-D", data, "--auth=trust", "--encoding=utf8", "-U", "postgres"], check=True, capture_output=True)
    told = f"-k {folder} -h '' -c fsync=off -c max_connections={MOST_CONNECTIONS}"
    subprocess.run([*as_postgres, BIN / "pg_ctl", "-w", "-D", data, "-l", folder / "log", "-o", told, "start"], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run([*as_postgres, BIN / "pg_ctl", "-w", "-D", data, "-m", "immediate", "stop"], check=True, capture_output=True)
        shutil.rmtree(folder)


def test_every_room_on_postgresql_15(server_15: Path) -> None:
    environ = {k: v for k, v in os.environ.items() if k != "TEST_DATA" and not k.startswith("HOSTKEEP_")}
    environ["TEST_SERVER"] = str(server_15)
    argv = [sys.executable, "-m", "pytest", "-n", "2", "tests/rooms", "--deselect", "tests/rooms/runtime/test_postgres.py"]
    done = subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=900)
    said = done.stdout[-3000:]
    assert done.returncode == 0, said
    found = re.search(r"(\d+) passed", said)
    assert found and int(found[1]) > 100, said
