"""Numbers and the references made of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hostkeep.billing.rules.numbering import (
    in_fours,
    is_reference,
    number,
    reference,
    references_in,
    year_of,
)

prefixes = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=8)
numbers = st.builds(
    number, prefixes, st.just("invoice"), st.integers(2000, 2999), st.integers(1, 9_999_999)
)
noise = st.text(max_size=60)


def test_a_number_reads_well() -> None:
    assert number("VS", "invoice", 2026, 17) == "VS-2026-000017"
    assert number("VS", "invoice", 2026, 1_234_567) == "VS-2026-1234567"


def test_the_year_is_the_brands_own() -> None:
    evening = datetime(2025, 12, 31, 18, tzinfo=UTC)
    assert year_of(evening, "Asia/Ho_Chi_Minh") == 2026
    assert year_of(evening, "Europe/Amsterdam") == 2025
    assert year_of(datetime(2026, 1, 1, 3, tzinfo=UTC), "America/Los_Angeles") == 2025


@given(prefixes, st.integers(2000, 2999), st.integers(1, 9_999_999), st.integers(1, 9_999_999))
def test_two_counts_make_two_numbers(prefix: str, year: int, one: int, other: int) -> None:
    assume(one != other)
    assert number(prefix, "invoice", year, one) != number(prefix, "invoice", year, other)
    assert reference(number(prefix, "invoice", year, one)) != reference(number(prefix, "invoice", year, other))


def test_check_digits_as_the_standard_has_them() -> None:
    # The example that ISO 11649's users quote everywhere: RF18 5390 0754 7034.
    assert reference("539007547034") == "RF18539007547034"
    assert is_reference("RF18539007547034")
    assert not is_reference("RF19539007547034")


@given(numbers)
def test_a_reference_is_found_however_it_is_typed(said: str) -> None:
    wanted = reference(said)
    assert is_reference(wanted)
    assert len(wanted) <= 25
    for typed in (wanted, wanted.lower(), in_fours(wanted), "-".join(wanted), f" {wanted} ", f"({wanted})"):
        assert wanted in references_in(typed)


@given(numbers, noise, noise)
def test_words_around_a_reference_do_not_hide_it(said: str, before: str, behind: str) -> None:
    assert reference(said) in references_in(f"{before} {reference(said)} {behind}")


@given(numbers, st.data())
def test_one_wrong_letter_or_digit_is_noticed(said: str, data) -> None:
    wanted = reference(said)
    at = data.draw(st.integers(2, len(wanted) - 1))
    other = data.draw(st.sampled_from("0123456789" if wanted[at].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    assume(other != wanted[at])
    assert not is_reference(wanted[:at] + other + wanted[at + 1 :])


@given(numbers, st.data())
def test_two_swapped_digits_are_noticed(said: str, data) -> None:
    wanted = reference(said)
    at = data.draw(st.integers(4, len(wanted) - 2))
    one, two = wanted[at], wanted[at + 1]
    assume(one != two and one.isdigit() and two.isdigit())
    assert not is_reference(wanted[:at] + two + one + wanted[at + 2 :])


@given(noise)
def test_what_is_found_is_a_reference(text: str) -> None:
    assert all(is_reference(found) for found in references_in(text))


@pytest.mark.parametrize("said", ["", "RF", "RF18", "XX18539007547034", "RF18 5390", "RF18-5390", "RF" * 20])
def test_what_is_none(said: str) -> None:
    assert not is_reference(said)
