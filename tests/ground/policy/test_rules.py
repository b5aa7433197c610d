"""Every rule of the linter: told at the right line, with a remedy that works, and listed in the guide."""

from __future__ import annotations

import re

import pytest

from hostkeep.policy.rules import RULES
from hostkeep.policy.compile import check_policy, compile_policy
from hostkeep.policy.errors import PolicyError, Problem
from tests.ground.policy.rule_case import Case
from tests.ground.policy.rule_cases import CASES
from tests.ground.policy.small import GUIDE, line_of


def told(case: Case, text: str) -> list[Problem]:
    found = check_policy(text, file="policy.yaml", installed=case.installed)
    return [each for each in found if each.rule == case.rule]


def test_every_rule_has_a_case() -> None:
    assert sorted(case.rule for case in CASES) == sorted(RULES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_broken_rule_is_told_where_it_is_broken(case: Case) -> None:
    text = case.text()
    found = told(case, text)

    assert found, check_policy(text, file="policy.yaml", installed=case.installed)
    assert (found[0].line, found[0].clause, found[0].file) == (
        line_of(case.where, text),
        case.clause,
        "policy.yaml",
    )
    assert found[0].says.endswith((".", "?"))
    assert found[0].instead.endswith((".", "?"))
    assert found[0].level == RULES[case.rule].level


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_its_remedy_clears_it_and_all_else(case: Case) -> None:
    left = check_policy(case.remedied(), file="policy.yaml", installed=case.installed)

    assert [each for each in left if each.level != "weak" or each.rule == case.rule] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_weak_rule_refuses_nothing_and_the_others_do(case: Case) -> None:
    if RULES[case.rule].level == "weak":
        assert compile_policy(case.text(), file="policy.yaml", installed=case.installed).brand
        return
    with pytest.raises(PolicyError) as error:
        compile_policy(case.text(), file="policy.yaml", installed=case.installed)
    assert case.rule in {each.rule for each in error.value.problems}
    assert "weak" not in {each.level for each in error.value.problems}


@pytest.mark.parametrize("case", [each for each in CASES if RULES[each.rule].places], ids=lambda c: c.rule)
def test_a_rule_of_a_place_is_silent_elsewhere(case: Case) -> None:
    text = re.sub(r"jurisdictions: \[.*?\]", "jurisdictions: []", case.text())

    assert told(case, text) == []


def test_each_rule_of_law_says_where_it_comes_from() -> None:
    for rule in RULES.values():
        assert bool(rule.source) == (rule.level == "unlawful"), rule
        assert set(rule.places) <= {"eu", "vn", "us", "us-ca"}


def test_the_guide_lists_every_rule_with_its_level_places_and_source() -> None:
    levels = {"cannot_run": "*Cannot run*", "unlawful": "*Unlawful where", "weak": "*Weak*"}
    part, heads = GUIDE[GUIDE.index("## What is refused") :], list(levels.values())
    for rule in RULES.values():
        row = re.search(rf"^\| `{re.escape(rule.id)}` \|.*$", part, re.MULTILINE)
        assert row is not None, rule.id
        above = max(heads, key=lambda head: part.rfind(head, 0, row.start()))
        assert above == levels[rule.level], rule.id
        assert rule.source in row[0]
        assert all(f"`{place}`" in row[0] for place in rule.places)
    assert len(re.findall(r"^\| `lint\.", part, re.MULTILINE)) == len(RULES)
