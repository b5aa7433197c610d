"""An explanation gives the answer of the table, the clause that gives it, and what there is instead."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostkeep.kernel.ids import CategoryId, PurposeId
from hostkeep.policy.decide import Ask, decide
from hostkeep.policy.explain import explain, unknown_words
from hostkeep.policy.language import NEEDS
from hostkeep.policy.vocabulary.terms import terms
from tests.ground.policy.small import EVERYTHING, brand, compiled

WHOLE = compiled(EVERYTHING)


def ask(category: str, purpose: str, role: str, *has: str) -> Ask:
    return Ask(CategoryId(category), PurposeId(purpose), role, frozenset(has))


@settings(deadline=None)
@given(
    st.sampled_from([*terms("category"), "birth_date"]),
    st.sampled_from([*terms("purpose"), "selling"]),
    st.sampled_from([*terms("role"), "stranger"]),
    st.frozensets(st.sampled_from(NEEDS)),
    st.sampled_from(["en", "vi", "fr"]),
)
def test_it_never_gives_another_answer_than_the_table(category: str, purpose: str, role: str, has: frozenset[str], language: str) -> None:
    question = ask(category, purpose, role, *has)
    found = explain(WHOLE, question, language)

    assert found.allowed == decide(WHOLE, question).allowed
    assert found.clause
    assert found.text
    assert found.says
    assert found.allowed == (found.why == "permit")
    assert bool(found.missing) == (found.why == "needs")


def test_a_yes_names_the_clause_that_gives_it() -> None:
    found = explain(brand("vps6"), ask("email", "offers", "system"), "en")

    assert (found.allowed, found.why, found.clause) == (True, "permit", "V6-6")
    assert found.says == "V6-6 allows it."
    assert found.text.startswith("We tell you about changes")
    assert found.keep


def test_a_need_is_named_in_words() -> None:
    found = explain(brand("vps6"), ask("ip", "fraud_prevention", "abuse", "reason"), "vi")

    assert (found.why, found.clause, found.needs, found.missing) == ("needs", "V6-8", ("case", "reason"), ("case",))
    assert found.says == "V6-8 chỉ cho phép khi có: một vụ việc đang mở."


@pytest.mark.parametrize(
    ("question", "why", "clause", "instead"),
    [
        (ask("email", "offers", "support"), "silence", "V6-2", ("account", "information_request", "support")),
        (ask("card", "billing", "billing"), "forbidden", "V6-3", None),
        (ask("contacts", "billing", "billing"), "no_category", "V6-2", None),
        (ask("email", "partner_offers", "system"), "no_purpose", "V6-2", None),
        (ask("email", "account", "stranger"), "no_role", "V6-2", None),
    ],
)
def test_a_no_says_which_clause_closes_and_what_there_is(question: Ask, why: str, clause: str, instead: tuple[str, ...] | None) -> None:
    found = explain(brand("vps6"), question, "en")

    assert (found.allowed, found.why, found.clause) == (False, why, clause)
    assert found.others
    assert instead is None or set(instead) == set(found.others)


def test_a_child_of_what_is_forbidden_is_forbidden_too() -> None:
    found = explain(brand("photonvps"), ask("gov_id", "billing", "billing"), "en")

    assert not found.allowed
    assert found.why in {"forbidden", "no_category"}


def test_words_no_policy_can_have_are_named_with_what_is_near() -> None:
    assert unknown_words(ask("email", "offers", "support", "reason")) == ()
    assert unknown_words(ask("emial", "offer", "suport", "resaon", "xyzzy")) == (
        ("category", "emial", ("email",)),
        ("purpose", "offer", ("offers", "order")),
        ("role", "suport", ("support",)),
        ("need", "resaon", ("reason",)),
        ("need", "xyzzy", ()),
    )


def test_a_policy_without_the_clause_still_answers() -> None:
    bare = replace(brand("vps6"), clauses=(), never=())

    assert explain(bare, ask("card", "billing", "billing"), "en").text == ""
