"""Numbers as buyers type them: by form alone, without asking anybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.billing.rules.taxing.numbers import RETRY, is_fresh, read_number, state_of
from tests.conftest import NOON


@pytest.mark.parametrize(
    ("typed", "country", "whole"),
    [
        ("FR40303265045", "FR", "FR40303265045"), ("fr 40 303 265 045", "", "FR40303265045"),
        ("40303265045", "FR", "FR40303265045"), ("DE136695976", "DE", "DE136695976"),
        ("de136695976", "FR", "DE136695976"), ("EL094259216", "GR", "EL094259216"),
        ("094259216", "GR", "EL094259216"), ("GR094259216", "GR", "EL094259216"),
        ("NL4495445B01", "NL", "NL4495445B01"), ("GB 980 7806 84", "GB", "GB980780684"),
        ("XI980780684", "GB", "XI980780684"), ("CHE-107.787.577 IVA", "CH", "CHE107787577IVA"),
        ("NO 995 525 828 MVA", "NO", "NO995525828MVA"), ("0100233488", "VN", "VN0100233488"),
    ],
)  # fmt: skip
def test_a_number_that_can_be_right(typed: str, country: str, whole: str) -> None:
    found = read_number(typed, country=country)
    assert found is not None
    assert found.whole == whole
    assert found.digits not in repr(found)


@pytest.mark.parametrize(
    ("typed", "country"),
    [
        ("FR40303265046", "FR"), ("DE136695977", "DE"), ("DE", "DE"), ("", "DE"), ("   ", "DE"), ("-", "DE"),
        ("1" * 500, "DE"), ("FR" + "1" * 498, "FR"), ("FR\u06f4\u06f0303265045", "FR"), ("12-3456789", "US"),
        ("'; DROP TABLE x; --", "DE"), ("XI123456789", "GB"), ("0100233480", "VN"), ("GB123456789", "DE"),
    ],
)  # fmt: skip
def test_a_number_that_cannot(typed: str, country: str) -> None:
    assert read_number(typed, country=country) is None


@given(st.text(max_size=60), st.sampled_from(["", "DE", "FR", "GR", "GB", "CH", "NO", "VN", "US", "XX"]))
def test_whatever_is_typed_is_read_or_is_none(typed: str, country: str) -> None:
    found = read_number(typed, country=country)
    assert found is None or (len(found.whole) <= 24 and found.whole.isascii())


def test_how_it_stands() -> None:
    assert state_of("", "", readable=False) == "none"
    assert state_of("x", "valid", readable=False) == "invalid"
    assert state_of("x", "", readable=True) == "unknown"
    assert state_of("x", "unknown", readable=True) == "unknown"
    assert state_of("x", "valid", readable=True) == "valid"
    assert state_of("x", "invalid", readable=True) == "invalid"


def test_for_how_long_an_answer_holds() -> None:
    day = timedelta(days=1)
    assert is_fresh("valid", NOON, NOON + 29 * day, days=30)
    assert not is_fresh("valid", NOON, NOON + 30 * day, days=30)
    assert is_fresh("unknown", NOON, NOON + RETRY / 2, days=30)
    assert not is_fresh("unknown", NOON, NOON + RETRY, days=30)
