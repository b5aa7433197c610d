"""Real base backups with their write-ahead log: what was erased opens nowhere once the keys were rolled."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from hostkeep.runtime import backups, postgres, roles
from tests.real import column_filling
from tests.real.test_on_postgres_15 import server_15  # noqa: F401  a fixture

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class House:
    """A data folder with a server of its own, used by commands alone."""

    data: Path
    keyring: Path
    escrow: Path | None = None
    url: str = ""

    def environ(self) -> dict[str, str]:
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("HOSTKEEP_", "TEST_"))}
        environ |= {
            "HOSTKEEP_DATA": str(self.data), "HOSTKEEP_KEYRING": str(self.keyring), "HOSTKEEP_BRANDS": str(ROOT / "brands"),
            "HOSTKEEP_SECRET_KEY": "only for tests, only for tests, only for tests", "HOSTKEEP_LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "hostkeep.project.settings", "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "PYTHONWARNINGS": "ignore",
        }
        if self.escrow:
            environ["HOSTKEEP_KEYRING_ESCROW"] = str(self.escrow)
        if self.url:
            environ |= {"HOSTKEEP_DATABASE_URL": self.url.format(user="hk_app"), "HOSTKEEP_OWNER_DATABASE_URL": self.url.format(user="hk_owner")}
        return environ

    def begin(self, *argv: str) -> subprocess.Popen[str]:
        """Start a process of the house; whoever starts it ends it."""
        return subprocess.Popen(
            [sys.executable, "-m", "hostkeep.project.main", *argv], cwd=ROOT, env=self.environ(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip

    def run(self, *argv: str, expect: int = 0) -> str:
        done = subprocess.run([sys.executable, "-m", *argv], cwd=ROOT, env=self.environ(), capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + (done.stderr if expect else "")

    def hostkeep(self, *argv: str, expect: int = 0) -> str:
        return self.run("hostkeep.project.main", *argv, expect=expect)

    def vault(self, *argv: str):
        return json.loads(self.run("tests.real.vault_filling", *argv))

    def server(self) -> postgres.Server:
        return postgres.start(self.data)

    def stop(self) -> None:
        lock = self.data / "postgres" / "postmaster.pid"
        if lock.exists():
            postgres.stop(postgres.Server(self.data / "postgres", int(lock.read_text().split("\n", 1)[0])))


@pytest.fixture
def room() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="hkb-", dir="/tmp"))
    yield folder
    for lock in folder.rglob("postmaster.pid"):
        postgres.stop(postgres.Server(lock.parent, int(lock.read_text().split("\n", 1)[0])))
    shutil.rmtree(folder)


@pytest.fixture
def house(room: Path) -> House:
    made = House(room / "a", room / "a" / "keys")
    made.hostkeep("migrate")
    made.hostkeep("brand", "load", str(ROOT / "brands" / "vps6"))
    return made


EVERYWHERE = {"items": 3, "number marks": 1, "api calls": 1, "logins": 1, "factors": 1, "passing": 1, "marks": 1, "nyms": 1, "people_apicall.answer": 1}


def shut(found: dict[str, int]) -> bool:
    return not any(found.values())


def put_write_ahead_log(house: House, into: House) -> None:
    """Lay the living server's later log beside a base backup, so that it is replayed to its end."""
    with psycopg.connect(house.server().url("postgres"), autocommit=True) as line:
        line.execute("SELECT pg_switch_wal()")
        line.execute("CHECKPOINT")
    wal = into.data / "postgres" / "pg_wal"
    for path in (house.data / "postgres" / "pg_wal").iterdir():
        if path.is_file():
            shutil.copy2(path, wal / path.name)
    backups._give_to_server(into.data / "postgres")


def test_after_a_roll_old_backups_and_logs_give_nothing_of_an_erased_person(house: House, room: Path) -> None:
    subject = house.vault("fill")["subject"]
    planned = house.vault("plan", subject)
    column_filling.plant(house.server().url("postgres"), planned["rows"])
    exported = house.vault("export", subject)["key"]
    everywhere = EVERYWHERE | dict.fromkeys(planned["declared"], 1)
    assert set(planned["declared"]) >= {"billing_invoiceline.title", "billing_storedmethod.token", "shop_orderline.plan"}
    living = house.vault("count")
    assert {name: living[name] for name in everywhere} == everywhere, "a value stands in every sealed column, and opens"
    house.hostkeep("backup", str(room / "old"))
    shutil.copytree(house.keyring, room / "old-keys")
    secret = (house.keyring / "epoch-1.key").read_bytes()
    with psycopg.connect(house.server().url("postgres")) as line:
        wrapped = [bytes(row[0]) for row in line.execute("SELECT wrapped FROM vault.vault_subjectkey").fetchall()]

    assert house.vault("erase", subject) == {"erased": True}
    house.hostkeep("keys", "roll")
    paper = house.vault("certificate", subject)
    assert "None" not in paper.values()

    old_files = [path for folder in (room / "old" / "base", house.data / "postgres") for path in folder.rglob("*") if path.is_file()]
    content = [path.read_bytes() for path in old_files]
    assert any(key in text for text in content for key in wrapped), "the wrapped keys stand in old files: so the roll must matter"
    assert not any(secret in text for text in content)
    assert not any(word in text for text in content for word in (exported.encode(), b"Ann Canary")), "exports too are noise"
    assert not any(secret in path.read_bytes() for path in house.keyring.iterdir())

    for with_log in (False, True):
        beside = House(room / f"b{int(with_log)}", house.keyring)
        backups.restore_base(room / "old", beside.data)
        if with_log:
            put_write_ahead_log(house, beside)
        beside.server()
        assert shut(beside.vault("count")), beside.vault("count")
        beside.stop()

    control = House(room / "c", room / "old-keys")
    backups.restore_base(room / "old", control.data)
    control.server()
    found = control.vault("count")
    control.stop()
    assert {name: found[name] for name in everywhere} == everywhere, "with the destroyed key all of it would open"


def test_yesterdays_backup_is_in_maintenance_until_what_was_erased_since_is_erased_again(house: House, room: Path) -> None:
    subject = house.vault("fill")["subject"]
    house.hostkeep("backup", str(room / "yesterday"))
    house.vault("erase", subject)
    house.hostkeep("audit", "checkpoint")
    again = House(room / "r", house.keyring)

    said = again.hostkeep("restore", str(room / "yesterday"))

    assert "1 erasures since then were carried out" in said
    found = again.vault("count")
    assert (found["items"], found["marks"], found["nyms"]) == (0, 0, 0)
    ways_in = ("logins", "factors", "sessions")
    assert [found[name] for name in ways_in] == [0, 0, 0], "no worker ran, and nobody signs in as who was erased"
    assert again.vault("certificate", subject)["live_at"] != "None"
    again.hostkeep("audit", "checkpoint")
    assert again.hostkeep("audit", "verify"), "the book goes on from where the backup ends, and says so"
    again.stop()


def test_a_backup_from_before_a_roll_needs_the_key_in_escrow(house: House, room: Path) -> None:
    house.vault("fill")
    house.hostkeep("backup", str(room / "old"))
    kept = House(house.data, house.keyring, room / "escrow")
    kept.hostkeep("keys", "roll")
    refused = House(room / "r1", house.keyring).hostkeep("restore", str(room / "old"), expect=2)
    assert f"Looked in {house.keyring} (HOSTKEEP_KEYRING, or else the folder keys in HOSTKEEP_DATA): it holds epoch-2.key" in refused
    assert "Set HOSTKEEP_KEYRING_ESCROW to the folder with epoch-1.key" in refused

    again = House(room / "r2", house.keyring, room / "escrow")
    again.hostkeep("restore", str(room / "old"))

    assert again.vault("count")["items"] == 3
    assert sorted(path.name for path in house.keyring.glob("*.key")) == ["epoch-2.key"]
    again.stop()


@pytest.mark.parametrize("harm", ["altered", "missing", "added"])
def test_a_backup_that_is_not_as_it_was_is_refused_by_the_name_of_the_file(house: House, room: Path, harm: str) -> None:
    house.hostkeep("backup", str(room / "b"))
    victim = room / "b" / "base" / "PG_VERSION"
    if harm == "altered":
        victim.write_text("19\n")
    elif harm == "missing":
        victim.unlink()
    else:
        victim.with_name("PG_VERSION.new").write_text("x")
    said = House(room / "r", house.keyring).hostkeep("restore", str(room / "b"), expect=2)
    assert "PG_VERSION" in said
    assert not (room / "r" / "postgres").exists()


def test_a_restore_with_the_wrong_keys_says_where_it_looked_and_touches_nothing(house: House, room: Path) -> None:
    house.hostkeep("backup", str(room / "b"))
    shutil.copytree(house.keyring, room / "old-keys")
    House(house.data, house.keyring, room / "escrow").hostkeep("keys", "roll")
    foreign, cut, empty = room / "foreign", room / "cut", room / "empty"
    for folder, content in ((foreign, os.urandom(32)), (cut, b"short")):
        folder.mkdir()
        (folder / "epoch-1.key").write_bytes(content)
    empty.mkdir()

    for n, (keyring, escrow, words) in enumerate((
        (room / "nowhere", None, f"Looked in {room / 'nowhere'} (HOSTKEEP_KEYRING, or else the folder keys in HOSTKEEP_DATA): there is no such folder."),
        (empty, None, f"Looked in {empty} (HOSTKEEP_KEYRING, or else the folder keys in HOSTKEEP_DATA): it holds no key."),
        (foreign, None, "epoch-1.key is another key of the same number"),
        (cut, None, "epoch-1.key is not whole: 5 bytes, where a key has 32."),
        (house.keyring, None, "HOSTKEEP_KEYRING_ESCROW, the folder of copies of ended keys, is not set."),
        (house.keyring, room / "nowhere", f"Looked in {room / 'nowhere'} (HOSTKEEP_KEYRING_ESCROW): there is no such folder."),
        (house.keyring, foreign, f"Looked in {foreign} (HOSTKEEP_KEYRING_ESCROW): epoch-1.key is another key of the same number"),
        (house.keyring, cut, f"Looked in {cut} (HOSTKEEP_KEYRING_ESCROW): epoch-1.key is not whole"),
    )):  # fmt: skip
        before = {path: path.read_bytes() for path in keyring.glob("*")}
        again = House(room / f"r{n}", keyring, escrow)
        said = again.hostkeep("restore", str(room / "b"), expect=2)
        assert words in said and "Nothing was restored: the keys of this backup are not here." in said
        assert not (again.data / "postgres").exists()
        assert {path: path.read_bytes() for path in keyring.glob("*")} == before

    again = House(room / "last", room / "old-keys")
    again.hostkeep("restore", str(room / "b"))
    again.stop()


def test_a_keyring_of_somebody_else_starts_nothing_and_is_left_as_it_is(house: House, room: Path) -> None:
    empty = room / "empty"
    empty.mkdir()
    said = House(house.data, empty).hostkeep("keys", "show", expect=2)
    assert f"Looked in {empty}: it holds no key. Set HOSTKEEP_KEYRING to the folder this database was sealed with" in said
    assert list(empty.iterdir()) == []


def test_a_restore_that_cannot_be_laid_lets_the_key_from_escrow_end_again(house: House, room: Path) -> None:
    house.hostkeep("backup", str(room / "old"))
    House(house.data, house.keyring, room / "escrow").hostkeep("keys", "roll")
    blocked = room / "blocked"
    blocked.write_text("a file where the data folder should be")
    said = House(blocked, house.keyring, room / "escrow").hostkeep("restore", str(room / "old"), expect=2)
    assert "could not be laid" in said
    assert sorted(path.name for path in house.keyring.glob("*.key")) == ["epoch-2.key"]
    assert json.loads((house.keyring / "epochs.json").read_text()) == {"reads": [2], "writes": 2}
    assert (room / "escrow" / "epoch-1.key").exists()


def test_a_backup_holds_no_key(house: House, room: Path) -> None:
    house.hostkeep("backup", str(room / "b"))
    secrets = [path.read_bytes() for path in house.keyring.glob("*.key")]
    assert not any(one in path.read_bytes() for path in (room / "b").rglob("*") if path.is_file() for one in secrets)
    assert (room / "b").stat().st_mode & 0o777 == 0o700


def test_the_drill_tells_that_what_was_erased_stays_shut(house: House, room: Path) -> None:
    said = house.hostkeep("drill", "restore")
    assert said.startswith("Good: restored in ")
    assert not list(house.data.glob("hkdrill-*"))


def test_a_keyring_without_its_erasure_ledger_starts_nothing(house: House, room: Path) -> None:
    subject = house.vault("fill")["subject"]
    house.vault("erase", subject)
    (house.keyring / "erasures.jsonl").unlink()
    for command in (["keys", "show"], ["worker"], ["serve", "--port", "18999"]):
        assert "erasure ledger" in house.hostkeep(*command, expect=2)


def test_a_server_of_your_own_is_dumped_and_restored_and_catches_up(server_15: Path, room: Path) -> None:
    with psycopg.connect(f"postgresql://postgres@/postgres?host={server_15}", autocommit=True) as line:
        line.execute(roles.SUPERUSER_SQL)
        for name in ("ours", "again"):
            for statement in roles.database_sql(name):
                line.execute(statement)
    house = House(room / "a", room / "keys", url=f"postgresql://{{user}}@/ours?host={server_15}")
    house.hostkeep("migrate")
    house.hostkeep("brand", "load", str(ROOT / "brands" / "vps6"))
    subject = house.vault("fill")["subject"]
    house.hostkeep("backup", str(room / "old"))
    house.vault("erase", subject)

    again = House(room / "b", room / "keys", url=f"postgresql://{{user}}@/again?host={server_15}")
    said = again.hostkeep("restore", str(room / "old"))

    assert "1 erasures since then were carried out" in said
    found = again.vault("count")
    assert (found["items"], found["marks"], found["nyms"], found["logins"], found["factors"]) == (0, 0, 0, 0, 0)
    with psycopg.connect(f"postgresql://hk_app@/again?host={server_15}") as line, pytest.raises(psycopg.errors.InsufficientPrivilege):
        line.execute("SELECT 1 FROM vault.vault_item")
