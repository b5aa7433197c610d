"""`hostkeep policy render`, `export` and `schema`, from a file: no database is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hostkeep.faces.cli.commands import run
from hostkeep.policy.editors import policy_schema
from tests.ground.policy.documents import FILES, policy_of

VPN = str(FILES["vpn"])


@pytest.mark.parametrize(
    ("form", "first"),
    [("--html", "<!DOCTYPE html>"), ("--markdown", "# Quiet Tunnel"), ("--text", "Quiet Tunnel"), ("", "Quiet Tunnel")],
)
def test_the_public_policy_is_rendered(form: str, first: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "render", "--file", VPN, *([form] if form else [])]) == 0
    assert capsys.readouterr().out.startswith(first)


def test_it_is_rendered_in_a_language(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "render", "--file", VPN, "--lang", "vi"]) == 0
    assert "Chính sách quyền riêng tư" in capsys.readouterr().out


def test_without_a_language_the_authoritative_one_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    for brand, language in (("vpn", "en"), ("vietnam-server", policy_of("vietnam-server").languages[0])):
        assert run(["policy", "render", "--html", "--file", str(FILES[brand])]) == 0
        assert f'<html lang="{language}">' in capsys.readouterr().out


def test_a_language_the_policy_is_not_told_in_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "render", "--file", VPN, "--lang", "xx"]) == 2
    told = capsys.readouterr()
    assert "write one of: en, vi" in told.err
    assert told.out == ""


def test_the_export_is_json_ld_of_the_policy(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "export", "--dpv", "--file", VPN]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["@graph"][0]["dct:identifier"] == policy_of("vpn").digest


def test_the_record_of_processing_is_markdown_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "export", "--ropa", "--file", VPN]) == 0
    assert "# Quiet Tunnel" in capsys.readouterr().out
    assert run(["policy", "export", "--ropa", "--json", "--file", VPN]) == 0
    assert len(json.loads(capsys.readouterr().out)["activities"]) == len(policy_of("vpn").purposes)


def test_the_whole_policy_is_exported_as_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "export", "--markdown", "--file", VPN, "--lang", "vi"]) == 0
    text = capsys.readouterr().out
    assert all(f"**{clause.id}**" in text for clause in policy_of("vpn").clauses)


def test_json_goes_with_the_record_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "export", "--dpv", "--json", "--file", VPN]) == 2
    assert "--json goes with --ropa" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"\xff\xfe", b"schema: hostkeep/9\n", None])
def test_a_file_that_is_no_policy_is_refused(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.yaml"
    if content is not None:
        file.write_bytes(content)
    assert run(["policy", "export", "--dpv", "--file", str(file)]) == 2
    told = capsys.readouterr()
    assert str(file) in told.err
    assert told.out == ""


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == policy_schema()


@pytest.mark.parametrize(
    "words", [["render"], ["export", "--file", VPN], ["export", "--dpv"], ["render", "--file", VPN, "--brand", "vpn"]]
)
def test_a_command_that_lacks_something_says_what(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(["policy", *words])
    assert stopped.value.code == 2
    assert "usage: hostkeep policy" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["check", "render", "diff", "explain", "export", "schema", "announce"])
def test_every_command_explains_itself(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(["policy", what, "--help"])
    assert stopped.value.code == 0
    assert f"usage: hostkeep policy {what}" in capsys.readouterr().out
