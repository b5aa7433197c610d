"""Which ways to pay a brand may offer, and what says no."""

from __future__ import annotations

from types import SimpleNamespace

from hostkeep.billing.rules.gateways import offered, refusing_clause


def policy(**says):
    return SimpleNamespace(**{"gateways": frozenset(), "never": (), "closed_by": {}, **says})


def never(clause: str, *categories: str):
    return SimpleNamespace(clause=clause, categories=frozenset(categories))


def test_chosen_allowed_and_there_in_the_owners_order() -> None:
    allows = policy(gateways=frozenset({"a", "b", "c"}))
    assert offered(allows, installed=["a", "b", "d"], chosen=["d", "b", "a", "x"]) == ("b", "a")
    assert offered(policy(), installed=["a"], chosen=["a"]) == ()


def test_the_clause_that_keeps_money_matters_out() -> None:
    says = policy(never=(never("P-1", "content"), never("P-5", "card", "bank_account")))
    assert refusing_clause(says) == "P-5"
    assert refusing_clause(policy(closed_by={"use": "P-9"})) == "P-9"
    assert refusing_clause(policy()) == ""
