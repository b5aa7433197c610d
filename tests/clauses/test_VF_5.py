"""VF-5: whoever calls never asks for a card or a bank account, and there is no place to keep one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.policy.compile import compile_policy
from hostkeep.policy.errors import PolicyError
from hostkeep.promises.evidence.tables import holding
from hostkeep.promises.pages import read_page
from hostkeep.runtime import clock
from hostkeep.vault import door
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway

__all__ = ["gateway"]

BRAND = BrandId("vpsfast")
CARD, IBAN = "4111111111111111", "NL91ABNA0417164300"
SOURCE = (Path(__file__).parents[2] / "brands" / "vpsfast" / "policy.yaml").read_text(encoding="utf-8")


def keeps(subject, category: str) -> None:
    door.put(make_act("support", "customer_relations", brand=BRAND), subject=subject, category=category, value=CARD)


@pytest.mark.parametrize("language", ["en", "vi"])
def test_VF_5_the_rule_is_shown(shop, language: str) -> None:
    clause = next(c for c in policy_in_force(BRAND, clock.now()).clauses if c.id == "VF-5")

    assert clause.text[language] in read_page(shop(BRAND).get(f"/privacy/?lang={language}").body).words


@pytest.mark.parametrize(("category", "clause"), [("card", "VF-5"), ("bank_account", "")])
def test_VF_5_the_vault_keeps_none_whoever_asks(db, category: str, clause: str) -> None:
    with pytest.raises(door.NotDeclared) as no:
        keeps(Member(BRAND).account.subject, CategoryId(category))

    assert no.value.clause == clause
    assert holding([CARD]) == ()


@pytest.mark.parametrize(("field", "value"), [("card", CARD), ("iban", IBAN), ("cvc", "4711-4711")])
def test_VF_5_no_form_of_the_shop_takes_one(db, gateway, field: str, value: str) -> None:
    ann = Member(BRAND)
    ann.puts()

    for path in ("/checkout/", "/account/profile/"):
        assert ann.sends(ann.get(path), path, gateway="testpay", **{field: value}).status_code == 422, path
    assert holding([value]) == ()


def test_VF_5_a_policy_that_declares_cards_does_not_load() -> None:
    with pytest.raises(PolicyError) as no:
        compile_policy(SOURCE.replace("categories:\n", "categories:\n  card: {}\n", 1), file="policy.yaml")

    assert "VF-5" in str(no.value)


def test_VF_5_without_the_rule_such_a_policy_would_load() -> None:
    loose = SOURCE.replace("  - {kind: collect, never: [card]}\n", "  - {kind: collect, gathers: [card]}\n", 1)
    loose = loose.replace("categories:\n", "categories:\n  card: {}\n", 1)

    assert CategoryId("card") in compile_policy(loose, file="policy.yaml").categories
