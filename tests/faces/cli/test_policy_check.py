"""`hostkeep policy check`: every problem with file, line, level, clause and remedy, for people and programs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from hostkeep.adapters.gateways.bank_transfer.gateway import BankTransfer
from hostkeep.adapters.gateways.manual.gateway import ByHand
from hostkeep.adapters.gateways.stripe.gateway import Stripe
from hostkeep.adapters.gateways.testpay.gateway import TestPay
from hostkeep.faces.cli.policies import check
from hostkeep.policy.needs import GATEWAYS
from hostkeep.policy.reading import LARGEST_FILE
from hostkeep.runtime import registry
from hostkeep.runtime.adapter_needs import needs_of

ROOT = Path(__file__).parents[3]
LETTER = ROOT / "tests" / "brands" / "photonvps-to-the-letter" / "policy.yaml"
SHOPS = sorted(place.parent.name for place in (ROOT / "brands").glob("*/policy.yaml"))


def run(*files: Path | str, json: bool = False) -> int:
    """Check files as the command does."""
    return check(argparse.Namespace(file=[str(file) for file in files], json=json))


def text_of(slug: str) -> str:
    return (ROOT / "brands" / slug / "policy.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("slug", SHOPS)
def test_the_shipped_brands_are_good_and_their_weak_points_are_told(
    slug: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = ROOT / "brands" / slug / "policy.yaml"

    assert run(file) == 0
    lines = capsys.readouterr().out.splitlines()
    weak = [line for line in lines if ": weak: " in line]
    assert all(line.startswith(f"{file}:") for line in lines)
    (end,) = [line for line in lines if line.startswith(f"{file}: good, ")]
    assert end.endswith(f", weak points: {len(weak)}, not refused")


def test_a_policy_taken_to_the_letter_contradicts_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(LETTER) == 2

    out = capsys.readouterr().out
    text = LETTER.read_text(encoding="utf-8")
    nobody, stripe, keep = (
        text[: text.index(part)].count("\n") + 1
        for part in ("  nobody: true", "      stripe:", "    __Host-keep:")
    )
    assert (
        f"{LETTER}:{stripe}: cannot_run: PH-6: PH-5 (line {nobody}) lets nobody outside receive anything, "
        "but PH-6 names `stripe`. Take `nobody` out of PH-5" in out
    )
    assert f"{LETTER}:{keep}: cannot_run: PH-3: The cookie __Host-keep would hold a secret (password)." in out
    assert out.endswith(f"{LETTER}: refused\n")


def test_nobody_and_a_card_gateway_contradict_each_other_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = LETTER.read_text(encoding="utf-8")
    begin, end = text.index("  also:\n  - kind: disclose\n"), text.index("- id: PH-7")
    file = tmp_path / "policy.yaml"
    file.write_text(text[:begin] + "\n" + text[end:], encoding="utf-8")

    assert run(file) == 2
    line = text[: text.index("- id: PH-5")].count("\n") + 1
    told = [each for each in capsys.readouterr().out.splitlines() if "`stripe`" in each]
    assert len(told) == 1
    assert f"sends data to `stripe`, who is no recipient here: PH-5 (line {line}) says who is." in told[0]
    assert "Add a recipient `stripe`, or take the gateway out." in told[0]


def test_the_shipped_brand_reads_honestly() -> None:
    text = text_of("photonvps")

    assert "stripe" not in text
    assert "No cookie ever holds a password." in text


def test_programs_read_it_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    good = ROOT / "brands" / "vps6" / "policy.yaml"

    assert run(good, LETTER, json=True) == 2
    told = json.loads(capsys.readouterr().out)
    first, second = told["files"]
    assert (told["refused"], first["refused"], second["refused"]) == (True, False, True)
    assert (len(first["digest"]), second["digest"]) == (64, None)
    assert first["tightened"][0]["source"] == "Regulation (EU) 2016/679, art. 12(3)"
    assert second["tightened"] == []
    (cookie,) = [each for each in second["problems"] if each["rule"] == "lint.cookie.secret"]
    assert (cookie["level"], cookie["clause"], cookie["source"]) == ("cannot_run", "PH-3", "")
    assert set(cookie) == {"rule", "level", "line", "clause", "says", "instead", "source"}


def test_what_cannot_be_read_is_said_in_plain_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "missing.yaml": (None, "There is no such file."),
        "binary.yaml": (b"a: 1\n\xff\xfe\x00\x01", "The file is no proper UTF-8 text."),
        "large.yaml": (b"x" * (LARGEST_FILE + 1), "The file is larger than"),
        "empty.yaml": (b"", "The file holds no map of keys."),
        "zeros.yaml": (b"\0" * 100, "There is a character that YAML does not allow."),
    }
    for name, (data, _) in files.items():
        if data is not None:
            (tmp_path / name).write_bytes(data)

    for name, (_, says) in files.items():
        assert run(tmp_path / name) == 2
        out = capsys.readouterr().out
        assert says in out
        assert "Traceback" not in out
    assert run(tmp_path) == 2
    assert "This is no file." in capsys.readouterr().out
    assert run("/dev/zero") == 2
    assert run("name\0with-a-zero") == 2
    assert run("x" * 5_000) == 2


def test_a_closed_file_is_said_to_be_closed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def closed(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", closed)

    assert run(ROOT / "brands" / "vpn" / "policy.yaml") == 2
    assert "This file may not be read." in capsys.readouterr().out


def test_the_adapters_of_the_brand_beside_it_are_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy.yaml").write_text(text_of("vpn"), encoding="utf-8")
    assert run(tmp_path / "policy.yaml") == 0
    (tmp_path / "brand.toml").write_text('payment = ["testpay"]\ndrivers = ["wireguard"]\n', encoding="utf-8")
    assert run(tmp_path / "policy.yaml") == 0
    capsys.readouterr()

    (tmp_path / "brand.toml").write_text('payment = ["bank_transfer", "unheard_of"]\n', encoding="utf-8")
    assert run(tmp_path / "policy.yaml") == 2
    out = capsys.readouterr().out
    assert "The adapter `bank_transfer` needs `bank_account`, but VPN-5 (line " in out

    (tmp_path / "brand.toml").write_text("payment = [\n", encoding="utf-8")
    assert run(tmp_path / "policy.yaml") == 2
    assert "The brand.toml beside it cannot be read" in capsys.readouterr().out


def test_the_table_of_gateways_says_what_their_manifests_say() -> None:
    for driver in (TestPay, BankTransfer, Stripe, ByHand):
        (needs,) = needs_of(gateways=[driver.manifest.name], mailers=())
        assert needs == GATEWAYS[driver.manifest.name]


def test_every_adapter_in_the_box_can_be_asked() -> None:
    found = needs_of(
        gateways=registry.names("hostkeep.gateways"), provisioners=registry.names("hostkeep.provisioners")
    )

    assert {each.name for each in found} >= {"testpay", "bank_transfer", "lxd", "wireguard", "manual", "smtp"}
    assert {each.name: each.discloses for each in found}["smtp"] == {"email"}
