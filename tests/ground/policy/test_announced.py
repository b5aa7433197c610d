"""A version that was announced binds, whatever rules come later."""

from __future__ import annotations

import pytest

from hostkeep.policy.compile import compile_announced, compile_policy
from hostkeep.policy.errors import PolicyError
from tests.ground.policy.clause_ids import CLAUSE_IDS
from tests.ground.policy.small import ROOT

BRANDS = sorted(CLAUSE_IDS)


def text_of(brand: str) -> str:
    return (ROOT / "brands" / brand / "policy.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("brand", BRANDS)
def test_an_announced_text_is_the_policy_it_was(brand: str) -> None:
    text = text_of(brand)
    assert compile_announced(text, file="p.yaml") == compile_policy(text, file="p.yaml")


def test_a_rule_that_came_later_does_not_unmake_it() -> None:
    text = text_of("vps6").replace("    withdraw: {how: client_area, within: P1D}\n", "")
    assert text != text_of("vps6")
    with pytest.raises(PolicyError):
        compile_policy(text, file="p.yaml")
    assert compile_announced(text, file="p.yaml").brand == "vps6"


def test_what_is_not_the_language_stays_refused() -> None:
    with pytest.raises(PolicyError):
        compile_announced(text_of("vps6").replace("kind: disclose", "kind: gossip", 1), file="p.yaml")
