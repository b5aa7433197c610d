"""`hostkeep backup` and `hostkeep restore`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from hostkeep.faces.cli.keeping import say
from hostkeep.faces.cli.setting_up import catch_up, ready, ready_and_checked
from hostkeep.kernel.act import Act
from hostkeep.runtime import backups, postgres
from hostkeep.runtime.backups import BadBackup

FACTS = ("kind", "taken_at", "keys", "erasure_ledger")
"""What a restore needs to be told by a manifest."""

LEDGER = ("number", "head")
"""What a manifest says of the erasure ledger."""

OTHER_SORT = {
    "base": "it was taken of the database in a data folder, and HOSTKEEP_DATABASE_URL is set; "
            "unset it, and set HOSTKEEP_DATA to a new folder",
    "dump": "it was taken of a database of your own; "
            "set HOSTKEEP_DATABASE_URL and HOSTKEEP_OWNER_DATABASE_URL to an empty one",
}  # fmt: skip
UNKNOWN_SORT = "its manifest names a sort of backup that this release does not know"


def backup(folder: str) -> int:
    """Back the database up, with a manifest that also says how far the erasure ledger and the book were."""
    ready_and_checked()
    into = Path(folder).resolve()
    take(into)
    say(f"Backed up into {into}.")
    say("The keyring is not in it: keep a copy of that elsewhere (hostkeep keys escrow).")
    return 0


def take(into: Path) -> None:
    """Take a backup of the running database.  Raises BadBackup."""
    from hostkeep.audit import checkpoints
    from hostkeep.runtime import clock
    from hostkeep.vault import erasure_ledger, key_folders

    if into.exists() and any(into.iterdir()):
        raise BadBackup(why=f"{into} is not empty")
    if into.is_relative_to(settings.HOSTKEEP.keyring.resolve()):
        raise BadBackup(why="a backup must not lie beside the keys")
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    into.chmod(0o700)
    end, last = erasure_ledger.head(), checkpoints.newest()
    if settings.HOSTKEEP.embedded:
        backups.take_base(postgres.start(settings.HOSTKEEP.data), into)
    else:
        backups.take_dump(settings.HOSTKEEP.owner, into)
    facts = {
        "kind": "base" if settings.HOSTKEEP.embedded else "dump",
        "taken_at": clock.now().isoformat(),
        "keys": key_folders.proofs(),
        "erasure_ledger": {"number": end.number, "head": end.head},
        "audit_checkpoint": last.note if last else None,
    }
    backups.write_manifest(into, facts)


def restore(folder: str) -> int:
    """Restore a backup; it opens when every erasure of the ledger is carried out in it.

    Where it cannot be restored, that is said before anything is touched: data folder, database and keyring.
    """
    django.setup()
    from hostkeep.vault import epochs, key_folders

    place = Path(folder).resolve()
    facts = backups.read_manifest(place, tells=FACTS)
    if not _are_ours(facts):
        raise backups.altered(place)
    _demand_room(facts)
    ended = key_folders.demand_for_backup(facts["keys"])
    key_folders.demand_ledger(**facts["erasure_ledger"])
    for epoch in ended:
        epochs.readmit(epoch)
    try:
        lay(place)
    except BaseException:
        if ended:  # what came out of escrow ends again
            epochs.end(ended)
        raise
    ready()
    lines = _replay()
    say(f"Restored what was backed up at {facts['taken_at']}; {lines} erasures since then were carried out.")
    say("It is open.  Start: hostkeep serve, hostkeep worker")
    return 0


def _are_ours(facts: Mapping[str, Any]) -> bool:
    """Say whether the facts of a manifest have the shapes that `take` writes."""
    try:
        keys = [
            (int(number), bytes.fromhex(told["nonce"]), bytes.fromhex(told["proof"]))
            for number, told in facts["keys"].items()
        ]
        number, head = facts["erasure_ledger"]["number"], facts["erasure_ledger"]["head"]
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    texts = all(isinstance(each, str) for each in (head, facts["kind"], facts["taken_at"]))
    return bool(keys) and texts and isinstance(number, int) and len(facts["erasure_ledger"]) == len(LEDGER)


def lay(place: Path) -> None:
    """Lay the data of a backup where the environment says.  Raises BadBackup."""
    if settings.HOSTKEEP.embedded:
        backups.restore_base(place, settings.HOSTKEEP.data)
    else:
        backups.restore_dump(place, settings.HOSTKEEP.owner)


def _demand_room(facts: Mapping[str, Any]) -> None:
    """Refuse a backup that is made for another sort of place, and a place that holds something.

    Raises BadBackup.
    """
    if (facts["kind"] == "base") != settings.HOSTKEEP.embedded:
        raise BadBackup(why=OTHER_SORT.get(facts["kind"], UNKNOWN_SORT))
    if settings.HOSTKEEP.embedded:
        backups.demand_empty(settings.HOSTKEEP.data)


def _replay() -> int:
    """Carry the ledger out, then seal everything anew, so that keys taken from escrow end again."""
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.vault import rolling
    from hostkeep.vault.sealing import check_keyring

    check_keyring()
    lines = catch_up()
    act = act_of_operator()
    done = rolling.finish(act)
    if done.ended:
        sys.stderr.write(f"hostkeep: sealed anew under epoch {done.epoch}\n")
    _let_go_and_go_on(act)
    return lines


def _let_go_and_go_on(act: Act) -> None:
    """Let go what fell due since the backup, and let the book go on from where it stands now.

    The ledger names what was erased before its time; all else is due by the dates inside the backup.
    """
    from hostkeep.audit.checkpoints import begin_again
    from hostkeep.flows import closing, sweeping

    gone = sweeping.sweep(act) + closing.sweep_due(act)
    lost = begin_again(act)
    sys.stderr.write(f"hostkeep: {gone} things were past their time and are gone\n")
    if lost:
        sys.stderr.write(
            f"hostkeep: the log ends {lost} entries earlier than its newest checkpoint; it begins again,"
            " and what was signed stays beside the keys\n"
        )
