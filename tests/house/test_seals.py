"""Whoever seals or hashes with an epoch's key outlives a roll, or says why it need not."""

from __future__ import annotations

import re

from hostkeep.people import resealing
from hostkeep.vault import rolling
from tests.house.test_house import ROOT, files

WORDS = "seal_for|seal_login|seal_column|keyed_hash|dated_hash|key_for|key_of"
USES = re.compile(
    rf"\b(?:cipher|sealing|keys)\.(?:{WORDS})\(|from hostkeep\.vault\.(?:cipher|sealing|keys) import .*\b(?:{WORDS})\b"
)

TAKEN_ALONG = {
    "people/fields.py": "people.logins",
    "faces/signin/secondfactor.py": "people.second_factors",
    "people/sessions.py": "people.sessions",
    "people/actions/addresses.py": "people.passing_addresses",
    "people/api_calls.py": "people.api_calls",
    "vault/columns.py": "vault.columns",
    "vault/column_epochs.py": "vault.columns",
    "vault/nyms.py": "vault.nyms",
    "vault/marks.py": "vault.marks",
}
"""File and the place that the roll of the keys knows it by."""

NEED_NOT = {
    "people/cachekeys.py": "a key of the cache: with the next epoch the entry is not found, and runs out",
    "faces/signin/adapter.py": "part of a rate limit's cache key, of the day",
    "vault/nodes.py": "derived to prove that a key was read, and used for nothing",
    "people/resealing.py": "what the roll calls",
    "billing/queries/number_checks.py": "marks of tax numbers: those of an older key are looked at again, and asked about anew",
    "vault/grounds.py": "a ticket handed over within the same minute; with the next epoch it is asked for again",
    "vault/disclosing.py": "proves in a dispute what a package held; after the roll nobody can guess its content from it",
}


def test_whoever_uses_an_epochs_key_is_taken_along_by_the_roll_or_says_why_not() -> None:
    users = {
        str(path.relative_to(ROOT)) for path in files()
        if USES.search(path.read_text(encoding="utf-8")) and path.name not in {"keys.py", "cipher.py"}
    }
    assert users - TAKEN_ALONG.keys() - NEED_NOT.keys() == set()


def test_every_place_named_here_is_one_that_the_roll_knows() -> None:
    assert set(TAKEN_ALONG.values()) <= rolling.places()
    assert set(resealing.PLACES) <= rolling.places()
    assert rolling.places() == set(TAKEN_ALONG.values())
