"""The table of how far each clause is kept agrees with the policies, the book, and the files of tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hostkeep.policy.compile import compile_policy
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.checking import PROSE, SHIPPED
from hostkeep.promises.unbuilt import NOT_BUILT_YET

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "decisions" / "2026-11-26-clauses-in-part.md"
ROW = re.compile(r"\| ([A-Z0-9]+-\d+) \| ([a-z ]+) \| (.+?) \| (.+?) \|")
ROWS = [found.groups() for line in TABLE.read_text(encoding="utf-8").splitlines() if (found := ROW.fullmatch(line))]
CLAUSES = [
    clause
    for slug in SHIPPED
    for clause in compile_policy((ROOT / "brands" / slug / "policy.yaml").read_text(encoding="utf-8"), file=slug).clauses
]


def standing(how_far: str) -> set[str]:
    return {clause for clause, far, _, _ in ROWS if far == how_far}


def file_of(clause: str) -> Path:
    return ROOT / "tests" / "clauses" / f"test_{clause.replace('-', '_')}.py"


def test_every_clause_stands_in_the_table_once() -> None:
    assert sorted(clause for clause, _, _, _ in ROWS) == sorted(str(clause.id) for clause in CLAUSES)
    assert {far for _, far, _, _ in ROWS} <= {"finished", "statement", "tested in part", "not begun"}


def test_finished_are_those_with_a_control_and_statements_those_in_prose() -> None:
    assert standing("finished") == set(CONTROLS)
    assert standing("statement") == {clause.id for clause in CLAUSES if clause.kind == PROSE}
    assert standing("tested in part") | standing("not begun") == NOT_BUILT_YET


@pytest.mark.parametrize("clause", sorted(standing("finished") | standing("statement") | standing("tested in part")))
def test_what_is_said_to_be_tested_has_a_test_of_its_name(clause: str) -> None:
    tests = re.findall(r"^def (test_\w+)\(", file_of(clause).read_text(encoding="utf-8"), re.M)

    assert tests
    assert all(name.startswith(f"test_{clause.replace('-', '_')}_") for name in tests)


def test_every_file_of_a_clause_is_named_in_the_table() -> None:
    files = {path for path in (ROOT / "tests" / "clauses").glob("test_*.py")}

    assert files == {file_of(clause) for clause, far, _, _ in ROWS if far != "not begun"}


@pytest.mark.parametrize(("clause", "far", "tested", "missing"), ROWS)
def test_a_row_says_what_is_tested_and_what_is_missing(clause: str, far: str, tested: str, missing: str) -> None:
    del clause
    assert (tested != "-") == (far in {"finished", "tested in part"})
    assert (missing != "-") == (far in {"tested in part", "not begun"})
