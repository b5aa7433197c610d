"""A restored house opens for nobody who was erased since the backup, also where no worker runs."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from hostkeep.faces.cli import setting_up
from hostkeep.faces.ui import beating
from hostkeep.flows import closing, sweeping
from hostkeep.people.models import Account, LoginAddress, User
from hostkeep.runtime import clock, outbox
from hostkeep.vault import erasure_ledger, replaying
from hostkeep.vault.events import KeysDestroyed
from hostkeep.vault.models import SubjectKey
from hostkeep.vault.wall import opened
from tests.faces.client.conftest import PASSWORD
from tests.faces.client.test_closing import BRANDS, signs_in
from tests.flows.leaving import Leaver
from tests.rooms.vault.test_erasing import state_of

pytestmark = pytest.mark.django_db

WAYS: dict[str, Callable[[], object]] = {
    "a command": setting_up.catch_up,
    "a server": lambda: beating.beat_once(uuid4(), "web"),
}


def erased_since_the_backup(who: Leaver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the erasure of all that somebody has on the ledger, and not in the database."""
    with opened():
        data_keys = list(SubjectKey.objects.filter(subject=who.subject).values_list("id", flat=True))
    with erasure_ledger.alone():
        erasure_ledger.add(at=clock.now(), erasure=uuid4(), data_keys=data_keys)
    monkeypatch.setattr(replaying, "_open", [])


def status_of(brand: str) -> int:
    return Client(headers={"host": f"{brand}.localhost"}).get("/auth/login/").status_code


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("brand", BRANDS)
def test_before_any_worker_ran_nobody_signs_in_as_who_was_erased_since(
    brand: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, binh = Leaver(brand), Leaver(brand, "binh")
    assert signs_in(ann)[1].status_code == 302
    erased_since_the_backup(ann, monkeypatch)
    assert status_of(brand) == 503

    WAYS[way]()

    assert status_of(brand) == 200
    assert signs_in(ann)[1].status_code == 200, "refused on the page"
    assert ann.get("/account/").status_code == 302, "the browser that was signed in is not any more"
    login = User.objects.get(pk=ann.user)
    assert (login.is_active, login.has_usable_password(), login.check_password(PASSWORD)) == (False, False, False)
    assert not LoginAddress.objects.filter(user=login).exists()
    assert Account.objects.get(pk=ann.account_id).state == "closed"
    assert sweeping.absent(subject=ann.subject, words=(ann.email,)) == {}
    assert signs_in(binh)[1].status_code == 302


def test_while_a_login_cannot_be_ended_the_house_stays_closed_and_nothing_is_half_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = Leaver("vps6")
    erased_since_the_backup(ann, monkeypatch)

    def breaks(act: object, event: object) -> None:
        raise ZeroDivisionError

    name = outbox.name_of(closing.on_keys_destroyed)
    with monkeypatch.context() as patch:
        patch.setitem(outbox._handlers[KeysDestroyed.__qualname__], name, breaks)
        for _ in range(2):
            beating.beat_once(uuid4(), "web")
            assert (status_of("vps6"), state_of(ann.subject)) == (503, "live")
    beating.beat_once(uuid4(), "web")
    assert (status_of("vps6"), state_of(ann.subject)) == (200, "destroyed")
    assert signs_in(ann)[1].status_code == 200
