"""The book of controls and the brands' policies: nothing promised without a control, no control without a promise."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from hostkeep.policy.compile import compile_policy
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.unbuilt import NOT_BUILT_YET

ROOT = Path(__file__).parents[3]
POLICIES = sorted((ROOT / "brands").glob("*/policy.yaml"))
CLAUSES = {
    clause.id: clause
    for file in POLICIES
    for clause in compile_policy(file.read_text(encoding="utf-8"), file=file.name).clauses
}


def test_five_brands_are_looked_at() -> None:
    assert len(POLICIES) == 5


def test_every_clause_has_a_control_or_is_on_the_list_or_is_prose() -> None:
    loose = [c.id for c in CLAUSES.values() if c.kind != "prose" and c.id not in {*CONTROLS, *NOT_BUILT_YET}]
    assert loose == []


def test_every_control_has_a_clause_that_is_more_than_prose() -> None:
    assert [c for c in CONTROLS if c not in CLAUSES or CLAUSES[c].kind == "prose"] == []


def test_the_list_names_only_clauses_without_a_control() -> None:
    assert [c for c in NOT_BUILT_YET if c not in CLAUSES or CLAUSES[c].kind == "prose"] == []
    assert set(NOT_BUILT_YET) & set(CONTROLS) == set()


@pytest.mark.parametrize("clause", sorted(CONTROLS))
def test_a_control_names_code_that_exists(clause: str) -> None:
    module, _, name = CONTROLS[clause].symbol.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("clause", sorted(CONTROLS))
def test_a_control_has_all_three_parts_and_tells_its_checks_apart(clause: str) -> None:
    control = CONTROLS[clause]
    assert control.state and control.sample and control.probe
    names = [(part, check.what) for part, check in control.checks()]
    assert len(set(names)) == len(names)
    assert all(len(what) <= 200 and what[0].isupper() for _, what in names)


@pytest.mark.parametrize("clause", sorted(CONTROLS))
def test_a_clause_with_a_control_has_its_own_test(clause: str) -> None:
    assert (ROOT / "tests" / "clauses" / f"test_{clause.replace('-', '_')}.py").exists()
