"""Attacks on versions of a policy by those who see its pages: strangers, other customers, other staff."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.signing import Signer

from hostkeep.brands import queries
from hostkeep.brands.applying import notices_of, rejected
from hostkeep.brands.preparing import draft_of, telling_of
from hostkeep.faces.storefront.rejecting import SALT, reject_path
from hostkeep.kernel.ids import BrandId
from hostkeep.runtime import clock
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import Browser
from tests.faces.staff.test_policies import PAGE, Desk, confirmed, saves, staff
from tests.flows.test_policy_change import mailer, told_and_no
from tests.rooms.brands.announcements import announce, longer, shipped

__all__ = ["confirmed", "mailer", "staff"]

pytestmark = pytest.mark.django_db

VPS6, VPN = BrandId("vps6"), BrandId("vpn")
DEEDS = ("draft/", "sign/", "announce/", "versions/1/tell/")


def versions(brand: BrandId = VPS6) -> int:
    queries.forget()
    return len(queries.versions_of(brand))


# The link that says no.


def no_stands(ann: Member) -> bool:
    queries.forget()
    return rejected(VPN, ann.account.subject) is not None


def test_only_a_post_to_the_link_says_no(mailer) -> None:
    ann, told = told_and_no(mailer)
    path = reject_path(str(told.id))
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"):
        ann.client.generic(method, path, headers={"host": "vpn.localhost", "sec-purpose": "prefetch"})
        assert not no_stands(ann), method


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"referer": "https://evil.example/vpn.localhost/"},
        {},
    ],
)
def test_no_other_site_says_no_for_a_customer(mailer, headers: dict[str, str]) -> None:
    ann, told = told_and_no(mailer)
    answer = ann.client.post(reject_path(str(told.id)), headers={"host": "vpn.localhost", **headers})
    assert answer.status_code == 403
    assert not no_stands(ann)


def test_a_link_is_no_good_when_forged_at_another_brand_or_signed_for_something_else(mailer) -> None:
    ann, told = told_and_no(mailer)
    good = reject_path(str(told.id))
    token = good.split("/")[3]
    bad = [
        good.replace(token, token[:-1] + ("A" if token[-1] != "A" else "B")),
        good.replace(token, str(told.id)),
        good.replace(token, Signer(salt="hostkeep.unsubscribe").sign(str(told.id))),
        good.replace(token, Signer(salt=SALT).sign("not-a-number")),
        good.replace(token, Signer(salt=SALT).sign(str(told.id).replace("-", "", 1) + "é")),
        good.replace(token, token + "%00"),
        good.replace(token, token + "%0d%0aSet-Cookie:%20a=b"),
    ]
    stranger = Browser("vpn")
    for path in bad:
        for answer in (stranger.get(path), stranger.post(path)):
            assert answer.status_code == 404, path
            assert "Set-Cookie" not in answer.headers
    other = Browser("vps6")
    assert other.get(good).status_code == 404
    assert other.post(good).status_code == 404
    assert not no_stands(ann)


def test_the_page_of_the_link_says_nothing_about_whose_it_is(mailer) -> None:
    ann, told = told_and_no(mailer)
    page = Browser("vpn").get(reject_path(str(told.id)))
    assert page.status_code == 200
    for word in (ann.email, str(ann.account.subject), str(ann.account.id), ann.account.number):
        assert word not in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]


# The page that tells.


@pytest.mark.parametrize(
    "headers",
    [{"sec-purpose": "prefetch"}, {"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}, {"x-moz": "prefetch"}, {"x-purpose": "preview"}],
)
def test_a_page_that_is_fetched_ahead_tells_nobody(headers: dict[str, str]) -> None:
    ann = Member("vpn")
    announce("vpn", longer("vpn"))
    answer = ann.client.get("/account/policy/", headers={"host": "vpn.localhost", **headers})
    assert answer.status_code == 200
    assert notices_of(VPN, ann.account.subject) == ()


@pytest.mark.parametrize(
    "onward", ["//evil.example/", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/\t/evil.example", "\\\\evil.example"]
)
def test_the_page_sends_nobody_to_another_host(onward: str) -> None:
    ann = Member("vpn")
    announce("vpn", longer("vpn"))
    page = ann.client.get("/account/policy/", {"next": onward}, headers={"host": "vpn.localhost"})
    links = re.findall(r'href="([^"]*)"', page.content.decode())
    assert "/account/" in links
    assert [link for link in links if ("evil" in link or "alert" in link) and not link.startswith("?")] == []


# The back office.


@pytest.mark.parametrize("role", ["support", "billing", "sales", "abuse", "engineer"])
def test_staff_who_do_not_answer_for_policies_change_nothing(role: str, confirmed) -> None:
    desk = Desk()
    desk.signs_in(role)
    before = versions()
    for deed in DEEDS:
        answer = desk.client.post(f"{PAGE}{deed}", {"source": longer("vps6"), "digest": "x"}, headers={"host": "localhost", "sec-fetch-site": "same-origin"})
        assert answer.status_code in {403, 404}, (deed, answer.status_code)
    assert versions() == before and draft_of(VPS6) is None and telling_of(VPS6, 1) is None


def test_a_customer_and_a_stranger_reach_no_policy_of_the_back_office() -> None:
    for who in (Member("vps6"), Browser("vps6")):
        for host in ("localhost", "vps6.localhost"):
            for deed in ("", *DEEDS):
                headers = {"host": host, "sec-fetch-site": "same-origin"}
                for method in ("GET", "POST"):
                    answer = who.client.generic(method, f"{PAGE}{deed}", "source=x", content_type="application/x-www-form-urlencoded", headers=headers)
                    assert answer.status_code in {302, 403, 404, 405}, (host, deed, method, answer.status_code)
                    assert "kind: scope" not in answer.content.decode()
    assert versions() == 1


@pytest.mark.parametrize("deed", DEEDS)
def test_no_other_site_announces_for_the_owner(staff, confirmed, deed: str) -> None:
    owner = staff("owner")
    saves(owner, longer("vps6"))
    kept = draft_of(VPS6)
    answer = owner.client.post(
        f"{PAGE}{deed}", {"digest": kept.digest, "source": shipped("vps6")},
        headers={"host": "localhost", "sec-fetch-site": "cross-site", "origin": "https://evil.example"},
    )  # fmt: skip
    assert answer.status_code == 403
    assert versions() == 1 and draft_of(VPS6) == kept


@pytest.mark.parametrize(
    "day",
    ["9999-12-31T23:59", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00", "0001-01-01T00:00+14:00", "2500-01-01T00:00",
     "2026-02-30T00:00", "٢٠٢٧-٠١-٠١T00:00", "2027-01-01T00:00+99:00", "2027-W01-1", "x" * 100_000, "\x00"],
)
def test_no_day_that_is_typed_breaks_a_brand(staff, confirmed, day: str) -> None:
    owner = staff("owner")
    saves(owner, longer("vps6"))
    answer = owner.sends(owner.get(PAGE), f"{PAGE}announce/", effective=day)
    assert answer.status_code in {302, 422}, answer.status_code
    queries.forget()
    for row in queries.versions_of(VPS6):
        assert row.effective_at < clock.now() + timedelta(days=5 * 366)
    for page in ("/", "/privacy/", "/privacy/history/", "/privacy/policy.json"):
        assert Browser("vps6").get(page).status_code == 200


@pytest.mark.parametrize("size", [262_000, 299_999, 300_001, 2_000_000, 10_000_000])
def test_a_huge_policy_is_refused_in_words_and_not_kept_cut_off(staff, size: int) -> None:
    owner = staff("owner")
    text = shipped("vps6") + "\n#" + "x" * (size - len(shipped("vps6")) - 2)
    answer = saves(owner, text)
    assert answer.status_code in {400, 413, 422}, answer.status_code
    assert draft_of(VPS6) is None


def test_a_draft_of_another_brand_and_a_brand_that_is_none(staff) -> None:
    owner = staff("owner")
    assert saves(owner, shipped("vpn")).status_code == 422
    assert draft_of(VPS6) is None
    for slug in ("nobody", "..", "vps6%00", "VPS6"):
        assert owner.get(f"/staff/policies/{slug}/").status_code == 404, slug


def test_telling_of_a_version_that_is_none_or_the_first_does_no_harm(staff, mailer) -> None:
    owner = staff("owner")
    Member("vps6")
    for number, status in (("0", 404), ("99", 404), ("99999999999999999999", 404), ("1", 302)):
        page = owner.get(PAGE)
        answer = owner.client.post(f"{PAGE}versions/{number}/tell/", owner_token(page), headers={"host": "localhost", "sec-fetch-site": "same-origin"})
        assert answer.status_code == status, number


def owner_token(page) -> dict[str, str]:
    found = re.search(r'name="form_token" value="([^"]+)"', page.content.decode())
    return {"form_token": found[1]} if found else {}


def test_an_announcement_sent_twice_is_one(staff, confirmed) -> None:
    owner = staff("owner")
    saves(owner, longer("vps6"))
    page = owner.get(PAGE)
    for _ in range(2):
        assert owner.sends(page, f"{PAGE}announce/").status_code in {302, 422}
    assert versions() == 2

