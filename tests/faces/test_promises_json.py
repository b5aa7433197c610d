"""/privacy/promises.json, and the same on the command line."""

from __future__ import annotations

import json
from argparse import Namespace

import pytest

from hostkeep.promises.stranger import WsgiStranger

KEYS = {"clause", "kind", "light", "why", "control", "evidence", "probe", "max_age_s"}


@pytest.fixture
def stranger(db) -> WsgiStranger:
    from hostkeep.project.wsgi import application

    return WsgiStranger(application)


@pytest.mark.parametrize("brand", ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"])
def test_the_ledger_as_data(stranger, brand) -> None:
    answer = stranger.request("GET", f"{brand}.localhost", "/privacy/promises.json")

    body = json.loads(answer.body)
    policy = json.loads(stranger.request("GET", f"{brand}.localhost", "/privacy/policy.json").body)
    assert answer.status == 200
    assert set(body) == {"brand", "at", "digest", "canary_acts", "promises"}
    assert body["canary_acts"] == 0
    assert (body["brand"], body["digest"]) == (brand, policy["digest"])
    assert {p["clause"]: p["kind"] for p in body["promises"]} == {c["id"]: c["kind"] for c in policy["clauses"]}
    for promise in body["promises"]:
        assert set(promise) == KEYS
        assert (promise["light"] == "statement") == (promise["kind"] == "prose")
        assert promise["light"] != "green", "nothing was tried yet"


def test_the_operators_host_has_no_ledger(stranger) -> None:
    assert stranger.request("GET", "localhost", "/privacy/promises.json").status == 404


def said(capsys, **asked):
    from hostkeep.faces.cli.promising import show

    code = show(Namespace(**{"brand": None, "clause": None, "json": False, "probe": False, **asked}))
    return code, capsys.readouterr().out


@pytest.fixture
def command_line(stranger, monkeypatch):
    from hostkeep.faces.cli import promising

    monkeypatch.setattr(promising, "ready_and_checked", lambda: None)


def test_the_command_line_probes_and_prints(command_line, capsys) -> None:
    code, out = said(capsys, brand="vps6", clause="V6-2", probe=True, json=True)

    (promise,) = json.loads(out)["promises"]
    assert (code, promise["light"], promise["probe"]["result"]) == (0, "green", "passed")
    assert all(evidence["at"] for evidence in promise["evidence"])


def test_the_command_line_lists_every_promise(command_line, capsys) -> None:
    code, out = said(capsys)

    assert code == 0
    assert len(out.splitlines()) == 74
    assert "vpn             VPN-6   grey" in out


def test_an_unknown_clause_or_brand_is_said_plainly(command_line, capsys) -> None:
    from hostkeep.brands.errors import NoSuchBrand
    from hostkeep.promises.errors import NoSuchPromise

    with pytest.raises(NoSuchPromise):
        said(capsys, clause="V6-99")
    with pytest.raises(NoSuchBrand):
        said(capsys, brand="nobody")


def test_a_broken_promise_fails_the_command(command_line, capsys, monkeypatch) -> None:
    from hostkeep.faces.ui import hosts

    ours = hosts.brand_by_host("vietnam-server.localhost")
    monkeypatch.setattr(hosts, "brand_by_host", lambda _host: ours)

    code, out = said(capsys, brand="vietnam-server", clause="VS-17", probe=True)

    assert code == 1
    assert "red" in out
