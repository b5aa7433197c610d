"""While a restored database is behind the erasure ledger, nothing of it is served or worked."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from hostkeep.faces.cli import setting_up
from hostkeep.faces.ui import beating
from hostkeep.vault import destroying, erasure_ledger, replaying
from hostkeep.vault.models import SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import NOON
from tests.rooms.vault.test_erasing import opens, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def behind(db: None, monkeypatch: pytest.MonkeyPatch):
    """A person whose erasure stands in the ledger and not in the database."""
    ann = person()
    with opened():
        key = SubjectKey.objects.get(subject=ann)
    with erasure_ledger.alone():
        erasure_ledger.add(at=NOON, erasure=uuid4(), data_keys=[key.id])
    monkeypatch.setattr(replaying, "_open", [])
    return ann


@pytest.mark.parametrize("path", ["/", "/auth/login/", "/account/", "/api/v1/account", "/health/ready", "/privacy/", "/static/x.css"])
def test_everything_but_the_sign_of_life_answers_503_in_plain_words(behind, path: str) -> None:
    answer = Client(headers={"host": "vps6.localhost"}).get(path)
    assert answer.status_code == 503
    assert "Maintenance" in answer.content.decode() and "Bảo trì" in answer.content.decode()
    assert answer["Retry-After"]


def test_the_process_still_says_that_it_lives(behind) -> None:
    assert Client(headers={"host": "vps6.localhost"}).get("/health/live").status_code == 200


def test_a_beat_replays_and_the_house_opens_by_itself(behind) -> None:
    beating.beat_once(uuid4(), "web")
    assert not opens(behind)
    assert Client(headers={"host": "vps6.localhost"}).get("/").status_code == 200


def test_a_worker_waits_until_it_is_replayed(behind, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = []

    def replay(_seconds: float) -> None:
        turns.append(1)
        beating.beat_once(uuid4(), "worker")

    monkeypatch.setattr(beating.time, "sleep", replay)
    beating.wait_until_open()
    assert turns == [1] and not opens(behind)


def test_a_ledger_that_was_cut_is_not_served_past(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from hostkeep.vault import erasing
    from tests.conftest import make_act

    ann = person()
    erasing.erase(make_act(), subject=ann, classes=frozenset({"account"}), why="request")
    erasure_ledger.path().unlink()
    monkeypatch.setattr(replaying, "_open", [])
    assert Client(headers={"host": "vps6.localhost"}).get("/").status_code == 503
    with pytest.raises(erasure_ledger.LedgerBroken):
        beating.wait_until_open()


def test_a_line_that_cannot_be_carried_out_keeps_a_restored_house_closed_until_a_beat_can(
    behind, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(act, line, **more):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(destroying, "carry_out", breaks)
        for _ in range(2):
            beating.beat_once(uuid4(), "web")
            assert Client(headers={"host": "vps6.localhost"}).get("/").status_code == 503
        with pytest.raises(replaying.Maintenance):
            setting_up.catch_up()
        assert f"{erasure_ledger.path()} cannot be carried out: 1" in capsys.readouterr().err
    beating.beat_once(uuid4(), "web")
    assert not opens(behind)
    assert Client(headers={"host": "vps6.localhost"}).get("/").status_code == 200
