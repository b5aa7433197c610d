"""Small seals for the rooms above: login addresses, sessions, cache keys.  The keys stay behind the wall."""

from __future__ import annotations

from hostkeep.vault import cipher, key_folders, keys
from hostkeep.vault.models import Keyring
from hostkeep.vault.wall import opened

BrokenSeal = cipher.BrokenSeal
seal_login = cipher.seal_login
unseal_login = cipher.unseal_login
reseal_login = cipher.reseal_login
forms_of_login = cipher.forms_of_login
is_sealed_login = cipher.is_sealed_login
seal_for = cipher.seal_for
unseal_for = cipher.unseal_for
epoch_of = cipher.epoch_of
keyed_hash = cipher.keyed_hash
dated_hash = cipher.dated_hash
dated_hashes = cipher.dated_hashes
date_of = cipher.date_of


def check_keyring() -> None:
    """Prove that the keyring folder is the one this database was sealed with; put the proof down at first.

    A folder that is not is left as it is found: no key is made in it.  Raises WrongFolder.
    """
    with opened():
        row = Keyring.objects.filter(id=1).first()
        if row is None:
            epoch, nonce = keys.current_epoch(), keys.new_data_key()
            fresh = Keyring(id=1, epoch=epoch, nonce=nonce, proof=keys.proof_of(nonce, epoch=epoch))
            Keyring.objects.bulk_create([fresh], ignore_conflicts=True)
            return
    key_folders.demand_for_database(row.epoch, nonce=bytes(row.nonce), proof=bytes(row.proof))
