"""A mail as it leaves: whatever is said in it, it cannot grow a header, a part or a recipient."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostkeep.messaging.errors import BadAddress
from hostkeep.messaging.rules.message import Envelope, Words, address_of, build_message, one_line

HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "X-Hostkeep-Brand",
    "MIME-Version", "Content-Type",
]  # fmt: skip
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)

nasty = st.text(
    alphabet=st.one_of(
        st.characters(), st.sampled_from("\r\n\t\0\x0b\x0c\x1c\x85\u2028\u2029:;,<>@\"\\=?_ .éếΩ漢\ud800")
    ),
    max_size=80,
)


def envelope(**said: str) -> Envelope:
    parts = {"brand": "vps6", "sender_name": "vps6", "sender": "help@vps6.example", "to": "ann@example.test"}
    return Envelope(**{**parts, **said}, token="t0k3n", at=AT, language="en")


@settings(max_examples=80, deadline=None)
@given(subject=nasty, name=nasty, brand=nasty, text=nasty, html=nasty)
def test_nothing_that_is_said_adds_a_header_or_a_part(subject, name, brand, text, html):
    raw = build_message(envelope(sender_name=name, brand=brand), Words(subject, text, html))

    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    read = message_from_bytes(raw, policy=policy.default)
    assert sorted(read.keys()) == sorted(HEADERS)
    assert [p.get_content_type() for p in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert read["To"].addresses[0].addr_spec == "ann@example.test" and len(read["To"].addresses) == 1
    assert [a.addr_spec for a in read["From"].addresses] == ["help@vps6.example"]
    assert read["Message-ID"] == "<t0k3n@vps6.example>"


@settings(max_examples=80, deadline=None)
@given(subject=st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=120))
def test_a_subject_arrives_as_it_was_written(subject):
    raw = build_message(envelope(), Words(subject, "x", "x"))

    assert message_from_bytes(raw, policy=policy.default)["Subject"] == one_line(subject)


def test_both_forms_of_the_body_arrive_as_they_were_written():
    said = Words("Đơn hàng của bạn", "Xin chào,\nđơn hàng đã nhận.\n", "<p>Xin chào &amp; cảm ơn</p>\n")

    read = message_from_bytes(build_message(envelope(), said), policy=policy.default)

    assert read["Subject"] == "Đơn hàng của bạn"
    for form, text in (("plain", said.text), ("html", said.html)):
        assert read.get_body((form,)).get_content().replace("\r\n", "\n") == text


def test_the_date_and_the_marks_of_a_program_are_there():
    read = message_from_bytes(build_message(envelope(), Words("s", "t", "h")), policy=policy.default)

    assert read["Date"].datetime == AT
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["X-Hostkeep-Brand"] == "vps6"


@settings(deadline=None)
@given(nasty)
def test_an_address_is_split_or_refused_and_never_grows(text):
    try:
        local, domain = address_of(text)
    except BadAddress as no:
        assert str(no) == BadAddress.code and set(no.facts.values()) <= {"domain", "local"}
    else:
        assert not set(local) & set('\r\n\t\0 <>,;:"()') and domain.isascii() and " " not in domain


@pytest.mark.parametrize(
    "bad",
    [
        "", "ann", "@example.test", "ann@", "ann@example.test\r\nBcc: eve@example.test", "ann@example.test, eve@x",
        "ann <ann@example.test>", "a@b@example.test", "ann@-example.test", "ann@exa mple.test", "ann@example..test",
        "x" * 65 + "@example.test", "ann@" + "x" * 64 + ".test", "ann\u2028@example.test",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_repeating_it(bad):
    with pytest.raises(BadAddress) as no:
        address_of(bad)
    assert set(no.value.facts.values()) <= {"domain", "local"}


def test_a_domain_with_accents_is_written_in_ascii_and_a_local_part_makes_the_message_wide():
    assert address_of("ann@bücher.test") == ("ann", "xn--bcher-kva.test")
    raw = build_message(envelope(to="ánh@example.test"), Words("s", "t", "h"))

    assert "ánh@example.test".encode() in raw
