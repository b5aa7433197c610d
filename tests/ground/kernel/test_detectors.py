"""The detectors find what a person would recognise, and stay quiet on what our own columns hold."""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.kernel import detectors
from hostkeep.kernel.detectors import found_in, is_card, is_iban

AROUND = st.sampled_from(["", "x ", "Herr Smit, ", '{"a":"', "\n", "("])
BEHIND = st.sampled_from(["", " y", '"}', ", thanks", "\n", ")", ". "])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ann@example.test", "email"),
        ('{"to": "Ann.Lee+x@mail.example.co.uk"}', "email"),
        ("<bình@thư.vn>", "email"),
        ("+31 6 1234 5678", "phone"),
        ("+12025550143", "phone"),
        ("call +84 (0)91-234-5678 now", "phone"),
        ("0912345678", "phone"),
        ("091 234 5678", "phone"),
        ("020 7946 0958", "phone"),
        ("(202) 555-0143", "phone"),
        ("202-555-0143", "phone"),
        ("from 203.0.113.7.", "ip"),
        ("[2001:db8::17]", "ip"),
        ("fe80::1", "ip"),
        ("2001:db8:1:2:3:4:5:6", "ip"),
        ("4111 1111 1111 1111", "card"),
        ("pan=5555555555554444", "card"),
        ("3782 822463 10005", "card"),
        ("NL91ABNA0417164300", "iban"),
        ("DE89 3704 0044 0532 0130 00", "iban"),
        ("canary0123456789abcdef", "canary"),
        ("x@canary.invalid", "canary"),
    ],
)  # fmt: skip
def test_what_a_person_would_recognise_is_found(text: str, name: str) -> None:
    assert name in found_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "vps6", "2026-11-26", "2026-11-26T21:05:14.123456+00:00", "26.11.2026 21:05", "01.12.2026 12:30", "12:30:45",
        "+07:00", "VPN-2026-000123", "RF18 5390 0754 7034", "RF12 0123 4567 89", "123.456.789 ₫", "1 234 567,00", "€ 12.50",
        "127.0.0.1", "::1", "::", "0.0.0.0", "1.2.3", "99.0.4.1.2", "aa:bb:cc:dd:ee:ff", "a::b", "x::text", "hostkeep.runtime.clock",
        "4111 1111 1111 1112", "0000000000000000", "9999999999999999", "NL91ABNA0417164301", "staff:owner", "due:clock", "job@1.2.3",
        "1764190000", "1764190000123456", "10.0.0/24", "v18.4.0.1",
    ],
)  # fmt: skip
def test_what_our_columns_hold_is_not(text: str) -> None:
    assert found_in(text) == frozenset()


def test_a_thousand_identifiers_of_ours_find_nothing() -> None:
    loud = []
    for _ in range(1000):
        raw = secrets.token_bytes(48)
        made = (
            str(uuid.uuid4()), hashlib.sha256(raw).hexdigest(), raw.hex(), base64.b32encode(raw).decode(),
            f"{{{', '.join(str(uuid.uuid4()) for _ in range(3))}}}", secrets.token_urlsafe(24),
            "\\x" + raw.hex(), f"c1.1.{base64.urlsafe_b64encode(raw).decode()}",
        )  # fmt: skip
        loud += [text for text in made if found_in(text) - {detectors.CARD}]
        loud += [text for text in made if not text.isdigit() and detectors.CARD in found_in(text)]
    assert loud == []


@given(st.datetimes(timezones=st.just(UTC)), st.dates())
def test_no_date_is_taken_for_anything(at: datetime, day: date) -> None:
    assert found_in(f"{at.isoformat()} {at:%d.%m.%Y %H:%M} {day} {day:%d/%m/%Y}") == frozenset()


@given(AROUND, st.emails(domains=st.sampled_from(["example.test", "mail.example.co.uk"])), BEHIND)
def test_an_address_is_found_wherever_it_stands(before: str, address: str, after: str) -> None:
    if address.rsplit("@", 1)[0].replace(".", "").replace("-", "").replace("+", "").replace("_", "").isalnum():
        assert "email" in found_in(f"{before}{address}{after}")


@given(AROUND, st.integers(10**8, 10**13), BEHIND)
def test_an_international_number_is_found_wherever_it_stands(before: str, number: int, after: str) -> None:
    assert "phone" in found_in(f"{before}+{number}{after}")


@given(AROUND, st.ip_addresses(), BEHIND)
def test_an_internet_address_is_found_wherever_it_stands(before: str, address, after: str) -> None:
    if not (address.is_loopback or address.is_unspecified or not any(c.isdigit() for c in str(address))):
        assert "ip" in found_in(f"{before}{address}{after}")


@given(st.integers(400000000000000, 499999999999999), st.integers(1, 9))
def test_of_ten_last_digits_one_makes_a_card(first: int, step: int) -> None:
    fitting = [last for last in range(10) if is_card(f"{first}{last}")]
    assert len(fitting) == 1
    assert "card" in found_in(f"{first}{fitting[0]}")
    assert "card" not in found_in(f"{first}{(fitting[0] + step) % 10}")


@given(st.integers(0, 10**10 - 1))
def test_of_all_check_digits_one_makes_an_account_number(number: int) -> None:
    fitting = [check for check in range(2, 99) if is_iban(f"NL{check:02}ABNA{number:010}")]
    assert len(fitting) == 1
    assert "iban" in found_in(f"IBAN NL{fitting[0]:02}ABNA{number:010}")


@given(st.text(max_size=200))
def test_every_text_gets_an_answer(text: str) -> None:
    assert found_in(text) <= detectors.NAMES
