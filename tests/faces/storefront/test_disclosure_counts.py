"""The public counts of what went to others: recipients and years, no person, no canary, nothing kept secret."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from hostkeep.kernel.ids import CategoryId, PurposeId
from hostkeep.promises.stranger import WsgiStranger
from hostkeep.runtime import clock
from hostkeep.vault import consenting, disclosing, grounds
from hostkeep.vault.disclosing import Approval, NotDisclosed
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway

__all__ = ["gateway"]

EMAIL, SERVICE = CategoryId("email"), PurposeId("service")


@pytest.fixture
def stranger(db) -> WsgiStranger:
    from hostkeep.project.wsgi import application

    return WsgiStranger(application)


def counted(stranger: WsgiStranger, brand: str = "vpsfast") -> dict[str, dict]:
    body = json.loads(stranger.request("GET", f"{brand}.localhost", "/privacy/disclosures.json").body)
    assert set(body) == {"brand", "at", "disclosures"}
    return {row["recipient"]: row for row in body["disclosures"]}


def page(stranger: WsgiStranger, brand: str = "vpsfast", lang: str = "en") -> str:
    answer = stranger.request("GET", f"{brand}.localhost", f"/privacy/disclosures/?lang={lang}")
    assert answer.status == 200
    return answer.body


def hands(ann: Member) -> None:
    subject = ann.account.subject
    act = make_act("system", "service", brand=ann.brand, at=clock.now())
    disclosing.disclose(
        act, subject=subject, recipient="moving_partner", categories=[EMAIL], purpose=SERVICE, ticket="", once=uuid4().hex
    )


def permits(ann: Member) -> None:
    subject = ann.account.subject
    own = make_act("customer", "rights", brand=ann.brand, at=clock.now(), own=subject)
    consenting.give(own, subject=subject, purpose=SERVICE, recipient="moving_partner", how="client_area")


@pytest.mark.parametrize("brand", ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"])
def test_every_brand_has_its_page_with_those_who_never_got_anything(stranger: WsgiStranger, brand: str) -> None:
    shown = page(stranger, brand)
    assert "Named in the policy, and given nothing so far" in shown or "By recipient and year" in shown
    assert stranger.request("GET", f"{brand}.localhost", "/privacy/disclosures/").header("set-cookie") == ""


def test_what_was_handed_over_and_refused_is_counted_and_nobody_is_named(stranger: WsgiStranger) -> None:
    ann = Member("vpsfast")
    before = counted(stranger).get("moving_partner", {"handed": 0, "people": 0, "refused": 0})
    with pytest.raises(NotDisclosed):
        hands(ann)
    permits(ann)
    hands(ann)
    hands(ann)

    row = counted(stranger)["moving_partner"]
    assert row["basis"] == "consent"
    assert {name: row[name] - before[name] for name in before if name in {"handed", "people", "refused"}} == {
        "handed": 2, "people": 1, "refused": 1,
    }  # fmt: skip
    shown = page(stranger)
    assert "The firm that moves your site" in shown
    assert 'href="/privacy/#VF-8"' in shown
    for value in (ann.email, ann.account.number, str(ann.account.subject), "Ann Fields"):
        assert value not in shown


def test_a_canary_is_not_counted(stranger: WsgiStranger) -> None:
    from hostkeep.people.models import Account

    ann = Member("vpsfast")
    permits(ann)
    before = counted(stranger).get("moving_partner", {"handed": 0})["handed"]
    Account.objects.filter(id=ann.account.id).update(canary=True)
    hands(ann)
    assert counted(stranger).get("moving_partner", {"handed": 0})["handed"] == before


def test_what_is_asked_for_nobody_the_policy_names_makes_no_line(stranger: WsgiStranger) -> None:
    ann = Member("vpsfast")
    act = make_act("system", "service", brand="vpsfast", at=clock.now())
    with pytest.raises(NotDisclosed):
        disclosing.disclose(
            act, subject=ann.account.subject, recipient="somebody", categories=[EMAIL], purpose=SERVICE, ticket="", once="x"
        )
    assert "somebody" not in counted(stranger)


def test_what_an_order_keeps_secret_is_counted_when_it_ends(stranger: WsgiStranger, monkeypatch) -> None:
    ann = Member("vpn")
    until = clock.now() + timedelta(days=1)
    monkeypatch.setattr(grounds, "_checkers", {})
    disclosing.approved_by("legal_request", lambda *_: Approval(frozenset({EMAIL}), "privacy:a", "owner:b", "EE", until))
    before = counted(stranger, "vpn").get("law_enforcement", {"handed": 0})["handed"]
    disclosing.disclose(
        make_act("privacy", "rights", brand="vpn", at=clock.now()), subject=ann.account.subject, recipient="law_enforcement",
        categories=[EMAIL], purpose=PurposeId("legal_obligation"), ticket="case", once=uuid4().hex, reason="order",
    )  # fmt: skip
    assert counted(stranger, "vpn").get("law_enforcement", {"handed": 0})["handed"] == before


def test_the_operators_host_has_no_such_page(stranger: WsgiStranger) -> None:
    for path in ("/privacy/disclosures/", "/privacy/disclosures.json"):
        assert stranger.request("GET", "localhost", path).status == 404
