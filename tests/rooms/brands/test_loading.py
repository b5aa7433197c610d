"""Brands and versions: the notice of the version in force decides the next."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.brands import queries
from hostkeep.brands.actions.announcing import announce_policy
from hostkeep.brands.actions.loading import load_brand
from hostkeep.brands.errors import BadProfile, HostTaken, NoSuchBrand, NoticeTooShort
from hostkeep.brands.rules.profile import read_profile
from hostkeep.kernel.ids import BrandId
from tests.conftest import NOON, ROOT, make_act

VPS6, FAST = BrandId("vps6"), BrandId("vpsfast")
LATER = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def forgetful(db: None):
    queries.forget()
    yield
    queries.forget()


def test_the_first_version_is_in_force_at_once() -> None:
    assert queries.version_in_force(VPS6, NOON).version == 1
    assert queries.policy_in_force(VPS6, NOON).brand == VPS6


def test_the_same_text_announces_nothing() -> None:
    source = (ROOT / "brands" / "vps6" / "policy.yaml").read_text(encoding="utf-8")
    assert announce_policy(make_act(at=LATER), brand=VPS6, source=source, effective_at=None).version == 1


def test_a_change_waits_for_the_notice_in_force() -> None:
    made = announce_policy(make_act(at=LATER), brand=VPS6, source=_reworded("vps6"), effective_at=None)
    assert (made.version, made.effective_at - made.announced_at) == (2, timedelta(days=30))
    queries.forget()
    assert queries.version_in_force(VPS6, made.effective_at - timedelta(seconds=1)).version == 1
    assert queries.version_in_force(VPS6, made.effective_at).version == 2


def test_a_sooner_date_is_refused_by_its_clause() -> None:
    with pytest.raises(NoticeTooShort) as refusal:
        announce_policy(
            make_act(at=LATER), brand=VPS6, source=_reworded("vps6"), effective_at=LATER + timedelta(days=29)
        )
    assert refusal.value.clause == "V6-16"


def test_where_no_notice_is_promised_a_change_is_in_force_now() -> None:
    made = announce_policy(
        make_act(at=LATER, brand="vpsfast"), brand=FAST, source=_reworded("vpsfast"), effective_at=None
    )
    queries.forget()
    assert queries.version_in_force(FAST, made.announced_at).version == made.version == 2


def test_an_unknown_brand_is_none() -> None:
    assert queries.brand_by_host("nobody.example") is None
    with pytest.raises(NoSuchBrand):
        queries.policy_in_force(BrandId("nobody"), NOON)


def test_a_brand_answers_on_each_of_its_hosts() -> None:
    row = queries.brand(BrandId("vietnam-server"))
    assert len(row.hosts) > 1
    assert {queries.brand_by_host(h).id for h in row.hosts} == {"vietnam-server"}


def test_a_host_belongs_to_one_brand() -> None:
    text = (ROOT / "brands" / "vpn" / "brand.toml").read_text(encoding="utf-8").replace("vpn.localhost", "vps6.localhost")
    with pytest.raises(HostTaken):
        load_brand(make_act(), profile=read_profile(text))


@pytest.mark.parametrize(("text", "said"), [
    ("id = ", "Invalid"), ("id = 'x'", "lacks"),
])  # fmt: skip
def test_a_bad_profile_says_what_to_mend(text: str, said: str) -> None:
    with pytest.raises(BadProfile) as refusal:
        read_profile(text)
    assert said in str(refusal.value.facts["why"])


def _reworded(brand: str) -> str:
    source = (ROOT / "brands" / brand / "policy.yaml").read_text(encoding="utf-8")
    assert '"privacy@' in source
    return source.replace('"privacy@', '"policy@', 1)
