"""The rules of a payment check: what each goes by, which comes first, and which tables are none."""

from __future__ import annotations

import pytest

from hostkeep.billing.errors.checks import BadQualification
from hostkeep.billing.rules.qualifying import Inputs, categories_of, judge, rules_of


def rules(**said):
    found = rules_of({"currencies": ["USD"], "qualification": said})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("said", "known", "rule"),
    [
        ({"only_countries": ["US"]}, Inputs(1, "USD", frozenset({"US"})), ""),
        ({"only_countries": ["US"]}, Inputs(1, "USD", frozenset({"US", "DE"})), "country_not_listed"),
        ({"only_countries": ["US"]}, Inputs(1, "USD", frozenset({""})), "country_not_listed"),
        ({"only_countries": ["US"]}, Inputs(1, "USD"), ""),
        ({"refused_countries": ["KP"]}, Inputs(1, "USD", frozenset({""})), ""),
        ({"first_above": {"USD": 100}}, Inputs(100, "USD"), ""),
        ({"first_above": {"USD": 100}}, Inputs(101, "USD"), "first_above"),
        ({"first_above": {"USD": 100}}, Inputs(101, "USD", paid_before=True), ""),
        ({"first_above": {"USD": 100}}, Inputs(101, "EUR"), ""),
        ({"declined": 2, "disputed": 1}, Inputs(1, "USD", declined=2, disputed=1), "disputed_before"),
        ({"declined": 2}, Inputs(1, "USD", declined=1), ""),
    ],
)
def test_what_a_rule_goes_by(said, known: Inputs, rule: str) -> None:
    verdict = judge(rules(**said), known)
    assert (verdict.rule, verdict.outcome) == (rule, "refused" if rule else "passed")


def test_a_check_reads_what_its_rules_read() -> None:
    assert categories_of(rules(declined=1)) == ("payment_ref",)
    assert categories_of(rules(refused=1)) == ("solvency",)
    assert categories_of(rules()) == ()
    assert rules_of({}) is None


@pytest.mark.parametrize(
    "said",
    [{"ip": 1}, {"declined": True}, {"declined": -1}, {"refused_countries": "KP"}, {"only_countries": ["XX"]},
     {"first_above": {"EUR": 1}}, {"first_above": 5}, {"refused_countries": ["US"], "only_countries": ["US"]}],
)  # fmt: skip
def test_a_table_that_is_none(said) -> None:
    with pytest.raises(BadQualification):
        rules(**said)
