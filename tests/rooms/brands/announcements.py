"""Policies to announce in tests: the shipped texts with one thing changed."""

from __future__ import annotations

import re

from hostkeep.brands import queries
from hostkeep.brands.actions.announcing import Announced, announce_policy
from hostkeep.kernel.ids import BrandId
from hostkeep.runtime import clock
from tests.conftest import ROOT, make_act


def shipped(brand: str) -> str:
    return (ROOT / "brands" / brand / "policy.yaml").read_text(encoding="utf-8")


def changed(brand: str, *pairs: tuple[str, str]) -> str:
    """The shipped text with each first text of a pair replaced by the second."""
    text = shipped(brand)
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def _kept_for(brand: str, more: int) -> str:
    """The first class of data that is kept some days is kept more days, or fewer."""
    text = shipped(brand)
    found = re.search(r"plus: P([1-9]\d*)D", text)
    assert found, brand
    return text.replace(found[0], f"plus: P{int(found[1]) + more}D", 1)


def longer(brand: str) -> str:
    """Something is kept a week longer: material."""
    return _kept_for(brand, 7)


def shorter(brand: str) -> str:
    """Something is kept a day less: nothing anybody must be told beforehand."""
    return _kept_for(brand, -1)


def reworded() -> str:
    """One word of vps6's policy is written otherwise."""
    return changed("vps6", ("When we help you, we write down for ourselves what was done.", "When we help you, we note down for ourselves what was done."))


def announce(brand: str, source: str, **more) -> Announced:
    """Announce now, as the operator."""
    act = make_act("owner", "site_administration", brand=brand, at=clock.now(), actor="cli")
    made = announce_policy(act, brand=BrandId(brand), source=source, **more)
    queries.forget()
    return made
