"""`hostkeep policy explain` and `policy diff` on files: the answer, the clause, the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hostkeep.faces.cli.commands import run
from tests.conftest import ROOT

VPS6 = ROOT / "brands" / "vps6" / "policy.yaml"


@pytest.fixture
def stricter(tmp_path: Path) -> str:
    """vps6's policy with a shorter storage and one more prohibition."""
    text = VPS6.read_text(encoding="utf-8")
    text = text.replace("plus: P14D, then: erase", "plus: P13D, then: erase").replace("never: [card]", "never: [card, activity]")
    (tmp_path / "new.yaml").write_text(text, encoding="utf-8")
    return str(tmp_path / "new.yaml")


def explain(role: str, purpose: str, data: str, *more: str) -> int:
    return run(["policy", "explain", "--file", str(VPS6), "--role", role, "--purpose", purpose, "--data", data, *more])


def test_a_no_says_why_by_which_clause_and_of_which_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("support", "offers", "email") == 1
    lines = capsys.readouterr().out.splitlines()

    assert lines[0] == "no"
    assert "clause   V6-2" in lines
    assert any(line.startswith("text     Our forms ask for") for line in lines)
    assert any(line.startswith("policy   vps6, a file, digest ") for line in lines)


def test_a_yes_is_zero_and_what_is_brought_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("abuse", "fraud_prevention", "ip", "--has", "reason") == 1
    assert explain("abuse", "fraud_prevention", "ip", "--has", "reason, case") == 0
    assert "needs    case, reason" in capsys.readouterr().out


def test_programs_get_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("system", "offers", "email", "--json", "--lang", "vi") == 0
    found = json.loads(capsys.readouterr().out)

    assert (found["allowed"], found["clause"], found["version"], found["brand"]) == (True, "V6-6", None, "vps6")
    assert found["says"] == "V6-6 cho phép."
    assert len(found["digest"]) == 64


def test_unknown_words_name_what_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("suport", "offer", "xyzzy") == 2
    told = capsys.readouterr().err

    assert "Did you mean `support`?" in told
    assert "Did you mean `offers` or `order`?" in told
    assert "There is no category `xyzzy`. Write one of: name, email" in told


def test_a_difference_is_grouped_with_reasons_and_weighed(capsys: pytest.CaptureFixture[str], stricter: str) -> None:
    assert run(["policy", "diff", str(VPS6), stricter]) == 0
    there = capsys.readouterr().out
    assert run(["policy", "diff", stricter, str(VPS6), "--json"]) == 0
    back = json.loads(capsys.readouterr().out)

    assert "What we collect (collect)" in there
    assert "minor    V6-7    How long: Traffic: data goes sooner" in there
    assert "+ Network address; 13 days after it came in; erased" in there
    assert there.endswith("The change is not material.\n")
    assert (back["material"], back["beyond_wording"]) == (True, True)
    assert back["reasons"] == ["removed_prohibition", "longer_storage"]
    assert {each["thing"] for each in back["changes"]} == {"never activity", "retain traffic"}
    assert [group["kind"] for group in back["groups"]] == ["collect", "retain"]


def test_a_policy_does_not_differ_from_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "diff", str(VPS6), str(VPS6)]) == 0
    assert capsys.readouterr().out == "Nothing changes.\n"


@pytest.mark.parametrize(
    "arguments", [[], ["one"], ["--brand", "vps6"], ["one", "two", "--brand", "vps6"], ["missing.yaml", "missing.yaml"]]
)
def test_what_cannot_be_compared_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "diff", *arguments]) == 2
    assert "hostkeep: " in capsys.readouterr().err


def test_a_file_that_does_not_compile_names_its_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("schema: hostkeep/1\n", encoding="utf-8")

    assert run(["policy", "diff", str(bad), str(VPS6)]) == 2
    assert f"{bad}:" in capsys.readouterr().err


def test_a_time_goes_with_a_brand_and_not_with_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("system", "offers", "email", "--at", "yesterday") == 2
    assert capsys.readouterr().err == "hostkeep: A file has no times: --at goes with --brand.\n"


def test_a_file_that_is_not_there_is_said_so_in_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "diff", "nosuch.yaml", str(VPS6)]) == 2
    assert capsys.readouterr().err == "hostkeep: nosuch.yaml cannot be read: No such file or directory.\n"
