"""Names are the same or not; candidates come nearest first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hostkeep.billing.rules.bank_layout import read_layout
from hostkeep.billing.rules.matching import nearest, same_name
from hostkeep.kernel.money import EUR, USD, Money


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann Åberg", "ÅBERG ANN"), ("Nguyễn Thị Đào", "NGUYEN THI DAO"), ("Dr. Ann O'Hara", "O'Hara, Ann"),
        ("Quiet Tunnel OÜ", "quiet tunnel ou"), ("Anna-Maria Weiß", "WEISS ANNA MARIA"),
    ],
)  # fmt: skip
def test_one_name_written_in_two_ways(one: str, other: str) -> None:
    assert same_name(one, other) and same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann Åberg", "Ann Berg"), ("Ann Åberg", "Ann B Åberg"), ("Nguyen", "Nguyen"), ("", ""), ("Ann Åberg", ""),
        ("Mr Dr", "Mr Dr"), ("Ann Ann Åberg", "Ann Åberg"), ("J Smith", "John Smith"),
    ],
)  # fmt: skip
def test_what_is_not_surely_one_name_is_two(one: str, other: str) -> None:
    assert not same_name(one, other)


@given(some.text(max_size=40), some.text(max_size=40))
def test_names_compare_both_ways_alike(one: str, other: str) -> None:
    assert same_name(one, other) == same_name(other, one)


def test_the_nearest_comes_first_and_more_than_was_owed_is_no_candidate() -> None:
    owed = [("a", Money(1050, EUR)), ("b", Money(1000, EUR)), ("c", Money(999, EUR)), ("d", Money(1000, USD))]
    owed += [("e", Money(1053, EUR)), ("f", Money(1000, EUR))]
    assert nearest(Money(1000, EUR), owed) == ("b", "f", "a")


@pytest.mark.parametrize(
    "bank",
    [
        {"csv": {"amout": "Betrag"}}, {"csv": {"amount": 3}}, {"csv": {"decimal": ";"}}, {"csv": {"day_first": "no"}},
        {"match_names": "yes"},
    ],
)  # fmt: skip
def test_a_layout_that_says_nonsense_is_refused(bank) -> None:
    with pytest.raises(ValueError, match="bank"):
        read_layout(bank, currency="EUR")


def test_a_layout_says_what_the_file_does_not() -> None:
    layout = read_layout({"iban": "NL67", "match_names": True, "csv": {"amount": "B", "decimal": ","}}, currency="EUR")
    assert (layout.columns, layout.currency, layout.decimal) == ({"amount": "B"}, "EUR", ",")
    assert layout.names and layout.day_first and layout.account == "NL67"
