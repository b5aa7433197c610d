"""Promises and controls hold each other, both ways; a clause that no control knows stops the start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.core import checks

from hostkeep.faces.cli import setting_up
from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.compile import compile_policy
from hostkeep.promises import checking
from hostkeep.promises.apps import TAG
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.checking import SHIPPED, book_faults, faults_of, faults_of_tree, foreign
from hostkeep.promises.errors import DoesNotFit
from hostkeep.promises.unbuilt import NOT_BUILT_YET
from tests.falsifiability.sabotages import AGEING, SABOTAGES

ROOT = Path(__file__).parents[2]
CLAUSES = tuple(
    clause
    for slug in SHIPPED
    for clause in compile_policy((ROOT / "brands" / slug / "policy.yaml").read_text(encoding="utf-8"), file=slug).clauses
)
MINE = ClauseId("MY-1")


def ids(faults) -> list[tuple[str, str]]:
    return [(fault.id.removeprefix("promises."), fault.what.split(" ")[0]) for fault in faults]


def test_every_folder_of_brands_is_one_of_the_shipped() -> None:
    assert tuple(sorted(place.name for place in (ROOT / "brands").iterdir() if place.is_dir())) == SHIPPED


def test_every_promise_has_a_control_and_every_control_a_promise() -> None:
    assert faults_of(CLAUSES) == ()
    assert faults_of_tree(ROOT / "brands") == ()


def test_a_promise_without_a_control_is_a_fault() -> None:
    assert ids(faults_of(CLAUSES, unbuilt=NOT_BUILT_YET - {"VF-2"})) == [("E001", "VF-2")]


def test_a_control_or_a_place_on_the_list_without_a_promise_is_a_fault() -> None:
    book = {**CONTROLS, MINE: replace(CONTROLS[ClauseId("V6-2")], clause=MINE)}
    assert ids(faults_of(CLAUSES, book=book)) == [("E002", "MY-1")]
    assert ids(faults_of(CLAUSES, unbuilt=NOT_BUILT_YET | {MINE})) == [("E003", "MY-1")]
    assert ids(faults_of(CLAUSES, unbuilt=NOT_BUILT_YET | {ClauseId("VS-20")})) == [("E003", "VS-20")], "prose"


def test_a_promise_both_built_and_unbuilt_is_a_fault() -> None:
    assert ids(faults_of(CLAUSES, unbuilt=NOT_BUILT_YET | {ClauseId("V6-2")})) == [("E004", "V6-2")]


@pytest.mark.parametrize("symbol", ["hostkeep.nowhere.thing", "hostkeep.people.sessions.nothing", "nothing"])
def test_a_control_that_does_not_import_is_a_fault(symbol) -> None:
    book = {**CONTROLS, ClauseId("V6-2"): replace(CONTROLS[ClauseId("V6-2")], symbol=symbol)}
    assert ids(book_faults(book=book)) == [("E005", "V6-2")]


@pytest.mark.parametrize("part", ["state", "sample", "probe"])
def test_a_control_without_one_of_its_parts_is_a_fault(part) -> None:
    book = {**CONTROLS, ClauseId("V6-2"): replace(CONTROLS[ClauseId("V6-2")], **{part: ()})}
    assert ids(book_faults(book=book)) == [("E006", "V6-2")]


def test_a_server_does_not_start_where_they_do_not_fit(monkeypatch) -> None:
    assert checks.run_checks(tags=[TAG]) == []
    setting_up.check_book()

    monkeypatch.setattr(checking, "faults_of_tree", lambda _: faults_of(CLAUSES, unbuilt=NOT_BUILT_YET - {"VF-2"}))

    (found,) = checks.run_checks(tags=[TAG])
    assert (found.id, found.is_serious(), bool(found.hint)) == ("promises.E001", True, True)
    with pytest.raises(DoesNotFit) as refused:
        setting_up.check_book()
    assert "VF-2" in refused.value.facts["said"]


def test_what_an_operator_promises_on_his_own_is_no_fault_but_named(tmp_path) -> None:
    source = (ROOT / "brands" / "vps6" / "policy.yaml").read_text(encoding="utf-8")
    own = compile_policy(source.replace("V6-", "MY-").replace("brand: vps6", "brand: mine"), file="mine").clauses

    assert faults_of_tree(tmp_path) == ()
    assert "MY-2" in foreign(own)
    assert foreign(CLAUSES) == ()


def test_every_control_can_be_switched_off_by_a_sabotage_of_its_own() -> None:
    named = {clause for sabotage in SABOTAGES.values() for clause in sabotage.leaves_green}
    assert set(CONTROLS) - named == set(), "each new control needs a sabotage in tests/falsifiability/sabotages.py"
    assert named - set(CONTROLS) == set()
    assert AGEING > max(control.max_age for control in CONTROLS.values())


@pytest.mark.parametrize("clause", sorted(CONTROLS))
def test_a_clause_with_a_control_has_its_own_test(clause: str) -> None:
    assert (ROOT / "tests" / "clauses" / f"test_{clause.replace('-', '_')}.py").exists()
