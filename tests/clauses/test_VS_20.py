"""VS-20: what the company answers for.  A statement: it is shown and versioned, and never proven."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, ClauseId
from hostkeep.promises import ledger
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.models import Finding
from hostkeep.promises.pages import read_page
from hostkeep.promises.rounds import run_round
from hostkeep.promises.unbuilt import NOT_BUILT_YET
from hostkeep.runtime import clock
from tests.conftest import make_act

BRAND, CLAUSE = BrandId("vietnam-server"), ClauseId("VS-20")


def row():
    return next(row for row in ledger.ledger_of(BRAND, clock.now()) if row.clause == CLAUSE)


@pytest.mark.parametrize("language", ["en", "vi"])
def test_VS_20_the_policy_page_shows_it(shop, language: str) -> None:
    clause = next(c for c in policy_in_force(BRAND, clock.now()).clauses if c.id == CLAUSE)

    words = read_page(shop("vietnam-server").get(f"/privacy/?lang={language}").body).words

    assert f"VS-20 {clause.text[language]}" in words or clause.text[language] in words.partition("VS-20")[2]


def test_VS_20_stands_in_the_version_s_data_and_under_its_digest(shop) -> None:
    data = json.loads(shop("vietnam-server").get("/privacy/policy.json").body)
    (clause,) = [each for each in data["clauses"] if each["id"] == "VS-20"]

    assert clause["kind"] == "prose" and set(clause["text"]) == {"en", "vi"}
    assert data["digest"] in shop("vietnam-server").get("/privacy/history/").body


def test_VS_20_no_control_claims_to_keep_it() -> None:
    assert CLAUSE not in CONTROLS and CLAUSE not in NOT_BUILT_YET


def test_VS_20_the_ledger_calls_it_a_statement_and_never_lights_it(shop) -> None:
    run_round(make_act(brand="", at=clock.now()), brand=shop_row())

    assert (row().light, row().evidence, row().probe, row().control) == ("statement", (), None, "")
    body = json.loads(shop("vietnam-server").get("/privacy/promises.json").body)
    (promise,) = [p for p in body["promises"] if p["clause"] == "VS-20"]
    assert (promise["light"], promise["evidence"], promise["probe"]) == ("statement", [], None)
    page = read_page(shop("vietnam-server").get("/privacy/promises/?lang=en").body).words
    assert "Words that bind the reader. Nothing to prove, so never green." in page


def test_VS_20_stays_a_statement_when_somebody_adds_findings_for_it_by_hand(shop) -> None:
    at = clock.now()
    for part in ("state", "sample", "probe"):
        Finding.objects.create(
            brand=BRAND, clause=CLAUSE, part=part, what="It is so", result="passed", value="1",
            since=at - timedelta(minutes=1), at=at,
        )  # fmt: skip

    assert (row().light, row().evidence) == ("statement", ())
    assert dict(ledger.lights_of(BRAND, at).pairs)[CLAUSE] == "statement"


def shop_row():
    from hostkeep.brands.queries import brand

    return brand(BRAND)


def test_VS_20_a_ledger_that_took_it_for_a_promise_would_be_noticed(monkeypatch) -> None:
    monkeypatch.setattr(ledger, "PROSE", "nothing is prose")

    assert row().light != "statement"
