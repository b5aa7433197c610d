"""Sessions: sealed, hashed, of one brand, ended by the server."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.kernel.ids import BrandId
from hostkeep.people.models import Session
from hostkeep.people.sessions import SessionStore
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock

VPN, VPS6 = BrandId("vpn"), BrandId("vps6")


def begun(brand: BrandId = VPN, **content: str) -> str:
    with running_brand.during(brand):
        store = SessionStore()
        store.update(content or {"seen": "canary-session"})
        store.create()
        assert store.session_key
        return store.session_key


def read(key: str, brand: BrandId = VPN) -> dict:
    with running_brand.during(brand):
        return dict(SessionStore(key).items())


def test_content_comes_back(db: None) -> None:
    assert read(begun()) == {"seen": "canary-session"}


def test_neither_identifier_nor_content_stands_in_the_table(db: None) -> None:
    key = begun()
    row = repr(Session.objects.values().get())
    assert key not in row
    assert "canary" not in row


def test_another_brand_has_no_such_session(db: None) -> None:
    assert read(begun(VPN), VPS6) == {}


def test_an_idle_session_ends_as_the_policy_says(db: None) -> None:
    key = begun(VPN)
    row = Session.objects.get()
    assert row.expires_at - row.used_at == timedelta(minutes=20)
    Session.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert read(key) == {}


def test_use_moves_the_end_and_an_old_use_is_noticed(db: None) -> None:
    key = begun(VPN)
    past = clock.now() - timedelta(minutes=5)
    Session.objects.update(used_at=past, expires_at=past + timedelta(minutes=20))
    read(key)
    assert Session.objects.get().expires_at > clock.now() + timedelta(minutes=19)


def test_an_ended_identifier_is_never_taken_again(db: None) -> None:
    key = begun()
    with running_brand.during(VPN):
        SessionStore(key).delete()
        again = SessionStore(key)
        assert dict(again.items()) == {}
        again["x"] = "y"
        again.save()
        assert again.session_key != key
    assert read(key) == {}


def test_a_moved_or_altered_box_is_an_empty_session(db: None) -> None:
    key = begun()
    box = Session.objects.get().box
    Session.objects.update(box=box[:-6] + ("A" * 6))
    assert read(key) == {}


@pytest.mark.parametrize("key", ["", "x", "'; drop table people_session; --", "a" * 5000])
def test_nonsense_is_no_session(db: None, key: str) -> None:
    assert read(key) == {}
