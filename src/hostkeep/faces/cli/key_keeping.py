"""`hostkeep keys`: show, held, roll, escrow."""

from __future__ import annotations

import shutil
from pathlib import Path

from hostkeep.faces.cli.keeping import say
from hostkeep.faces.cli.setting_up import ready_and_checked
from hostkeep.runtime.backups import BadBackup


def show() -> int:
    """Say which epochs there are and when the next roll is due."""
    ready_and_checked()
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.vault import epochs, held_keys, rolling

    act = act_of_operator()
    first, *others = epochs.readable()
    say(f"epoch {first} is written under since {rolling.begun_at().isoformat(timespec='minutes')}")
    if others:
        say(f"a roll is under way; read as well: {', '.join(map(str, others))}")
    say(f"the next roll is due at {(rolling.begun_at() + rolling.life(act)).isoformat(timespec='minutes')}")
    copies = [str(number) for number, _ in epochs.escrowed()]
    if epochs.escrow_folder():
        days = rolling.escrow_time(act).days
        say(f"in escrow: {', '.join(copies) or 'nothing'}; destroyed {days} days after the epoch ended")
    else:
        say("no escrow folder (HOSTKEEP_KEYRING_ESCROW): only a backup since the last roll can be restored")
    if kept := len(held_keys.held_keys(act.at)):
        say(f"{kept} keys are due to be destroyed and kept by a hold; which: hostkeep keys held")
    return 0


def held() -> int:
    """Say which keys are due and cannot be destroyed, and name the hold that keeps each."""
    ready_and_checked()
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.vault.held_keys import held_keys

    found = held_keys(act_of_operator().at)
    for key in found:
        since = f" since {key.since.date().isoformat()}" if key.since else ""
        say(f"{key.brand} {key.subject} {key.keep_class}: due{since}")
        for hold in key.holds:
            secret = ", secret: the person must not be told" if hold.secret else ""
            day = hold.review_at.date().isoformat()
            review = "overdue for review since" if hold.overdue else "review by"
            say(f"  kept by hold {hold.id} ({hold.basis}, case {hold.case}, {review} {day}{secret})")
        if not key.holds:
            say("  no hold keeps it any more: the next sweep destroys it")
    if not found:
        say("no key is kept by a hold")
    return 0


def roll() -> int:
    """Begin a new epoch, seal everything anew, destroy the old key."""
    ready_and_checked()
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.vault import rolling

    done = rolling.roll(act_of_operator())
    rows = sum(done.resealed.values())
    say(f"epoch {done.epoch}: {done.rewrapped} data keys wrapped and {rows} other rows sealed anew")
    say(f"destroyed: {', '.join(f'epoch {n}' for n in done.ended) or 'nothing'}; take a backup now")
    return 0


def escrow(folder: str) -> int:
    """Copy the keyring and the erasure ledger into a folder that the operator keeps elsewhere."""
    ready_and_checked()
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.vault import epochs, rolling

    into = Path(folder).resolve()
    if into.exists() and any(into.iterdir()):
        raise BadBackup(why=f"{into} is not empty")
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    into.chmod(0o700)
    for path in epochs.files_to_keep():
        shutil.copy2(path, into / path.name)
        (into / path.name).chmod(0o600)
    act = act_of_operator()
    until = rolling.begun_at() + rolling.life(act) + rolling.escrow_time(act)
    say(f"Copied into {into}.  Destroy this copy by {until.date().isoformat()}:")
    say("until then it could open what was erased in a backup, and the policy promises that nothing can.")
    return 0
