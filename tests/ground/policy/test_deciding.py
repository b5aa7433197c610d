"""The decision is a look-up: total, pure, and silent means no."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostkeep.kernel.ids import CategoryId, PurposeId
from hostkeep.policy.book import Policy
from hostkeep.policy.canonical import canonical, digest_of
from hostkeep.policy.decide import Ask, decide
from hostkeep.policy.language import NEEDS
from hostkeep.policy.vocabulary.terms import terms
from tests.ground.policy.small import SMALL, changed, compiled, small, whole


categories = st.sampled_from([*terms("category"), "birth_date", ""])
purposes = st.sampled_from([*terms("purpose"), "selling", ""])
roles = st.sampled_from([*terms("role"), "stranger", ""])
brought = st.frozensets(st.sampled_from(NEEDS))


def ask(category: str, purpose: str, role: str, has: frozenset[str] = frozenset()) -> Ask:
    return Ask(CategoryId(category), PurposeId(purpose), role, has)


@settings(deadline=None)
@given(st.sampled_from([small(), whole()]), categories, purposes, roles, brought)
def test_every_ask_has_an_answer_and_only_cells_say_yes(
    policy: Policy, category: str, purpose: str, role: str, has: frozenset[str]
) -> None:
    answer = decide(policy, ask(category, purpose, role, has))
    cell = policy.table.get((CategoryId(category), PurposeId(purpose), role))

    assert answer.allowed == (cell is not None and cell.needs <= has)
    assert answer.clause
    assert answer.why
    assert answer == decide(policy, ask(category, purpose, role, has))


@settings(deadline=None)
@given(categories, purposes, roles, brought)
def test_bringing_more_never_takes_a_yes_away(
    category: str, purpose: str, role: str, has: frozenset[str]
) -> None:
    if decide(whole(), ask(category, purpose, role, has)).allowed:
        assert decide(whole(), ask(category, purpose, role, frozenset(NEEDS))).allowed


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (ask("email", "account", "customer"), "permit"),
        (ask("email", "account", "billing"), "silence"),
        (ask("phone", "account", "customer"), "no_category"),
        (ask("email", "offers", "customer"), "no_purpose"),
        (ask("email", "account", "sales"), "no_role"),
    ],
)
def test_a_no_says_why(question: Ask, why: str) -> None:
    assert decide(small(), question).why == why
    assert decide(small(), question).clause == "TH-2"


def test_a_need_is_named() -> None:
    answer = decide(whole(), ask("ip", "fraud_prevention", "abuse", frozenset({"reason"})))

    assert (answer.allowed, answer.clause, answer.why) == (False, "EV-18", "needs:case")


def test_a_purpose_on_consent_needs_one() -> None:
    assert decide(whole(), ask("email", "newsletter", "system")).why == "needs:consent"
    assert decide(whole(), ask("email", "newsletter", "system", frozenset({"consent"}))).allowed


def test_what_is_not_declared_is_answered_by_the_clause_that_closes_use() -> None:
    assert decide(whole(), ask("email", "selling", "system")).clause == "EV-2"


def test_a_star_gives_way_to_a_named_category_and_leaves_secrets_out() -> None:
    text = changed(
        '  - {categories: "*", purposes: [rights], roles: [customer]}\n',
        '  - {categories: "*", purposes: [rights], roles: [customer]}\n'
        "  - {categories: [email], purposes: [rights], roles: [customer], needs: [reason]}\n",
    )
    policy = compiled(text)

    assert decide(policy, ask("email", "rights", "customer")).why == "needs:reason"
    assert decide(policy, ask("payment_ref", "rights", "customer")).allowed
    assert not decide(policy, ask("password", "rights", "customer")).allowed


def test_the_digest_depends_on_what_is_said_alone() -> None:
    lines = SMALL.replace("purposes:\n", "purposes: # all of them\n")
    moved = changed(
        "  brand: tinyhost\n", "  secrets: once\n  brand: tinyhost\n", base=changed("  secrets: once\n", "")
    )
    quoted = SMALL.replace("brand: tinyhost", 'brand: "tinyhost"')

    assert {compiled(text).digest for text in (SMALL, lines, moved, quoted)} == {small().digest}
    assert compiled(SMALL.replace("nothing else", "nothing more")).digest != small().digest


def test_the_digest_is_the_one_written_down_here() -> None:
    assert (
        digest_of({"b": [1, True, None], "a": "é\n"})
        == "c3776cc80f24ededc0136463edae45d4fb8385b2d325b266abeeb567e481fa7a"
    )


def test_keys_stand_in_the_order_of_utf_16() -> None:
    # U+1F600 is written with surrogates (D83D ...), which come before U+FB33 (RFC 8785, 3.2.3).
    assert list(json.loads(canonical({"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "1": 4, "\r": 5}))) == [
        "\r",
        "1",
        "\u20ac",
        "\U0001f600",
        "\ufb33",
    ]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(values)
def test_canonical_json_says_the_same_and_is_stable(value: object) -> None:
    written = canonical(value)

    assert json.loads(written) == value
    assert canonical(json.loads(written)) == written


@pytest.mark.parametrize("value", [1.5, 2**53, {"a": {1, 2}}])
def test_what_json_readers_disagree_on_is_not_written(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)
