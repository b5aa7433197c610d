"""The policy page and the promise ledger are laid out from what the program obeys."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from hostkeep.faces.storefront.policy_layout import sections_of
from hostkeep.faces.storefront.promise_layout import promises_of
from hostkeep.faces.ui.lights import gather
from hostkeep.policy.render.page import policy_page
from tests.faces.ui.policies import policy

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BRANDS = ("vpsfast", "vps6", "photonvps", "vpn", "vietnam-server")


@pytest.mark.parametrize("slug", BRANDS)
@pytest.mark.parametrize("language", ["en", "vi"])
def test_every_clause_stands_on_the_page_once_with_its_light(slug: str, language: str) -> None:
    known = policy(slug)
    page = policy_page(known, language)

    sections = sections_of(page, gather([(c.id, "green") for c in known.clauses], NOON))

    lit = [each for section in sections for each in section.clauses]
    assert sorted(each.clause.id for each in lit) == sorted(c.id for c in known.clauses)
    assert all(each.light == ("statement" if each.clause.statement else "proven") for each in lit)
    assert {"cookies", "disclose", "retain", "collect"} <= {section.kind for section in sections}


def test_a_clause_nobody_looked_at_has_no_light() -> None:
    sections = sections_of(policy_page(policy("vps6"), "en"), None)

    lights = {each.light for section in sections for each in section.clauses}
    assert lights == {None, "statement"}


def test_the_ledger_shows_broken_first_and_calls_the_unknown_stale() -> None:
    known = policy("photonvps")
    page = policy_page(known, "en")
    seen = SimpleNamespace(what="State", value="0", at=NOON)
    rows = {
        "PH-9": SimpleNamespace(clause="PH-9", light="red", why="x", lacks="", control="y", evidence=(seen,), probe=None),
        "PH-1": SimpleNamespace(clause="PH-1", light="green", why="", lacks="", control="y", evidence=(seen,), probe=None),
        "PH-4": SimpleNamespace(clause="PH-4", light="green", why="", lacks="", control="", evidence=(), probe=None),
    }

    found = promises_of(page, rows)

    assert len(found) == len(known.clauses)
    assert (found[0].clause.id, found[0].light, found[0].at) == ("PH-9", "broken", NOON)
    by_id = {promise.clause.id: promise for promise in found}
    assert by_id["PH-1"].light == "proven"
    assert by_id["PH-2"].light == "stale"
    assert by_id["PH-4"].light == "statement", "a statement is never green, whatever the ledger says"
    assert [p.clause.id for p in found if p.light == "stale"][:2] == ["PH-2", "PH-3"]
