"""What every clause of kind prose must hold to: it is shown, it stands under the digest, no light ever burns for it."""

from __future__ import annotations

import json
from datetime import timedelta

from hostkeep.brands.queries import brand, policy_in_force
from hostkeep.kernel.ids import BrandId, ClauseId
from hostkeep.promises import ledger
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.models import Finding
from hostkeep.promises.pages import read_page
from hostkeep.promises.rounds import run_round
from hostkeep.promises.unbuilt import NOT_BUILT_YET
from hostkeep.runtime import clock
from tests.conftest import make_act


def is_shown(shop, name: str, clause: str, language: str) -> bool:
    """Say whether the policy page prints the clause's own words."""
    found = next(c for c in policy_in_force(BrandId(name), clock.now()).clauses if c.id == clause)
    words = read_page(shop(name).get(f"/privacy/?lang={language}").body).words
    return found.text[language] in words


def stands_in_the_versions_data(shop, name: str, clause: str) -> None:
    """See the clause in the data of the version whose digest the history shows."""
    data = json.loads(shop(name).get("/privacy/policy.json").body)
    (found,) = [each for each in data["clauses"] if each["id"] == clause]

    assert found["kind"] == "prose"
    assert data["digest"] in shop(name).get("/privacy/history/").body


def prints_the_policy_of(name: str, monkeypatch) -> None:
    """Let every policy page print another brand's policy."""
    from hostkeep.faces.storefront import policy_pages
    from hostkeep.policy.render.page import policy_page

    other = policy_in_force(BrandId(name), clock.now())
    monkeypatch.setattr(policy_pages, "policy_page", lambda _policy, language: policy_page(other, language))


def light_of(name: str, clause: str) -> str:
    """Return a clause's light as the ledger has it."""
    return next(row.light for row in ledger.ledger_of(BrandId(name), clock.now()) if row.clause == clause)


def published(shop, name: str, clause: str) -> tuple[str, object, object]:
    """Return what the public ledger says of a clause: its light, its evidence, its probe."""
    body = json.loads(shop(name).get("/privacy/promises.json").body)
    (found,) = [promise for promise in body["promises"] if promise["clause"] == clause]
    return found["light"], found["evidence"], found["probe"]


def never_burns(shop, name: str, clause: str) -> bool:
    """Say whether no light burns: after a round, and after somebody wrote good findings in by hand."""
    assert clause not in CONTROLS
    assert clause not in NOT_BUILT_YET
    at = clock.now()
    run_round(make_act(brand="", at=at), brand=brand(BrandId(name)))
    for part in ("state", "sample", "probe"):
        Finding.objects.create(
            brand=name, clause=ClauseId(clause), part=part, what="It is so", result="passed", value="1",
            since=at - timedelta(minutes=1), at=at,
        )  # fmt: skip
    ledger.forget()
    return light_of(name, clause) == "statement" and published(shop, name, clause) == ("statement", [], None)
