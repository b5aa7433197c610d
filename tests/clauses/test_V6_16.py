"""V6-16: material changes are announced at least thirty full days before they apply."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from hostkeep.brands import queries
from hostkeep.brands.actions import announcing
from hostkeep.brands.errors import NoticeTooShort
from hostkeep.kernel.ids import BrandId
from hostkeep.runtime import clock
from tests.rooms.brands.announcements import announce, longer, reworded, shorter

VPS6 = BrandId("vps6")
DAY = timedelta(days=1)


@pytest.mark.parametrize("source", [longer("vps6"), reworded()], ids=["a rule", "a rewording nobody signed"])
def test_V6_16_twenty_nine_days_are_refused_and_thirty_are_scheduled(shop, source) -> None:
    with pytest.raises(NoticeTooShort) as no:
        announce("vps6", source, effective_at=clock.now() + 29 * DAY)
    assert no.value.clause == "V6-16"

    made = announce("vps6", source, effective_at=clock.now() + 30 * DAY)

    assert made.effective_at - made.announced_at >= 30 * DAY
    data = json.loads(shop("vps6").get("/privacy/policy.json").body)
    assert (data["version"], data["next"]["version"]) == (1, 2)
    assert queries.version_in_force(VPS6, made.effective_at).version == 2


def test_V6_16_the_engine_weighs_and_nobody_calls_a_change_lighter(shop) -> None:
    assert not announce("vps6", shorter("vps6")).material
    with pytest.raises(TypeError):
        announce("vps6", longer("vps6"), material=False)
    with pytest.raises(NoticeTooShort):
        announce("vps6", longer("vps6"), weighed="minor", effective_at=clock.now() + DAY)


def test_V6_16_is_proven(prove) -> None:
    assert prove("V6-16") == {}


def test_V6_16_turns_red_when_every_change_counts_as_minor(prove, monkeypatch) -> None:
    monkeypatch.setattr(announcing, "_weight", lambda *_: "minor")

    assert set(prove("V6-16")) == {
        "A change that matters waits for the whole notice, and then applies",
        "A change that matters is announced a day too soon",
    }


def test_V6_16_turns_red_when_the_database_holds_nobody_to_the_notice(broken_into) -> None:
    seen = broken_into(
        "CREATE OR REPLACE FUNCTION brands_hold_to_notice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " NEW.announced_at := runtime.now();"
        " NEW.effective_at := coalesce(NEW.effective_at, NEW.announced_at + interval '30 days');"
        " RETURN NEW; END $$",
        "V6-16",
    )

    assert list(seen) == ["A change that matters is announced a day too soon"]


def test_V6_16_turns_red_when_a_version_was_slipped_in(broken_into) -> None:
    seen = broken_into(
        "ALTER TABLE brands_policyversion DISABLE TRIGGER USER;"
        "INSERT INTO brands_policyversion (handle, brand, version, digest, source, weight, mode, period, announced_at, effective_at)"
        " SELECT gen_random_uuid(), brand, 2, digest, replace(source, 'plus: P14D', 'plus: P21D'), 'minor', mode, period, now(), now()"
        " FROM brands_policyversion WHERE brand = 'vps6';"
        "SET CONSTRAINTS ALL IMMEDIATE;"
        "ALTER TABLE brands_policyversion ENABLE TRIGGER USER",
        "V6-16",
    )

    assert set(seen) >= {"The stored text of every version has the fingerprint that was announced"}


def test_V6_16_by_page_and_by_program_too(db, monkeypatch) -> None:
    from hostkeep.faces.staff import policies
    from tests.faces.api.conftest import problem
    from tests.faces.api.test_terms import staff as program_of
    from tests.faces.staff.test_policies import PAGE, Desk

    program = program_of("owner")
    soon = (clock.now() + 29 * DAY).isoformat()
    answer = program.post("/policy/versions", {"source": longer("vps6"), "effective_at": soon})
    assert problem(answer, 422, "brands.policy.notice_too_short")["clause"] == "V6-16"

    monkeypatch.setattr(policies, "confirmed_lately", lambda _request: True)
    owner = Desk()
    owner.signs_in("owner")
    owner.sends(owner.get(PAGE), f"{PAGE}draft/", source=longer("vps6"))
    refused = owner.sends(owner.get(PAGE), f"{PAGE}announce/", effective=f"{clock.now() + 29 * DAY:%Y-%m-%dT%H:%M}")
    assert refused.status_code == 422 and "V6-16" in refused.content.decode()

    queries.forget()
    assert len(queries.versions_of(VPS6)) == 1
