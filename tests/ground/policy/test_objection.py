"""Whom an objection reaches: our own interest, never a contract, the law or a claim."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostkeep.kernel.ids import PurposeId
from hostkeep.policy.objection import objectable, stopped_by
from tests.ground.policy.small import brand, whole


@pytest.mark.parametrize("slug", ["photonvps", "vietnam-server", "vpn", "vps6", "vpsfast"])
def test_only_what_rests_on_our_interest_can_be_objected_to(slug: str) -> None:
    policy = brand(slug)
    for purpose in objectable(policy):
        assert purpose.basis == "legitimate_interest"
        assert purpose.id not in {"dispute", "fraud_prevention", "terms_breach"}
    if slug == "vps6":
        assert {each.id for each in objectable(policy)} == {
            "product_news", "site_news", "offers", "diagnostics", "site_administration", "improvement",
        }


def test_without_the_right_there_is_nothing_to_object_to() -> None:
    granted = whole()
    assert objectable(granted) != ()
    assert objectable(replace(granted, duties=replace(granted.duties, rights={}))) == ()


def test_an_objection_stops_its_purpose_and_a_restriction_all_of_them() -> None:
    policy = brand("vps6")
    offers, news, billing = PurposeId("offers"), PurposeId("product_news"), PurposeId("billing")
    assert stopped_by(policy, offers, frozenset({"offers"}))
    assert not stopped_by(policy, news, frozenset({"offers"}))
    assert stopped_by(policy, news, frozenset({""}))
    for left in (billing, PurposeId("dispute"), PurposeId("rights"), PurposeId("no_such")):
        assert not stopped_by(policy, left, frozenset({"", left}))
