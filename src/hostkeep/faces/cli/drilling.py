"""`hostkeep drill restore`: a restore for practice, beside the living system and without touching it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from django.conf import settings

from hostkeep.faces.cli import backing_up
from hostkeep.faces.cli.keeping import say
from hostkeep.faces.cli.setting_up import ready_and_checked
from hostkeep.runtime import backups, postgres

SCRATCH = "hkdrill-"


def drill_restore() -> int:
    """Back up, erase a planted value, restore beside, look: the erased must not open, another must.

    Enters the outcome, so that the promise ledger can show its age.  Only where the server is our own.
    """
    ready_and_checked()
    from hostkeep.brands.queries import all_brands
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.vault import drills, erasing

    if not settings.HOSTKEEP.embedded:
        sys.stderr.write("hostkeep: the drill needs the embedded server; practise yours on your own\n")
        return 2
    began = time.monotonic()
    brand = all_brands()[0].id
    act = act_of_operator(brand=brand, purpose="account").in_role("system")
    gone, lives = drills.plant(act), drills.plant(act)
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=_room()))
    try:
        backing_up.take(scratch / "backup")
        erasing.erase(act, subject=gone, classes=drills.classes(act), why="drill")
        seen = _restored(scratch, brand, [gone, lives])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        erasing.erase(act, subject=lives, classes=drills.classes(act), why="drill")
    good = seen == [False, True]
    seconds = round(time.monotonic() - began)
    drills.enter_outcome(act, good=good, seconds=seconds)
    say(f"{'Good' if good else 'NOT GOOD'}: restored in {seconds / 60:.1f} minutes; " + _said(seen))
    return 0 if good else 1


def _said(seen: Sequence[bool]) -> str:
    """Say in words what opened."""
    erased = "OPENED" if seen[0] else "stayed shut"
    living = "opened" if seen[1] else "did NOT open"
    return f"what was erased {erased}, what lives {living}"


def _room() -> Path:
    """Return a folder with room for a scratch cluster whose path is short enough for a socket."""
    here: Path = settings.HOSTKEEP.data
    short = len(bytes(here)) + len(SCRATCH) + len("12345678/data/postgres/") < postgres.LONGEST_PATH
    return here if short else Path(tempfile.gettempdir())


def _restored(scratch: Path, brand: str, subjects: Sequence[UUID]) -> list[bool]:
    """Restore the backup into a cluster of its own; say of each planted value whether it opens there."""
    data = scratch / "data"
    backups.read_manifest(scratch / "backup")
    backups.restore_base(scratch / "backup", data)
    try:
        handles = [str(subject) for subject in subjects]
        argv = [sys.executable, "-m", "hostkeep.project.main", "drill", "look", "--brand", brand, *handles]
        environ = {
            **os.environ, "HOSTKEEP_DATA": str(data), "HOSTKEEP_KEYRING": str(settings.HOSTKEEP.keyring),
            "HOSTKEEP_SECRET_KEY": settings.SECRET_KEY,
        }  # fmt: skip
        done = subprocess.run(argv, env=environ, check=False, capture_output=True, text=True)  # noqa: S603  ours
        if done.returncode:
            raise backups.BadBackup(why=done.stderr.strip().rsplit("\n", 1)[-1])
        seen: list[bool] = json.loads(done.stdout)
        return seen
    finally:
        _stop(data)


def _stop(data: Path) -> None:
    """Stop the scratch cluster, if it runs."""
    lock = postgres.folder_of(data) / "postmaster.pid"
    with suppress(FileNotFoundError, ValueError):
        pid = int(lock.read_text(encoding="ascii").split("\n", 1)[0])
        postgres.stop(postgres.Server(postgres.folder_of(data), pid))


def look(brand: str, subjects: Sequence[str]) -> int:
    """Carry the ledger out and print, as JSON, which planted values open."""
    ready_and_checked()
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId, SubjectId
    from hostkeep.vault import drills

    act = act_of_operator(brand=BrandId(brand))
    say(json.dumps([drills.opens(act, subject=SubjectId(UUID(subject))) for subject in subjects]))
    return 0
