"""VF-7: declared cookies only; they make the site easier, nobody else gets them, and reading needs none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostkeep.brands.queries import policy_in_force
from hostkeep.faces.ui import guard
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId
from hostkeep.policy.book import Policy
from hostkeep.policy.compile import compile_policy
from hostkeep.policy.errors import PolicyError
from hostkeep.promises.pages import read_page
from hostkeep.promises.tempter import WISH
from hostkeep.runtime import clock
from hostkeep.vault import consenting
from tests.conftest import make_act
from tests.faces.client.conftest import Member

BRAND = BrandId("vpsfast")
PAGES = ("/", "/privacy/", "/privacy/promises/", "/auth/signup/", "/auth/login/", "/contact/", "/cart/")
SOURCE = (Path(__file__).parents[2] / "brands" / "vpsfast" / "policy.yaml").read_text(encoding="utf-8")
COOKIES = CategoryId("cookies")


def gave_away(shop, *wishes: str) -> list[str]:
    """The names of the cookies that leave when a page tries to set them."""
    return [header for name in wishes for header in shop(BRAND).get("/", **{WISH: f"{name}=1; Path=/"}).cookies]


def test_VF_7_every_page_reads_with_all_cookies_blocked(shop) -> None:
    products = {link for link in read_page(shop(BRAND).get("/").body).links if link.startswith("/products/")}
    assert products

    for page in (*PAGES, *products):
        answer = shop(BRAND).get(page)
        assert (page, answer.status, answer.cookies) == (page, 200, ())


def test_VF_7_login_says_plainly_that_it_needs_one(shop) -> None:
    main = shop(BRAND).get("/auth/login/?lang=en").body.partition("<main")[2].partition("</main")[0]

    assert "cookie" in read_page(main).words.lower()


def test_VF_7_no_undeclared_cookie_leaves(shop) -> None:
    assert gave_away(shop, "evil", "csrftoken", "sessionid", "__Host-keep", "__Host-receipts") == []


def test_VF_7_a_guard_that_stands_aside_would_be_noticed(shop, monkeypatch) -> None:
    monkeypatch.setattr(guard, "_guarded", lambda headers, *_: headers)

    assert gave_away(shop, "evil") != []


def receivers(policy: Policy) -> list[str]:
    """The recipients that may get a cookie."""
    return [each.id for each in policy.recipients.values() if COOKIES in each.categories]


def test_VF_7_nobody_outside_may_have_what_a_cookie_holds() -> None:
    assert receivers(policy_in_force(BRAND, clock.now())) == []


@pytest.mark.parametrize("role", ["support", "billing", "sales", "engineer", "abuse", "owner", "clerk"])
def test_VF_7_staff_do_not_read_it_either(role: str) -> None:
    policy = policy_in_force(BRAND, clock.now())

    assert not [purpose for purpose in policy.purposes if policy.table.get((COOKIES, purpose, role))]


def test_VF_7_not_even_a_permission_gives_a_cookie_away(db) -> None:
    ann = Member(BRAND)
    subject = ann.account.subject
    act = make_act("customer", "rights", brand=BRAND, at=clock.now(), own=subject)

    with pytest.raises(consenting.NotAskedFor):
        consenting.give(
            act, subject=subject, purpose=PurposeId("remember"), recipient="moving_partner", how="client_area"
        )


def test_VF_7_a_policy_that_gives_one_away_does_not_load() -> None:
    wider = SOURCE.replace("      categories: [name, email, phone]\n", "      categories: [name, email, phone, cookies]\n", 1)
    assert wider != SOURCE

    with pytest.raises(PolicyError) as no:
        compile_policy(wider, file="policy.yaml")

    assert "Nobody outside may receive cookies" in str(no.value)
