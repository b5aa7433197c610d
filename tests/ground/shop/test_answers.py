"""Domain names asked for, and references."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.shop.errors import BadAnswer
from hostkeep.shop.rules.answers import read_answers
from hostkeep.shop.rules.catalogue import Question
from hostkeep.shop.rules.tokens import hash_of, receipts_token

VN = Question("domain", {"en": "Name"}, "domain_name", ".vn")
ANY = Question("domain", {"en": "Name"}, "domain_name", "")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Example.VN", "example.vn"), (" a-b.com.vn. ", "a-b.com.vn"), ("tiếngviệt.vn", "xn--tingvit-5t4cyc.vn")],
)
def test_a_name_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert read_answers([VN], {"domain": typed}) == {"domain": kept}


@pytest.mark.parametrize(
    "typed",
    ["", "vn", ".vn", "example.com", "-a.vn", "a-.vn", "a..vn", "a b.vn", "a_b.vn", "a" * 64 + ".vn", "a@b.vn",
     ".".join(["abcdefghij"] * 24) + ".vn", "<b>.vn", "a.vn/x"],
)  # fmt: skip
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(BadAnswer) as refused:
        read_answers([VN], {"domain": typed})
    assert refused.value.facts == {"question": "domain", "ending": ".vn"}


def test_a_missing_answer_is_refused_and_an_unasked_one_is_not_kept() -> None:
    with pytest.raises(BadAnswer):
        read_answers([VN], {})
    assert read_answers([], {"domain": "a.vn"}) == {}


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_refused(typed: str) -> None:
    try:
        kept = read_answers([ANY], {"domain": typed})["domain"]
    except BadAnswer:
        return
    assert kept.isascii()
    assert kept == kept.lower()
    assert "." in kept


@given(st.text())
def test_tokens_are_hashed_and_do_not_lead_back(token: str) -> None:
    assert len(hash_of(token)) == 64
    assert len(receipts_token(token)) == 32
    assert receipts_token(token) not in hash_of(token)
