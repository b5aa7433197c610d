"""Adapters that a brand uses: what they need is there and allowed, or both sides are named."""

from __future__ import annotations

import pytest

from hostkeep.policy.compile import check_policy, compile_policy
from hostkeep.policy.errors import Problem
from hostkeep.policy.needs import GATEWAYS, AdapterNeeds
from tests.ground.policy.rule_case import DISCLOSE, NAMED
from tests.ground.policy.small import SMALL, changed, line_of

RELAY = AdapterNeeds("relay", recipient="registry", discloses=frozenset({"email"}))


def found(text: str, *installed: AdapterNeeds) -> list[Problem]:
    return [each for each in check_policy(text, file="p", installed=installed) if each.level != "weak"]


def says(text: str, *installed: AdapterNeeds) -> list[str]:
    return [f"{each.says} {each.instead}" for each in found(text, *installed)]


def test_an_adapter_that_gets_what_it_needs_is_welcome() -> None:
    named = changed(DISCLOSE, NAMED)

    assert says(named, RELAY) == []
    assert compile_policy(named, file="p", installed=[RELAY]).recipients["registry"].categories == {"email"}
    assert says(SMALL, AdapterNeeds("manual")) == []


def test_a_recipient_who_is_none_is_named_with_the_clause_that_says_who_is() -> None:
    line = line_of("- kind: disclose", SMALL)

    assert says(SMALL, RELAY) == [
        f"The adapter `relay` sends data to `registry`, who is no recipient here: TH-3 (line {line}) says who is."
        " Add a recipient `registry`, or take the adapter out."
    ]
    assert [(each.line, each.clause, each.rule) for each in found(SMALL, RELAY)] == [
        (line_of("policy:", SMALL), "", "lint.adapter.recipient")
    ]


def test_of_several_clauses_on_disclosure_the_one_that_says_nobody_is_named() -> None:
    text = changed(
        "- id: TH-4",
        "- id: TH-5\n  kind: disclose\n  text: {en: x, vi: y}\n  keep: {en: x, vi: y}\n  nobody: true\n- id: TH-4",
    )

    assert f": TH-5 (line {line_of('- id: TH-5', text)}) says who is." in says(text, RELAY)[0]


def test_without_any_clause_on_disclosure_only_the_adapter_is_named() -> None:
    told = says(changed(DISCLOSE, ""), RELAY)

    assert any("who is no recipient here. Add a recipient" in each for each in told)


def test_a_recipient_who_may_not_have_it_all_is_named_with_its_clause() -> None:
    text = changed(DISCLOSE, NAMED)
    more = AdapterNeeds("relay", recipient="registry", discloses=frozenset({"password", "email", "cookies"}))

    assert says(text, more) == [
        f"The adapter `relay` hands cookies, password to `registry`, which TH-3 (line {line_of('- {kind: disclose', text)})"
        " does not allow. Add cookies, password to its categories, or take the adapter out."
    ]


def test_what_is_missing_and_what_is_forbidden_is_named_one_by_one() -> None:
    text = changed("  gathers: [", "  never: [other_financial, ip]\n  gathers: [")
    greedy = AdapterNeeds(
        "greedy",
        keeps=frozenset({"ticket", "message", "email"}),
        touches=frozenset({"solvency", "bank_account", "connect_ip"}),
        cookies=frozenset({"__Host-sid", "__Host-lang", "__Host-keep"}),
    )
    line = line_of("  never:", text)

    assert says(text, greedy) == [
        f"The adapter `greedy` needs `bank_account`, but TH-1 (line {line}) forbids `other_financial`."
        " Take the adapter out, or the prohibition.",
        f"The adapter `greedy` needs `connect_ip`, but TH-1 (line {line}) forbids `ip`."
        " Take the adapter out, or the prohibition.",
        "The adapter `greedy` needs the category `message`. Declare it, or take the adapter out.",
        "The adapter `greedy` needs the category `ticket`. Declare it, or take the adapter out.",
        "The adapter `greedy` sets the cookie `__Host-keep`, which no clause declares."
        " Declare it, or take the adapter out.",
        "The adapter `greedy` sets the cookie `__Host-lang`, which no clause declares."
        " Declare it, or take the adapter out.",
    ]


def test_a_gateway_that_is_installed_speaks_for_itself() -> None:
    own = AdapterNeeds("testpay", keeps=frozenset({"payment_ref", "ticket"}))

    assert says(SMALL, own) == [
        "The gateway `testpay` needs the category `ticket`. Declare it, or take the gateway out."
    ]
    assert found(SMALL, own)[0].line == line_of("  gateways:", SMALL)
    assert found(SMALL, own)[0].rule == "lint.gateway.category"
    assert says(SMALL, GATEWAYS["testpay"]) == []


def test_an_exception_the_law_compels_does_not_contradict_nobody() -> None:
    nobody = "  - {kind: disclose, nobody: true}\n"
    named = NAMED.replace("basis: service", "basis: legal_request, exception: true")

    assert says(changed(DISCLOSE, nobody + named)) == []
    assert says(changed(DISCLOSE, nobody.replace("true", "false") + NAMED)) == []
    text = changed(DISCLOSE, nobody + NAMED)
    line = line_of("  - {kind: disclose, nobody", text)
    assert says(text) == [
        f"TH-3 (line {line}) lets nobody outside receive anything, but TH-3 names `registry`. "
        "Take `nobody` out of TH-3 and say there who receives what, or take `registry` and what needs it out; "
        "`exception: true` is for what the law compels."
    ]


@pytest.mark.parametrize(("flag", "clause"), [("true", "TH-3"), ("false", "")])
def test_the_book_knows_which_clause_lets_nobody_in(flag: str, clause: str) -> None:
    text = changed(DISCLOSE, f"  - {{kind: disclose, nobody: {flag}}}\n")

    assert compile_policy(text, file="p").duties.nobody == clause
