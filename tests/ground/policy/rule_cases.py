"""For each rule a small policy that breaks it, where it is told, and the remedy that clears it."""

from __future__ import annotations

from tests.ground.policy import rule_cases_law, rule_cases_rules, rule_cases_words

CASES = (
    *rule_cases_words.CANNOT_RUN,
    *rule_cases_rules.CANNOT_RUN,
    *rule_cases_law.UNLAWFUL,
    *rule_cases_law.WEAK,
)
