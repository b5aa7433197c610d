"""V6-12: mails confirm orders, and the site has mail links to reach the company."""

from __future__ import annotations

import pytest

from hostkeep.brands.queries import brand
from hostkeep.flows import notices
from hostkeep.kernel.ids import BrandId
from hostkeep.promises.pages import read_page
from hostkeep.shop.queries.orders import orders_of
from tests.clauses.orders import mails_of_an_order
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway
from tests.flows.test_mailing import mailer

__all__ = ["gateway", "mailer"]

BRAND = BrandId("vps6")


@pytest.fixture
def ann(db) -> Member:
    return Member(BRAND)


def test_V6_12_an_order_is_confirmed_by_mail_at_the_login_address(ann: Member, gateway, mailer) -> None:
    assert mails_of_an_order(ann) == ["order/confirmed"]

    (order,) = orders_of(ann.account.id)
    (letter,) = mailer.letters
    said = mailer.read().get_body(("plain",)).get_content()
    assert letter.to == ann.email
    assert str(mailer.read()["Subject"]) == f"Your order {order.number}"
    assert order.number in said
    assert "V6-12" in said


def test_V6_12_an_answer_to_it_goes_to_the_company(ann: Member, gateway, mailer) -> None:
    mails_of_an_order(ann)

    assert brand(BRAND).support_mail in str(mailer.read()["From"])


def test_V6_12_an_order_that_nobody_confirms_would_be_noticed(ann: Member, gateway, mailer, monkeypatch) -> None:
    monkeypatch.setattr(notices, "write_to", lambda *_, **__: None)

    assert mails_of_an_order(ann) == []


@pytest.mark.parametrize("language", ["en", "vi"])
def test_V6_12_the_contact_page_has_mail_links(shop, language: str) -> None:
    links = read_page(shop(BRAND).get(f"/contact/?lang={language}").body).links

    assert f"mailto:{brand(BRAND).support_mail}" in links
    assert all(link.endswith(".example") for link in links if link.startswith("mailto:"))


@pytest.mark.parametrize("path", ["/", "/privacy/", "/auth/login/"])
def test_V6_12_every_page_leads_to_the_contact_page(shop, path: str) -> None:
    assert "/contact/" in read_page(shop(BRAND).get(path).body).links
