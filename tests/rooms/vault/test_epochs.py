"""Rolling the keys: everything opens afterwards, nothing under the old epoch is left, and the old key is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import DatabaseError, connection

from hostkeep.kernel.ids import CategoryId
from hostkeep.people.models import LoginAddress, Session, User
from hostkeep.runtime import brand as running_brand
from hostkeep.vault import certificates, cipher, door, epochs, erasing, keys, nodes, nyms, rolling, sealing
from hostkeep.vault.models import Keyring, Node, SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act
from tests.rooms.vault.test_erasing import ACCOUNT, as_owner, opens, person

NAME = CategoryId("name")


@pytest.fixture
def ring(committed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A keyring folder of its own, and a database where commits are real."""
    from dataclasses import replace

    monkeypatch.setattr(settings, "HOSTKEEP", replace(settings.HOSTKEEP, keyring=tmp_path / "keys"))
    monkeypatch.setattr(rolling, "GRACE", 0.0)
    keys.ring()
    sealing.check_keyring()
    yield tmp_path / "keys"


@pytest.fixture
def escrow(ring: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from dataclasses import replace

    monkeypatch.setattr(settings, "HOSTKEEP", replace(settings.HOSTKEEP, keyring_escrow=tmp_path / "escrow"))
    return tmp_path / "escrow"


def roll() -> rolling.Rolled:
    return rolling.roll(make_act(brand=""))


def test_after_a_roll_everything_opens_and_the_old_key_is_gone(ring: Path) -> None:
    ann, old = person(), (ring / "epoch-1.key").read_bytes()
    done = roll()
    assert (done.epoch, done.ended) == (2, (1,)) and done.rewrapped >= 1
    assert opens(ann)
    assert keys.epochs() == (2,) and sorted(p.name for p in ring.glob("*.key")) == ["epoch-2.key"]
    assert all(old not in path.read_bytes() for path in ring.iterdir())
    sealing.check_keyring()


def test_an_erasure_that_stands_still_keeps_no_old_key_alive(ring: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In backups every other erasure waits for the end of the epoch that it was written under."""
    ann, binh = person(), person("Binh")

    def breaks(act, erasure):
        raise ZeroDivisionError

    erasing.erase(make_act(), subject=binh, classes=ACCOUNT, why="request")
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_destroyed", breaks)
        with pytest.raises(ZeroDivisionError):
            erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
        assert roll().ended == (1,)
    assert not opens(ann)
    (paper,) = certificates.certificates_of(as_owner(binh), subject=binh)
    assert paper.wal_at is not None
    assert erasing.carry_on(make_act()) == 1


def test_a_keyring_folder_lets_nobody_else_in(ring: Path) -> None:
    roll()
    assert ring.stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in ring.iterdir()} == {0o600}


def test_a_value_put_while_two_epochs_are_read_opens_before_and_after(ring: Path) -> None:
    ann = person()
    epochs.begin()
    binh = person("Binh")
    epochs.switch(2)
    chi = person("Chi")
    assert opens(ann) and opens(binh) and opens(chi)
    rolling.finish(make_act(brand=""))
    assert opens(ann) and opens(binh) and opens(chi) and keys.epochs() == (2,)


def test_login_addresses_are_found_before_during_and_after(ring: Path) -> None:
    with running_brand.during("vps6"):
        login = User.objects.create(brand="vps6")
        LoginAddress.objects.create(user=login, email="Ann@example.test", verified=True, primary=True)

        def found() -> list[int]:
            exact = LoginAddress.objects.filter(email="ann@example.test").count()
            folded = LoginAddress.objects.filter(email__iexact="ANN@example.test").count()
            several = LoginAddress.objects.filter(email__in=["ann@example.test", "x@example.test"]).count()
            return [exact, folded, several]

        assert found() == [1, 1, 1]
        epochs.begin()
        assert found() == [1, 1, 1]
        epochs.switch(2)
        assert found() == [1, 1, 1]
        assert LoginAddress.objects.filter(email="eve@example.test").count() == 0
        rolling.finish(make_act(brand=""))
        assert found() == [1, 1, 1]
        assert LoginAddress.objects.get(user=login).email == "ann@example.test"
    with running_brand.during("vpsfast"):
        assert LoginAddress.objects.filter(email="ann@example.test").count() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT email FROM account_emailaddress")
        assert cursor.fetchall()[0][0].startswith("s2.")


def test_the_same_address_on_both_sides_of_a_roll_leaves_one_confirmed(ring: Path) -> None:
    with running_brand.during("vps6"):
        first, second = User.objects.create(brand="vps6"), User.objects.create(brand="vps6")
        LoginAddress.objects.create(user=first, email="ann@example.test", verified=True)
        epochs.begin()
        epochs.switch(2)
        LoginAddress.objects.create(user=second, email="ann@example.test", verified=True)
        rolling.finish(make_act(brand=""))
        assert LoginAddress.objects.filter(email="ann@example.test", verified=True).get().user == second


def test_second_factors_open_after_a_roll_and_stand_under_the_new_epoch(ring: Path) -> None:
    from allauth.mfa.models import Authenticator

    login = User.objects.create(brand="vps6")
    for kind, data in (("totp", {"secret": sealing.seal_for("totp", "JBSWY3DP")}), ("recovery_codes", {"seed": sealing.seal_for("totp", "s33d"), "used_mask": 0, "migrated_codes": [sealing.seal_for("totp", "c0de")]})):
        Authenticator.objects.create(user=login, type=kind, data=data)
    roll()
    data = {a.type: a.data for a in Authenticator.objects.all()}
    sealed = [data["totp"]["secret"], data["recovery_codes"]["seed"], data["recovery_codes"]["migrated_codes"][0]]
    assert [sealing.unseal_for("totp", text) for text in sealed] == ["JBSWY3DP", "s33d", "c0de"]
    assert all(text.startswith("2.") for text in sealed) and data["recovery_codes"]["used_mask"] == 0


def test_second_factors_sealed_before_seals_named_their_epoch_are_taken_along(ring: Path) -> None:
    from allauth.mfa.models import Authenticator

    login = User.objects.create(brand="vps6")
    bare = sealing.seal_for("totp", "JBSWY3DP").partition(".")[2]
    Authenticator.objects.create(user=login, type="totp", data={"secret": bare})
    roll()
    text = Authenticator.objects.get().data["secret"]
    assert text.startswith("2.") and sealing.unseal_for("totp", text) == "JBSWY3DP"


def test_sessions_live_on(ring: Path) -> None:
    fields = {"brand": "vps6", "started_at": NOON, "used_at": NOON, "expires_at": NOON}
    Session.objects.create(key="a" * 64, box=sealing.seal_for("session", json.dumps({"cart": 1})), **fields)
    Session.objects.create(key="b" * 64, box="1.bm8gYm94", **fields)
    roll()
    (row,) = Session.objects.all()
    assert json.loads(sealing.unseal_for("session", row.box)) == {"cart": 1} and row.key == "a" * 64


def test_the_book_knows_people_by_the_same_name_after_a_roll(ring: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = person()
    before = nyms.nym_of(ann)
    roll()
    nyms._known.clear()
    assert nyms.known(ann) == before


def test_a_roll_waits_for_a_living_node_that_has_not_read_the_epoch(ring: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "PATIENCE", 0.3)
    with opened(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO vault.vault_node VALUES (%s, 'web', 1, 1, clock_timestamp())", [uuid4()])
    ann = person()
    with pytest.raises(rolling.OthersLag):
        roll()
    assert keys.current_epoch() == 1 and opens(ann)
    with opened():
        Node.objects.update(reads=2)
    with pytest.raises(rolling.OthersLag):
        roll()
    assert keys.current_epoch() == 2 and keys.epochs() == (2, 1) and opens(ann)


def test_a_dead_node_blocks_nothing(ring: Path) -> None:
    with opened(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO vault.vault_node VALUES (%s, 'web', 1, 1, clock_timestamp() - interval '61 s')", [uuid4()])
    assert roll().ended == (1,)


def test_a_beat_tells_what_the_process_has_read(ring: Path) -> None:
    node = uuid4()
    nodes.beat(node, role="web")
    epochs.begin()
    assert nodes.that_do_not_read(2) == (node,)
    nodes.beat(node, role="web")
    assert nodes.that_do_not_read(2) == () and nodes.that_do_not_write(2) == (node,)
    nodes.leave(node)
    assert nodes.that_do_not_write(2) == ()


def test_a_certificate_gets_its_other_instants_from_the_roll(ring: Path) -> None:
    ann = person()
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    rolling.roll(make_act(brand="", at=NOON + timedelta(hours=1)))
    (paper,) = certificates.certificates_of(as_owner(ann), subject=ann)
    assert (paper.live_at, paper.wal_at, paper.backups_at) == (NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=1))


def test_with_a_copy_in_escrow_backups_are_not_called_clean_before_it_is_gone(ring: Path, escrow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = person()
    erasing.erase(make_act(), subject=ann, classes=ACCOUNT, why="request")
    old = (ring / "epoch-1.key").read_bytes()
    roll()
    paper = certificates.certificates_of(as_owner(ann), subject=ann)[0]
    assert paper.wal_at == NOON and paper.backups_at is None
    assert (escrow / "epoch-1.key").read_bytes() == old and (escrow / "epoch-1.key").stat().st_mode & 0o777 == 0o600
    later = epochs.begun_at() + rolling.escrow_time(make_act())
    assert rolling.end_escrow(make_act(brand="", at=later - timedelta(hours=1))) == 0
    assert rolling.end_escrow(make_act(brand="", at=later + timedelta(hours=1))) == 2
    assert not list(escrow.iterdir())
    assert certificates.certificates_of(as_owner(ann), subject=ann)[0].backups_at is not None


def test_an_epoch_and_its_time_in_escrow_fit_into_the_promise(ring: Path) -> None:
    act = make_act()
    assert rolling.promised(act) == timedelta(days=30)
    assert rolling.life(act) + rolling.escrow_time(act) + rolling.MARGIN <= timedelta(days=30)


def test_a_roll_is_due_after_the_life_of_an_epoch(ring: Path) -> None:
    begun = epochs.begun_at()
    assert not rolling.is_due(make_act(at=begun + timedelta(days=6)))
    late = begun + timedelta(days=8)
    assert rolling.is_due(make_act(at=late))
    rolling.roll(make_act(brand="", at=late))
    assert not rolling.is_due(make_act(at=late + timedelta(days=6)))
    assert rolling.is_due(make_act(at=late + timedelta(days=7)))


def test_two_rolls_at_once_are_one(ring: Path) -> None:
    import fcntl

    keys.ring()
    with (ring / "roll.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(rolling.RollUnderWay):
            roll()


def test_a_seal_of_a_destroyed_epoch_is_broken_and_not_an_accident(ring: Path) -> None:
    text, login = sealing.seal_for("session", "x"), sealing.seal_login("ann@example.test", brand="vps6")
    epochs.begin()
    epochs.switch(2)
    epochs.end((1,))
    for opened_again in (lambda: sealing.unseal_for("session", text), lambda: sealing.unseal_login(login)):
        with pytest.raises(sealing.BrokenSeal):
            opened_again()


def test_an_address_is_never_taken_for_a_sealed_one() -> None:
    assert not sealing.is_sealed_login("s1.ann@example.test")
    assert sealing.is_sealed_login(sealing.seal_login("ann@example.test", brand="vps6"))


def test_the_longest_address_still_fits_its_column() -> None:
    assert len(cipher._seal_login(keys.current_epoch(), "a" * 120, "vietnam-server")) + len("9999") <= 254


def test_keys_of_a_class_keep_their_state_through_a_roll(ring: Path) -> None:
    ann = person()
    with opened():
        SubjectKey.objects.filter(subject=ann).update(state="deactivated")
    roll()
    with opened():
        row = SubjectKey.objects.get(subject=ann)
        assert (row.state, row.epoch) == ("deactivated", 2)
        assert Keyring.objects.get().epoch == 2


def test_many_people_are_rolled_in_batches(ring: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "AT_ONCE", 3)
    people = [person(f"P{i}") for i in range(8)]
    assert roll().rewrapped >= 8
    for who in people:
        sealed = door.reveal(as_owner(who), subject=who, category=NAME)
        assert sealed is not None


def test_a_person_is_found_by_customer_number_and_address_after_a_roll(ring: Path) -> None:
    from hostkeep.people.models import Account
    from hostkeep.vault import marks, putting

    ann = person()
    putting.put(make_act("visitor", "account"), subject=ann, category=CategoryId("email"), value="ann@example.test")
    Account.objects.create(brand="vps6", number="K-77", subject=ann, opened_at=NOON)
    with opened():
        connection.cursor().execute(
            "INSERT INTO vault.vault_mark (brand, category, mark, epoch, subject, slot, keep_class)"
            " VALUES ('vps6', 'customer_number', %s, 1, %s, '', 'account')",
            [marks._mark(1, "vps6", "customer_number", marks.normal("customer_number", "K-77")), ann],
        )
    roll()
    with opened():
        assert [who for who, _ in marks.find("vps6", marks.NUMBER, "K-77")] == [ann]
        assert [who for who, _ in marks.find("vps6", marks.EMAIL, "ann@example.test")] == [ann]


def test_titles_of_issued_invoices_sealed_under_an_epoch_are_taken_along_and_nothing_else_of_them_changes(
    ring: Path, committed: str, pg,
) -> None:
    import psycopg

    from hostkeep.billing.models import InvoiceLine
    from tests.rooms.billing.making import Buyer

    Buyer().owes()
    about = "billing_invoiceline.title"
    with psycopg.connect(pg.url("postgres", committed), autocommit=True) as line:
        line.execute("ALTER TABLE billing_invoiceline DISABLE TRIGGER stays")
        line.execute("UPDATE billing_invoiceline SET title = %s", [cipher.seal_column('"VPS S"', place=about)])
        line.execute("ALTER TABLE billing_invoiceline ENABLE TRIGGER stays")
    roll()
    with connection.cursor() as cursor:
        cursor.execute("SELECT title FROM billing_invoiceline")
        for (text,) in cursor.fetchall():
            assert text.startswith("c1.2.") and cipher.unseal_column(text, place=about).strip() == '"VPS S"'
        for change in ("title = 'c2.x'", "title = 'c1.2.x', quantity = quantity + 1"):
            with pytest.raises(DatabaseError):
                cursor.execute(f"UPDATE billing_invoiceline SET {change}")
    assert InvoiceLine.objects.count() >= 1
