"""Keeping a year that is played, so that one that was cut off goes on from the end of a month.

What is kept is a backup as `hostkeep backup` takes it, and the keyring, with the erasure ledger and the checkpoints
that lie there: side by side, for nobody's data is in them.  Beside them stands what only the test knows: what was
asked for, how far it came, where the clock stood, how each customer pays, and what the machines hold.  The gateway and
the mailer hold nothing from month to month.  All of it is of one moment, so nothing is carried out again when the
year goes on: the backup is laid, and the clock put back to where it stood.

A month is written beside the one before, and gets its name when all of it stands on the disk: whoever is killed
meanwhile leaves the one before.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import override_settings

from hostkeep.brands import queries
from hostkeep.drivers.conformance.machines import FakeProvisioner
from hostkeep.faces.cli import backing_up
from hostkeep.runtime import backups, clock, migrating, postgres
from hostkeep.runtime.models import Clock
from hostkeep.vault import erasure_ledger, key_folders, keys, replaying
from tests import database

BACKUP, KEYS, TOLD = "backup", "keys", "year.json"
UNFINISHED, LOCK = "unfinished", "lock"


class CannotGoOn(Exception):
    """What is kept is not of this year, or nobody may touch it now."""


@dataclass
class Year:
    """A year that is played.

    how     how each customer pays, by account
    begin   when it began, by the clock of the house
    played  how many of its days are over
    """

    how: dict[UUID, str]
    begin: datetime
    played: int = 0


@dataclass(frozen=True)
class Keeping:
    """Where a year is kept, of which database of a server, and which year: so many services, so many days."""

    folder: Path
    running: postgres.Server
    name: str
    services: int
    days: int

    def months(self) -> list[Path]:
        """The months that were kept to their end, oldest first; there are two where somebody was killed in between."""
        return sorted(self.folder.glob("day-*"))

    def keep(self, year: Year, machines: FakeProvisioner) -> Path:
        """Keep the year as it stands, in the place of what was kept before; return where.  Nothing may be at work."""
        fresh, there = self.folder / UNFINISHED, self.folder / f"day-{year.played:04}"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        at = clock.now()
        with self._as_its_owner():
            backing_up.take(fresh / BACKUP)
        shutil.copytree(keys.folder(), fresh / KEYS)
        told = {
            "services": self.services, "days": self.days, "played": year.played, "at": at.isoformat(),
            "begin": year.begin.isoformat(), "how": {str(account): pays for account, pays in year.how.items()},
            "made": machines.made, "standing": machines._standing, "ledger": erasure_ledger.NAME,
        }  # fmt: skip
        (fresh / TOLD).write_text(json.dumps(told), encoding="utf-8")
        before = self.months()
        _onto_the_disk(fresh)
        fresh.rename(there)
        keys.sync(self.folder)
        for each in before:
            shutil.rmtree(each)
        return there

    def go_on(self, machines: FakeProvisioner, keyring: Path) -> Year | None:
        """Put the last month that was kept in the place of the database; return its year, None where none was kept.

        keyring  a folder that is not there yet, for the keys: what is kept is not used up, and may be gone on from again
        From here on the settings name it.  Raises CannotGoOn, BadBackup, NotTheKeys.
        """
        if not self.months():
            return None
        there = self.months()[-1]
        told: dict[str, Any] = json.loads((there / TOLD).read_text(encoding="utf-8"))
        if (told["services"], told["days"]) != (self.services, self.days):
            raise CannotGoOn(
                f"{there} was kept of {told['services']} services and {told['days']} days, and not of {self.services} and"
                f" {self.days}: ask for as many again, or name another folder"
            )
        self._lay_keys(there, told["ledger"], keyring)
        self._lay_database(there)
        Clock.objects.update_or_create(id=1, defaults={"ahead": datetime.fromisoformat(told["at"]) - datetime.now(UTC)})
        queries.forget()
        if replaying.behind():
            raise CannotGoOn(f"the keys and the database in {there} are not of one moment")
        machines.made.update(told["made"])
        machines._standing.update(told["standing"])
        return Year({UUID(each): pays for each, pays in told["how"].items()}, datetime.fromisoformat(told["begin"]), told["played"])

    def end(self) -> None:
        """The year was played to its end: the next one begins from nothing."""
        for each in self.months():
            shutil.rmtree(each)

    def _lay_keys(self, there: Path, ledger: str, keyring: Path) -> None:
        """Each test's erasure ledger has a name of its own."""
        shutil.copytree(there / KEYS, keyring)
        if (keyring / ledger).exists():
            (keyring / ledger).rename(keyring / erasure_ledger.NAME)
        settings.HOSTKEEP = replace(settings.HOSTKEEP, keyring=keyring)
        facts = backups.read_manifest(there / BACKUP, tells=backing_up.FACTS)
        key_folders.demand_for_backup(facts["keys"])
        key_folders.demand_ledger(**facts["erasure_ledger"])

    def _lay_database(self, there: Path) -> None:
        """What an older state of the code kept is brought forward.  Raises CannotGoOn for what a newer one did."""
        database.empty(self.running, self.name)
        with self._as_its_owner():
            backing_up.lay(there / BACKUP)
            with migrating.as_owner(), connection.cursor() as cursor:
                if newer := _unknown():
                    raise CannotGoOn(f"a newer state of the code kept {there}: this one does not know {', '.join(newer)}")
                cursor.execute("ANALYZE")  # a dump does not tell what the planner knew
            migrating.migrate()

    def _as_its_owner(self) -> AbstractContextManager[None]:
        """Our own server holds the databases of tests besides: so this one is backed up as one of another server."""
        owner = {"NAME": self.name, "USER": "hk_owner", "HOST": str(self.running.folder), "PORT": "", "PASSWORD": ""}
        return override_settings(HOSTKEEP=replace(settings.HOSTKEEP, embedded=False, owner=owner))


@contextmanager
def kept_in(folder: Path, *, running: postgres.Server, name: str, services: int, days: int) -> Iterator[Keeping]:
    """Keep a year in a folder, alone, until the block ends; the settings are then as they were.

    Raises CannotGoOn where another process plays with this folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = settings.HOSTKEEP
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotGoOn(f"another process plays a year that it keeps in {folder}") from None
        try:
            yield Keeping(folder.resolve(), running, name, services, days)
        finally:
            settings.HOSTKEEP = before


def _unknown() -> list[str]:
    """The migrations that a database has and the code has not."""
    loader = MigrationLoader(connection)
    return [".".join(each) for each in sorted(loader.applied_migrations.keys() - loader.disk_migrations.keys())]


def _onto_the_disk(folder: Path) -> None:
    """Wait until all of a folder stands on the disk."""
    for place, _, files in os.walk(folder):
        for name in files:
            with (Path(place) / name).open("rb") as file:
                os.fsync(file.fileno())
        keys.sync(Path(place))
