"""The login address changes: asked with the password, confirmed by the new mailbox, told to the old one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import HttpResponse

from hostkeep.faces.client.addresses import new_address_path
from hostkeep.faces.client.closed import closed_path
from hostkeep.faces.signin.links import reset_path
from hostkeep.flows import addressing
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.messaging import links
from hostkeep.messaging.calls import handing
from hostkeep.people.errors import AccountNotOpen
from hostkeep.people.events import AddressChanged
from hostkeep.people.models import LoginAddress, PassingAddress
from hostkeep.people.queries import login_of_address
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from hostkeep.runtime.models import Event
from hostkeep.vault import archive
from hostkeep.vault.models import Item
from hostkeep.vault.wall import opened
from tests.conftest import make_act
from tests.faces.client.test_keys_page import proves
from tests.faces.shop.conftest import Browser, hidden, text
from tests.flows.leaving import Leaver, carries, link_in
from tests.flows.test_mailing import FakeMailer

pytestmark = pytest.mark.django_db

HERE = "/account/profile/email/"
NEW = "ann.new@example.test"


@pytest.fixture(autouse=True)
def mailer(monkeypatch) -> Iterator[FakeMailer]:
    fake = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: fake])
    monkeypatch.setattr(
        links, "_makers", {"account/closed": closed_path, "account/new_address": new_address_path}
    )
    return fake


def asks(who: Leaver, address: str = NEW) -> HttpResponse:
    """Ask for a new address on its page, the password given on the way where it is asked."""
    answer = who.sends(who.get(HERE), HERE, email=address)
    return proves(who, answer) if answer.headers.get("Location", "").startswith("/auth/reauth") else answer


def tells(who: Leaver) -> None:
    """A worker takes what the change told, and lets the mail leave."""
    act = make_act("system", brand=who.brand, at=clock.now())
    for event in Event.objects.filter(kind="AddressChanged"):
        addressing.on_address_changed(act, AddressChanged(**{k: UUID(v) for k, v in event.body.items()}))
    carries(who.brand)


def changes(who: Leaver, mailer: FakeMailer, address: str = NEW) -> str:
    """The whole way; return the path of the link."""
    asks(who, address)
    carries(who.brand)
    path = link_in(mailer)
    page = Browser(who.brand).get(path)
    assert Browser(who.brand).post(path, **hidden(page, path)).status_code == 200
    tells(who)
    return path


def login_at(brand: str, address: str) -> object:
    with running_brand.during(BrandId(brand)):
        return login_of_address(address)


def test_a_new_address_counts_once_its_mailbox_confirms_it(mailer) -> None:
    ann = Leaver("vps6")
    assert asks(ann).status_code == 302
    carries("vps6")
    assert mailer.read()["To"] == NEW
    assert login_at("vps6", ann.email) == ann.user, "not yet"

    path = link_in(mailer)
    page = Browser("vps6").get(path)
    assert page.status_code == 200 and login_at("vps6", NEW) is None, "opening the link changes nothing"
    assert NEW not in text(page)
    done = Browser("vps6").post(path, **hidden(page, path))

    assert done.status_code == 200
    assert login_at("vps6", NEW) == ann.user
    assert login_at("vps6", ann.email) is None
    assert ann.kept("email") == NEW
    assert LoginAddress.objects.filter(user_id=ann.user).count() == 1
    tells(ann)
    assert {mailer.read(n)["To"] for n in (-1, -2)} == {ann.email, NEW}
    assert not PassingAddress.objects.exists(), "of the old address nothing is kept once it was told"


def test_the_password_comes_first(mailer) -> None:
    ann = Leaver("vps6")
    answer = ann.sends(ann.get(HERE), HERE, email=NEW)
    assert answer.headers["Location"].startswith("/auth/reauthenticate/")
    assert not PassingAddress.objects.exists()
    proves(ann, answer, "wrong wrong wrong")
    assert not PassingAddress.objects.exists()
    carries("vps6")
    assert mailer.letters == []


def test_vpn_archives_each_old_address_and_other_brands_keep_none(mailer) -> None:
    ann = Leaver("vpn")
    changes(ann, mailer)
    changes(ann, mailer, "ann.third@example.test")
    act = ann.staff("billing", "dispute")
    kept = archive.archived(act, subject=ann.subject, category=CategoryId("email"), reason="a dispute")
    assert [row.value.open() for row in kept] == [ann.email, NEW]
    assert {row.why for row in kept} == {"changed"}


@pytest.mark.parametrize("brand", ["vpsfast", "vps6", "photonvps", "vietnam-server"])
def test_where_no_archive_names_it_the_old_address_is_gone(mailer, brand) -> None:
    ann = Leaver(brand)
    changes(ann, mailer)
    with opened():
        assert Item.objects.filter(subject=ann.subject, category="email").count() == 1
    assert not PassingAddress.objects.exists()


def test_a_new_password_leaves_no_old_hash_anywhere(mailer) -> None:
    ann = Leaver("vpn")
    model = get_user_model()
    old = model.objects.get(pk=ann.user).password
    login = model.objects.get(pk=ann.user)
    login.set_password("another good one")
    login.save()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE strpos(t::text, %s) > 0', [old])
            assert cursor.fetchone()[0] == 0, table


def test_a_link_works_once(mailer) -> None:
    ann = Leaver("vps6")
    path = changes(ann, mailer)
    assert Browser("vps6").get(path).status_code == 404
    assert Browser("vps6").post(path).status_code == 404


def test_an_old_a_forged_and_a_foreign_link_change_nothing(mailer) -> None:
    ann = Leaver("vps6")
    asks(ann)
    carries("vps6")
    path = link_in(mailer)
    assert Browser("vpn").post(path).status_code == 404
    assert Browser("vps6").post(f"{path[:-2]}{'A' if path[-2] != 'A' else 'B'}/").status_code == 404
    assert Browser("vps6").post(new_address_path(str(uuid4()))).status_code == 404
    PassingAddress.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert Browser("vps6").post(path).status_code == 404
    assert login_at("vps6", ann.email) == ann.user


def test_the_last_wish_counts(mailer) -> None:
    ann = Leaver("vps6")
    asks(ann, "first@example.test")
    carries("vps6")
    first = link_in(mailer)
    asks(ann, "second@example.test")
    assert Browser("vps6").post(first).status_code == 404
    assert login_at("vps6", "first@example.test") is None


def test_an_address_that_is_taken_gets_the_same_answer_and_its_owner_the_mail(mailer) -> None:
    ann, ben = Leaver("vps6", "ann"), Leaver("vps6", "ben")
    free = asks(ann)
    shown_free = text(ann.get(HERE))
    taken = asks(ann, ben.email)
    shown_taken = text(ann.get(HERE))
    assert (free.status_code, free.headers["Location"]) == (taken.status_code, taken.headers["Location"])
    assert shown_free == shown_taken
    carries("vps6")
    assert mailer.read()["To"] == ben.email
    assert "/account/profile/email/confirm/" not in mailer.read().get_body(("plain",)).get_content()
    assert login_at("vps6", ben.email) == ben.user


def test_an_address_taken_meanwhile_is_not_taken_over(mailer) -> None:
    ann = Leaver("vps6", "ann")
    asks(ann)
    carries("vps6")
    path = link_in(mailer)
    other = Leaver("vps6", "ann.new")
    assert Browser("vps6").post(path).status_code == 404
    assert login_at("vps6", NEW) == other.user


def test_one_address_may_be_a_login_at_two_brands(mailer) -> None:
    Leaver("vpn", "ann.new")
    ann = Leaver("vps6")
    changes(ann, mailer)
    assert login_at("vps6", NEW) == ann.user


@pytest.mark.parametrize("address", ["", "no address", "a@b", "x" * 130 + "@example.test", "ann@example.test"])
def test_what_is_no_new_address_is_refused_on_the_page(mailer, address) -> None:
    ann = Leaver("vps6")
    answer = asks(ann, address)
    assert answer.status_code == 422
    assert "One thing to put right" in text(answer)
    assert not PassingAddress.objects.exists()


def test_the_new_address_stands_nowhere_in_clear(mailer) -> None:
    ann = Leaver("vps6")
    asks(ann)
    with connection.cursor() as cursor:
        for table in ("people_passingaddress", "messaging_mail", "audit_entry", "runtime_event"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            assert NEW not in (cursor.fetchone()[0] or ""), table


def test_a_reset_asked_for_before_the_change_opens_nothing_after_it(mailer) -> None:
    ann = Leaver("vps6")
    with running_brand.during(BrandId("vps6")):
        reset = reset_path(str(ann.user))
    changes(ann, mailer)
    page = Browser("vps6").client.get(reset, follow=True, headers={"host": "vps6.localhost", "sec-fetch-site": "none"})
    assert "password1" not in text(page)


def test_an_account_that_is_closed_changes_no_address(mailer) -> None:
    ann = Leaver("vps6")
    asks(ann)
    row = PassingAddress.objects.get(use="new")
    ann.closes()
    with pytest.raises(AccountNotOpen):
        addressing.confirm(ann.act(), passing=row.id)
    with pytest.raises(AccountNotOpen):
        addressing.ask_for(
            ann.act(), user=ann.user, of=ann.account, address="x@example.test", once="1", language="en"
        )


def test_asking_again_and_again_is_slowed_down(mailer) -> None:
    ann = Leaver("vps6")
    met = [asks(ann, f"n{number}@example.test").status_code for number in range(7)]
    assert met[0] == 302
    assert met[-1] == 429


def test_addresses_in_passing_do_not_outlive_their_time() -> None:
    ann = Leaver("vps6")
    asks(ann)
    at = clock.now() + timedelta(hours=5)
    assert addressing.sweep_due(make_act(brand="", at=at)) == 1
    assert not PassingAddress.objects.exists()
