"""The book to the outside: its checkpoint and its key, on every host, as text that programs read."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client

from hostkeep.audit import checkpoints
from tests.conftest import ROOT, make_act

HOSTS = ["localhost", *sorted(f"{folder.name}.localhost" for folder in (ROOT / "brands").iterdir())]


@pytest.fixture
def keyring(tmp_path, settings):
    settings.HOSTKEEP = replace(settings.HOSTKEEP, keyring=tmp_path)


def test_before_the_first_checkpoint_one_is_asked_to_come_back(db, keyring) -> None:
    answer = Client().get("/.well-known/audit-checkpoint", headers={"host": "localhost"})
    assert (answer.status_code, answer["Retry-After"]) == (404, "60")


def test_every_host_gives_the_same_checkpoint_and_the_key_that_signed_it(db, keyring) -> None:
    checkpoints.seal_all(make_act())
    notes, keys = set(), set()
    for host in HOSTS:
        answer = Client().get("/.well-known/audit-checkpoint", headers={"host": host})
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8"), host
        assert not answer.cookies
        notes.add(answer.content.decode())
        keys.add(Client().get("/.well-known/audit-key", headers={"host": host}).content.decode())
    (note,), (key,) = notes, keys
    name, _, public = key.strip().split("+", 2)
    text, _, tail = note.rpartition("\n\n")
    signature = base64.b64decode(tail.split(" ")[2])[4:]
    Ed25519PublicKey.from_public_bytes(base64.b64decode(public)[1:]).verify(signature, f"{text}\n".encode())
    assert note.split("\n")[0] == name
    assert int(note.split("\n")[1]) > 0


def test_nothing_can_be_posted_to_it(db) -> None:
    for path in ("/.well-known/audit-checkpoint", "/.well-known/audit-key"):
        answer = Client().post(path, headers={"host": "vps6.localhost", "Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 405
