"""PH-10: measures against loss, misuse and tampering: headers, guessing slowed without locking the owner out, seals."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from hostkeep.faces.signin.adapter import BrandAdapter
from hostkeep.kernel.ids import CategoryId
from hostkeep.vault import cipher, door
from hostkeep.vault.models import Item
from hostkeep.vault.wall import opened
from tests.conftest import make_act
from tests.faces.client.conftest import PASSWORD, Member
from tests.faces.shop.conftest import HERE, hidden

BRAND = "photonvps"
AT = {"host": f"{BRAND}.localhost", **HERE}
OWNER, GUESSER = "192.0.2.7", "198.51.100.66"
EMAIL = CategoryId("email")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
}


def logs_in(email: str, password: str, address: str) -> int:
    """Try a password from a network address; 302 is in."""
    browser = Client(REMOTE_ADDR=address)
    page = browser.get("/auth/login/", headers=AT)
    typed = {**hidden(page, "/auth/login/"), "login": email, "password": password}
    return browser.post("/auth/login/", typed, headers=AT).status_code


def guesses(email: str, *addresses: str) -> None:
    """Type wrong passwords, one from each address."""
    for number, address in enumerate(addresses):
        assert logs_in(email, f"not the password {number}", address) != 302


@pytest.fixture
def ann(db) -> Member:
    return Member(BRAND)


@pytest.mark.parametrize("path", ["/", "/privacy/", "/auth/login/", "/nothing/here/"])
def test_PH_10_every_page_carries_the_headers(shop, path: str) -> None:
    answer = shop(BRAND).get(path)

    for name, begins in HEADERS.items():
        assert answer.header(name).startswith(begins), (path, name)
    said = answer.header("Content-Security-Policy")
    assert "frame-ancestors 'none'" in said
    assert "unsafe" not in said


def test_PH_10_no_page_has_a_script_or_a_style_of_its_own(shop) -> None:
    for path in ("/", "/privacy/", "/auth/login/", "/auth/signup/", "/cart/", "/contact/"):
        body = shop(BRAND).get(path).body
        assert " style=" not in body and "<style" not in body, path
        assert "<script>" not in body and " onclick=" not in body, path


def test_PH_10_a_guesser_is_slowed_down_even_with_the_right_password(ann: Member) -> None:
    guesses(ann.email, *[GUESSER] * 10)

    assert logs_in(ann.email, PASSWORD, GUESSER) != 302


def test_PH_10_ten_bad_logins_do_not_lock_the_owner_out(ann: Member) -> None:
    guesses(ann.email, *[GUESSER] * 10)

    assert logs_in(ann.email, PASSWORD, OWNER) == 302


def test_PH_10_whoever_has_a_network_of_addresses_counts_once(ann: Member) -> None:
    guesses(ann.email, *[f"2001:db8:1:2::{number:x}" for number in range(1, 11)])

    assert logs_in(ann.email, PASSWORD, "2001:db8:1:2:ffff::1") != 302
    assert logs_in(ann.email, PASSWORD, "2001:db8:1:3::1") == 302


def test_PH_10_the_owner_would_be_locked_out_were_guesses_counted_for_the_login_alone(ann: Member, monkeypatch) -> None:
    monkeypatch.setattr(BrandAdapter, "_get_login_attempts_cache_key", lambda *_, **typed: typed["email"])
    guesses(ann.email, *[GUESSER] * 10)

    assert logs_in(ann.email, PASSWORD, OWNER) != 302


def test_PH_10_a_sealed_value_moved_to_another_customer_is_named_and_does_not_open(ann: Member) -> None:
    ben = Member(BRAND, "ben")
    hers, his = ann.account.subject, ben.account.subject
    with opened():
        box = bytes(Item.objects.get(subject=hers, category=EMAIL).box)
        Item.objects.filter(subject=his, category=EMAIL).update(box=box)

    with pytest.raises(cipher.BrokenSeal):
        ben.kept("email")
    assert ann.kept("email") == "ann@example.test"


def test_PH_10_one_altered_bit_of_a_sealed_value_is_noticed(ann: Member) -> None:
    hers = ann.account.subject
    with opened():
        row = Item.objects.get(subject=hers, category=EMAIL)
        box = bytearray(row.box)
        box[-1] ^= 1
        Item.objects.filter(id=row.id).update(box=bytes(box))

    with pytest.raises(cipher.BrokenSeal):
        ann.kept("email")


@pytest.mark.parametrize("statement", ["UPDATE audit.audit_entry SET verb = 'x'", "DELETE FROM audit.audit_entry"])
def test_PH_10_a_line_of_the_log_cannot_be_changed(ann: Member, statement: str) -> None:
    act = make_act("customer", "account", brand=BRAND, own=ann.account.subject)
    door.reveal(act, subject=ann.account.subject, category=EMAIL)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
