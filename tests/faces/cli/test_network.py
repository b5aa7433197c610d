"""`hostkeep network`: rules for the kernel, and what was seen beside what is declared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostkeep.faces.cli import network
from hostkeep.faces.cli.commands import run
from hostkeep.project import outgoing
from hostkeep.runtime import network_rules
from hostkeep.runtime.egress import Seen

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_hand(monkeypatch) -> None:
    monkeypatch.setattr(network, "ready", lambda: None)


def test_the_rules_are_drawn_from_the_policies_in_force(capsys, settings) -> None:
    settings.HOSTKEEP = replace(settings.HOSTKEEP, demo=False, mail_route="")
    assert run(["network", "rules", "--nft", "--uid", "4711"]) == 0
    said = capsys.readouterr().out
    assert "meta skuid != 4711" in said
    assert 'tcp dport 25 counter name let_out accept comment "smtp: mail goes to each receivers own host"' in said
    for brand in ("vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"):
        assert f"{brand} " in said.split("Policies in force:")[1].split("\n")[0]


def test_a_relay_that_no_policy_names_is_left_out_and_said(capsys, settings) -> None:
    settings.HOSTKEEP = replace(settings.HOSTKEEP, demo=False, mail_route="relay.example:587")
    assert run(["network", "rules", "--nft"]) == 0
    said = capsys.readouterr().out
    assert "# Left out: smtp: the policy of photonvps names no mail_relay" in said
    assert "relay.example" not in said
    assert "dport 25 " not in said


def test_a_name_without_an_address_makes_no_rules(capsys, settings, monkeypatch) -> None:
    def nothing(*_: object) -> str:
        raise network_rules.NoAddress("pay.example has no address; pay needs it")

    monkeypatch.setattr(network_rules, "render", nothing)
    assert run(["network", "rules", "--nft"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "pay.example has no address" in told.err


def test_what_was_seen_stands_beside_what_is_declared(capsys, settings) -> None:
    settings.HOSTKEEP = replace(settings.HOSTKEEP, demo=False, mail_route="")
    outgoing.note(Seen("sent", "quiet", "pay.example:443"))
    outgoing.note(Seen("refused", "curious", "203.0.113.9:80"))
    assert run(["network", "hosts"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("declared  smtp *:25") for line in lines)
    assert any(line.startswith("sent      quiet pay.example:443") for line in lines)
    assert any(line.startswith("refused   curious 203.0.113.9:80") for line in lines)
