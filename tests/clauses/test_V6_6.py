"""V6-6: news of products, news of the site and offers: each with a choice of its own, each stopped by itself."""

from __future__ import annotations

import re

import pytest

from hostkeep.flows import mailing
from hostkeep.kernel.ids import BrandId
from hostkeep.messaging.models import Mail
from hostkeep.messaging.queries import choices_of
from tests.clauses.mails import Joined, arrives, carried, queued, switches
from tests.faces.client.conftest import Member
from tests.flows.test_mailing import mailer

__all__ = ["mailer"]

BRAND = BrandId("vps6")
STREAMS = ("product_news", "site_news", "offers")


@pytest.fixture
def ann(db) -> Member:
    return Member(BRAND)


def test_V6_6_who_stops_offers_alone_still_gets_the_rest(ann: Member, mailer) -> None:
    switches(ann, product_news="on", site_news="on")

    assert [stream for stream in STREAMS if arrives(ann, stream)] == ["product_news", "site_news"]


def test_V6_6_a_no_reaches_mail_that_already_waits(ann: Member, mailer) -> None:
    waits = queued(ann, "offers")
    switches(ann, product_news="on", site_news="on")

    assert carried(waits) == "refused"
    assert Mail.objects.get(id=waits.mail).last_code == "V6-6"
    assert mailer.letters == []


def test_V6_6_the_choice_stands_beside_the_address_at_sign_up(shop) -> None:
    page = shop(BRAND).get("/auth/signup/?lang=en").body

    boxes = re.findall(r'<input[^>]*type="checkbox"[^>]*name="([a-z_]+)"', page)
    boxes += re.findall(r'<input[^>]*name="([a-z_]+)"[^>]*type="checkbox"', page)
    assert set(STREAMS) <= set(boxes)


def test_V6_6_a_refusal_at_sign_up_stops_the_first_mail(shop, scene, mailer) -> None:
    somebody = Joined(BRAND, shop, scene, product_news="on", site_news="on")  # the box for offers is left out

    assert choices_of(somebody.account.subject, brand=BRAND)["offers"] is False
    assert [stream for stream in STREAMS if arrives(somebody, stream)] == ["product_news", "site_news"]


def test_V6_6_a_switch_that_nobody_asks_before_sending_would_be_noticed(ann: Member, mailer, monkeypatch) -> None:
    switches(ann)
    monkeypatch.setattr(mailing, "wanted", lambda *_: True)

    assert arrives(ann, "offers")
