"""A real server for the tests, with the walls up: migrated as the owner, used as the application.

One server a test run, one template, one clone a worker, and one more for each test that truly commits.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.core.management import call_command
from django.db import connections

from hostkeep.runtime import postgres, roles
from tests.places import MOST_CONNECTIONS

DATA = Path(os.environ["TEST_DATA"])
SERVER = "server"
TEMPLATE = "hk_template"
ALIASES = ("default", "audit")
PATIENCE = {"statement_timeout": "10min", "idle_in_transaction_session_timeout": "0"}
"""What else the application's role is cut off by after a minute: a test is one transaction, and its machine may be
loaded; a line that it has not used meanwhile, as the book's own, would be gone."""


def server() -> postgres.Server:
    """Start the run's own server, or find it: workers take turns.

    TEST_SERVER names the socket folder of another server that the caller started, of another release.
    """
    with (DATA / "turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        running = _other(Path(os.environ["TEST_SERVER"])) if "TEST_SERVER" in os.environ else _ours()
        _template(running)
    return running


def _ours() -> postgres.Server:
    """The embedded server.  It forgets nothing in a test that a power cut could take: no waiting for the disk.

    It lies outside of the data folder that the tests' settings name: the tests share it, and its log, in which
    some make it complain in clear as its superuser, is not the log of the house that a test looks at.
    """
    running = postgres.start(DATA / SERVER)
    with psycopg.connect(running.url("postgres", "postgres"), autocommit=True) as line:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            line.execute(f"ALTER SYSTEM SET {setting} = off")
        line.execute("SELECT pg_reload_conf()")
        is_wide = line.execute("SHOW max_connections").fetchone() == (str(MOST_CONNECTIONS),)
        line.execute(f"ALTER SYSTEM SET max_connections = {MOST_CONNECTIONS}")
    if is_wide:
        return running
    postgres.stop(running)
    return postgres.start(DATA / SERVER)


def load_brands() -> None:
    """The five brands with their policies in force, as a first start loads them."""
    from hostkeep.flows.brandloading import load_folder
    from tests.conftest import ROOT, make_act

    for folder in sorted((ROOT / "brands").iterdir()):
        load_folder(make_act(role="owner", purpose="site_administration", brand=folder.name), folder=folder)


def _other(folder: Path) -> postgres.Server:
    running = postgres.Server(folder, 0)
    with psycopg.connect(running.url("postgres", "postgres"), autocommit=True) as line:
        line.execute(roles.SUPERUSER_SQL)
    return running


def _template(running: postgres.Server) -> None:
    with psycopg.connect(running.url("postgres", "postgres"), autocommit=True) as line:
        if line.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
            return
        fresh = "hk_making"
        line.execute(f'DROP DATABASE IF EXISTS "{fresh}"')
        for statement in roles.database_sql(fresh):
            line.execute(statement)
        point(fresh, user="hk_owner", folder=running.folder)
        with connections["default"].cursor() as cursor:
            cursor.execute(roles.OWNER_SQL)
        call_command("migrate", verbosity=0)
        point(fresh, user="hk_app", folder=running.folder)
        with at_noon(running, fresh):
            load_brands()
        close()
        line.execute(f'ALTER DATABASE "{fresh}" RENAME TO "{TEMPLATE}"')


@contextmanager
def at_noon(running: postgres.Server, name: str) -> Iterator[None]:
    """What is inside happens an hour before the tests' noon, for the database too: it dates announcements."""
    from tests.conftest import NOON

    with psycopg.connect(running.url("postgres", name), autocommit=True) as line:
        line.execute("INSERT INTO runtime_clock (id, ahead) VALUES (1, %s - interval '1 hour' - now())", [NOON])
        yield
        line.execute("DELETE FROM runtime_clock")


def point(name: str, *, user: str, folder: Path) -> None:
    """Point every alias at a database, as a role."""
    close()
    for alias in ALIASES:
        connections[alias].settings_dict.update(NAME=name, USER=user, HOST=str(folder), PORT="", PASSWORD="")


def close() -> None:
    for alias in ALIASES:
        connections[alias].close()


@contextmanager
def clone(running: postgres.Server) -> Iterator[str]:
    """A database of its own, dropped afterwards."""
    name = f"hk_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(running.url("postgres", "postgres"), autocommit=True) as line:
        with (DATA / "turn").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            line.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}" OWNER hk_owner STRATEGY file_copy')
        line.execute(f'GRANT CONNECT ON DATABASE "{name}" TO hk_app')
        _be_patient(line, name)
        yield name
        line.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def empty(running: postgres.Server, name: str) -> None:
    """Put a database with nothing in it in the place of a clone: whoever restores a backup fills it."""
    close()
    with psycopg.connect(running.url("postgres", "postgres"), autocommit=True) as line:
        line.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        for statement in roles.database_sql(name):
            line.execute(statement)
        _be_patient(line, name)


def _be_patient(line: psycopg.Connection, name: str) -> None:
    for what, length in PATIENCE.items():
        line.execute(f"ALTER ROLE hk_app IN DATABASE \"{name}\" SET {what} = '{length}'")
