"""Backups of the database, and their way back: a base backup of our own server, a dump of another.

A manifest with the SHA-256 of every file goes with each.  Keys are never in it: they lie elsewhere, and must
be kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop
from hostkeep.runtime import postgres

MANIFEST = "manifest.json"
BASE = "base"
DUMP = "hostkeep.dump"
CHUNK = 1 << 20
NOT_DATA = ("log", ".handle_pids.json", ".s.PGSQL.*", "postmaster.pid", "postmaster.opts")
"""What lies among the server's files and is not its data."""


class BadBackup(Foreseen):
    """A backup that cannot be taken or restored."""

    code = "runtime.backup.bad"
    title = gettext_noop("This backup cannot be used: {why}")


def programs() -> Path:
    """Return the folder of the embedded server's client programs."""
    return Path(postgres.library().utils.POSTGRES_VERSIONS[postgres.MAJOR])


def take_base(server: postgres.Server, into: Path) -> None:
    """Take a base backup of our own server, with the write-ahead log that it needs.  Raises BadBackup."""
    _run(
        programs() / "pg_basebackup", "--host", str(server.folder), "--username", "postgres", "--no-password",
        "--pgdata", str(into / BASE), "--wal-method", "stream", "--checkpoint", "fast",
        "--manifest-checksums", "SHA256",
    )  # fmt: skip
    for pattern in NOT_DATA:
        for path in (into / BASE).glob(pattern):
            path.unlink()


def take_dump(database: Mapping[str, object], into: Path) -> None:
    """Take a dump of a database, as its owner, by the machine's own client or the one that comes with us.

    database  Django's settings of the owner's login
    Raises BadBackup.
    """
    _run(_client("pg_dump", database), "--format", "custom", "--file", str(into / DUMP), **_login(database))


def restore_dump(backup: Path, database: Mapping[str, object]) -> None:
    """Fill an empty database from a dump, as its owner: all of it or nothing.  Raises BadBackup."""
    _run(
        _client("pg_restore", database), "--exit-on-error", "--single-transaction", "--no-owner",
        "--dbname", str(database["NAME"]), str(backup / DUMP), **_login(database),
    )  # fmt: skip


def demand_empty(data: Path) -> None:
    """Refuse a data folder that holds a database.  Raises BadBackup."""
    folder = postgres.folder_of(data)
    if folder.exists() and any(folder.iterdir()):
        raise BadBackup(
            why=f"{folder} holds a database already; set HOSTKEEP_DATA to a new folder, or move this one away"
        )


def restore_base(backup: Path, data: Path) -> None:
    """Lay a base backup into a data folder that holds no database, all of it or nothing.

    Raises BadBackup.
    """
    demand_empty(data)
    folder = postgres.folder_of(data)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(backup / BASE, folder, dirs_exist_ok=True)
        folder.chmod(0o700)
        _give_to_server(folder)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise BadBackup(why=f"it could not be laid into {folder}: {error}") from None
        raise
    (folder.parent / "hostkeep.marker").touch()


def _give_to_server(folder: Path) -> None:
    """Give the files to the login that the embedded server runs under where we are root."""
    if os.geteuid() != 0:
        return
    owner = postgres.library().utils.ensure_user_exists("pgserver")
    if owner is None:
        raise BadBackup(why="the login pgserver is missing")
    for path in (folder, *folder.rglob("*")):
        os.lchown(path, owner.pw_uid, owner.pw_gid)


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """Put the manifest down: what the backup is, and the SHA-256 of each of its files."""
    told = {**facts, "files": {name: _sum(folder / name) for name in _files(folder)}}
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        json.dump(told, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())


def read_manifest(folder: Path, *, tells: Collection[str] = ()) -> Mapping[str, Any]:
    """Return the manifest of a backup whose files are as they were.

    tells  facts it must hold
    Raises BadBackup, which names what is wrong and what to do.
    """
    told = _told(folder, {"files", *tells})
    if not isinstance(told["files"], dict):
        raise altered(folder)
    listed: Mapping[str, str] = told["files"]
    there = set(_files(folder))
    for name in sorted(there ^ listed.keys()):
        if name in there:
            raise BadBackup(why=f"{folder / name} is not in its manifest: somebody put it there")
        raise BadBackup(why=f"{folder / name} is missing; {AGAIN}")
    for name, known in sorted(listed.items()):
        if _sum(folder / name) != known:
            raise BadBackup(why=f"{folder / name} was cut off or altered after the backup; {AGAIN}")
    return told


def altered(folder: Path) -> BadBackup:
    """Return the refusal of a backup whose manifest is not as it was written."""
    return BadBackup(why=f"{folder / MANIFEST} was cut off or altered; {AGAIN}")


AGAIN = "copy the backup again from where you keep it, whole, or use another"


def _told(folder: Path, facts: Collection[str]) -> Mapping[str, Any]:
    """Return what a manifest says.  Raises BadBackup."""
    if not folder.is_dir():
        raise BadBackup(why=f"{folder} is no folder; name the one that hostkeep backup filled")
    path = folder / MANIFEST
    if not path.exists():
        raise BadBackup(
            why=f"{folder} has no {MANIFEST}: hostkeep backup did not fill it, or was cut off before its "
            "end; use another backup"
        )
    try:
        told: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        missing = sorted(set(facts) - told.keys())
    except OSError as error:
        raise BadBackup(why=f"{path} cannot be read ({error.strerror})") from None
    except (ValueError, AttributeError, TypeError):
        raise altered(folder) from None
    if missing:
        raise BadBackup(why=f"{path} does not say {', '.join(missing)}; {AGAIN}")
    return told


def _files(folder: Path) -> Iterator[str]:
    """Yield the names of a backup's files, the manifest left out."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and name != MANIFEST:
            yield name


def _sum(path: Path) -> str:
    """Return a file's SHA-256, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _client(name: str, database: Mapping[str, object]) -> str:
    """Return the client program for a server: the machine's where it is of the server's release, else ours.

    A newer client reads an older server; an older client refuses a newer one.
    """
    with psycopg.connect(make_conninfo("", **_parameters(database))) as line:
        major = line.info.server_version // 10_000
    found = shutil.which(name)
    if found:
        said = subprocess.run([found, "--version"], check=False, capture_output=True, text=True).stdout  # noqa: S603  as found
        if re.search(rf"\) {major}\.", said):
            return found
    return str(programs() / name)


def _parameters(database: Mapping[str, object]) -> dict[str, str]:
    """Return a login as libpq's parameters."""
    told = {
        "dbname": database.get("NAME"), "user": database.get("USER"), "host": database.get("HOST"),
        "port": database.get("PORT"), "password": database.get("PASSWORD"),
    }  # fmt: skip
    given = {name: str(value) for name, value in told.items() if value}
    further = database.get("OPTIONS")
    return given | ({k: str(v) for k, v in further.items()} if isinstance(further, Mapping) else {})


ENVIRONMENT = MappingProxyType({
    "dbname": "PGDATABASE", "user": "PGUSER", "host": "PGHOST", "port": "PGPORT", "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
})  # fmt: skip


def _login(database: Mapping[str, object]) -> dict[str, str]:
    """Return what libpq reads from the environment: no password stands in a process list."""
    told = _parameters(database)
    return {variable: told[name] for name, variable in ENVIRONMENT.items() if name in told}


def _run(program: Path | str, *arguments: str, **environment: str) -> None:
    """Run a client program.  Raises BadBackup with its last words."""
    done = subprocess.run(  # noqa: S603  a client program with our own arguments
        [str(program), *arguments], check=False, capture_output=True, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    if done.returncode:
        said = done.stderr.strip().rsplit("\n", 1)[-1]
        raise BadBackup(why=f"{Path(program).name}: {said}")
