"""Whether a folder holds the keys that something was sealed under, said in words that tell what to do.

Nothing is made or changed here: a folder that is the wrong one stays as it is.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop
from hostkeep.vault import epochs, erasure_ledger, keys

NAMED = "HOSTKEEP_KEYRING, or else the folder keys in HOSTKEEP_DATA"


class WrongFolder(keys.WrongKeyring):
    """The keyring folder of the environment is not this database's.  Facts: folder, and why, a sentence."""

    code = "vault.keyring.wrong_folder"
    title = gettext_noop(
        "The keyring folder does not belong to this database; nothing in it would open. "
        "Looked in {folder}: {why} "
        "Set HOSTKEEP_KEYRING to the folder this database was sealed with, or put your copy of it there."
    )


class NotTheKeys(Foreseen):
    """The keys of a backup are not where the environment says.  Facts: why, some sentences."""

    code = "vault.keyring.not_the_backups"
    title = gettext_noop("Nothing was restored: the keys of this backup are not here. {why}")
    status = 409


def proofs() -> dict[str, dict[str, str]]:
    """Return by what a backup knows its keys again: by epoch a nonce, and its HMAC under the key; hex."""
    told = {}
    for epoch in keys.epochs():
        nonce = keys.new_data_key()
        told[str(epoch)] = {"nonce": nonce.hex(), "proof": keys.proof_of(nonce, epoch=epoch).hex()}
    return told


def fault_of(place: Path, epoch: int, *, nonce: bytes, proof: bytes) -> str:
    """Say in a sentence why a folder does not hold the key of an epoch; empty: it does.

    proof  HMAC of the nonce under that key
    """
    if not place.is_dir():
        return "there is no such folder."
    there = keys.epochs_in(place)
    name = keys.key_name(epoch)
    if epoch not in there:
        held = ", ".join(map(keys.key_name, there))
        return f"it holds {held}, and not {name}." if there else "it holds no key."
    try:
        key = (place / name).read_bytes()
    except OSError as error:
        return f"{name} cannot be read ({error.strerror})."
    if len(key) != keys.KEY_BYTES:
        return f"{name} is not whole: {len(key)} bytes, where a key has {keys.KEY_BYTES}."
    if not hmac.compare_digest(keys.proof_by(key, nonce), proof):
        return f"{name} is another key of the same number, as of another installation."
    return ""


def demand_for_database(epoch: int, *, nonce: bytes, proof: bytes) -> None:
    """Refuse a keyring folder that does not hold the key a database names.  Raises WrongFolder."""
    place = keys.folder()
    why = fault_of(place, epoch, nonce=nonce, proof=proof) or _fault_of_list(epoch)
    if why:
        raise WrongFolder(folder=str(place), why=why)


def demand_for_backup(known: Mapping[str, Mapping[str, Any]]) -> tuple[int, ...]:
    """Look for the keys of a backup, in the keyring and then in escrow; return the epochs to take from there.

    known  as `proofs` gave it when the backup was taken
    Raises NotTheKeys, which says where it looked, what it expected and what to do.
    """
    taken = []
    for number, told in sorted(known.items()):
        epoch, bound = int(number), {name: bytes.fromhex(told[name]) for name in ("nonce", "proof")}
        why = fault_of(keys.folder(), epoch, **bound) or _fault_of_list(epoch)
        if not why:
            continue
        if not _has_ended(epoch):
            _refuse(why, _advice(epoch))
        if in_escrow := _fault_in_escrow(epoch, **bound):
            _refuse(f"{why} {in_escrow}", _advice_of_ended(epoch))
        taken.append(epoch)
    return tuple(taken)


def demand_ledger(*, number: int, head: str) -> None:
    """Refuse an erasure ledger that is not the one a backup knows, or a shorter one.  Raises LedgerBroken.

    number, head  as erasure_ledger.head() gave them when the backup was taken
    """
    if why := _fault_of_ledger(number, head):
        told = f"Nothing was restored; looked at {erasure_ledger.path()}: {why}."
        raise erasure_ledger.LedgerBroken(why=told)


def _fault_of_ledger(number: int, head: str) -> str:
    """Say why the erasure ledger is not the one that had such an end once; empty: it is."""
    try:
        there = erasure_ledger.head().number
        if there < number:
            return f"it has {there} lines, and the backup knows {number}"
        for _ in erasure_ledger.lines_after(number, head):
            pass  # the chain is checked on the way
    except erasure_ledger.LedgerBroken as error:
        return str(error.facts["why"])
    return ""


def _refuse(why: str, advice: str) -> NoReturn:
    """Say where the keyring was looked for, what is wrong, and what to do.  Raises NotTheKeys."""
    raise NotTheKeys(why=f"Looked in {keys.folder()} ({NAMED}): {why} {advice}")


def _listed() -> frozenset[int] | None:
    """Return the epochs on the keyring's list: none where there is no list yet, None if it is unreadable."""
    if not (keys.folder() / keys.LIST).exists():
        return frozenset()
    try:
        return frozenset(keys.ring().epochs)
    except keys.WrongKeyring:
        return None


def _fault_of_list(epoch: int) -> str:
    """Say why the keyring's list does not let an epoch be read; empty: it does, or will once it is made."""
    listed = _listed()
    if listed is None:
        return f"{keys.LIST} is not readable."
    return f"{keys.LIST} does not name epoch {epoch}." if listed and epoch not in listed else ""


def _has_ended(epoch: int) -> bool:
    """Say whether the keyring has gone on from an epoch."""
    listed = _listed() or frozenset()
    return epoch not in listed and epoch < max(listed, default=0)


def _fault_in_escrow(epoch: int, *, nonce: bytes, proof: bytes) -> str:
    """Say in a sentence why the key of an ended epoch cannot come out of escrow; empty: it can."""
    place = epochs.escrow_folder()
    if place is None:
        return "HOSTKEEP_KEYRING_ESCROW, the folder of copies of ended keys, is not set."
    why = fault_of(place, epoch, nonce=nonce, proof=proof)
    return f"Looked in {place} (HOSTKEEP_KEYRING_ESCROW): {why}" if why else ""


def _advice(epoch: int) -> str:
    """Say what to do where the folder is not the keyring of the backup's installation."""
    return (
        f"Expected: {keys.key_name(epoch)}, {keys.LIST} and {erasure_ledger.NAME} of the installation that "
        "took the backup. Set HOSTKEEP_KEYRING to its keyring folder, or to the copy that "
        "hostkeep keys escrow made."
    )


def _advice_of_ended(epoch: int) -> str:
    """Say what to do where a roll ended the key of a backup."""
    return (
        "The backup was taken before a roll ended that key. Set HOSTKEEP_KEYRING_ESCROW to the folder with "
        f"{keys.key_name(epoch)}, or restore a backup taken since the roll. Where the copy is destroyed too, "
        "nobody opens this backup any more: so it is promised."
    )
