"""Access data that staff type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.provisioning.errors import BadAccessData
from hostkeep.provisioning.rules.access import LONGEST_SECRET, Access, access_data


def test_what_is_right_is_kept_apart() -> None:
    access = access_data(address=" 192.0.2.7 ", login="root", secret=" pass word ")
    assert access == Access({"address": "192.0.2.7", "login": "root"}, {"access": "pass word"})


def test_what_is_empty_is_left_out() -> None:
    assert access_data(address="", login="", secret=" \n") == Access({}, {})


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2001:DB8:0::7", "2001:db8::7"),
        ("Host-1.Example.COM", "host-1.example.com"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_addresses_and_names_are_written_one_way(typed: str, kept: str) -> None:
    assert access_data(address=typed, login="", secret="").facts["address"] == kept


@pytest.mark.parametrize(
    "address",
    ["192.0.2.256", "192.0.2", "localhost", "-a.example", "a-.example", "a..example", "a b.example", "münchen.example",
     "a" * 64 + ".example", ("a" * 60 + ".") * 4 + "toolong.example", "http://a.example", "a.example; id", "x\ny.example"],
)  # fmt: skip
def test_no_other_text_is_an_address(address: str) -> None:
    with pytest.raises(BadAccessData) as refused:
        access_data(address=address, login="", secret="")
    assert refused.value.facts == {"field": "address"}


@pytest.mark.parametrize("login", ["ann@example.test", "a b", "x" * 65, "ann\nroot", "Ánn"])
def test_a_login_is_a_technical_name(login: str) -> None:
    with pytest.raises(BadAccessData) as refused:
        access_data(address="", login=login, secret="")
    assert refused.value.facts == {"field": "login"}


@pytest.mark.parametrize("secret", ["x" * (LONGEST_SECRET + 1), "a\x00b"])
def test_a_secret_has_bounds(secret: str) -> None:
    with pytest.raises(BadAccessData) as refused:
        access_data(address="", login="", secret=secret)
    assert refused.value.facts == {"field": "secret"}


@given(st.text(), st.text(), st.text())
def test_any_text_is_read_or_refused(address: str, login: str, secret: str) -> None:
    try:
        access = access_data(address=address, login=login, secret=secret)
    except BadAccessData:
        return
    assert all(access.facts.values())
    assert set(access.secrets) <= {"access"}
