"""VS-11: offers come only after they were asked for, and stop as soon as they are refused, queued mail too."""

from __future__ import annotations

import pytest

from hostkeep.flows import mailing
from hostkeep.kernel.ids import BrandId
from hostkeep.messaging.models import Mail
from tests.clauses.mails import arrives, carried, queued, switches
from tests.faces.client.conftest import Member
from tests.flows.test_mailing import mailer

__all__ = ["mailer"]

BRAND = BrandId("vietnam-server")
STREAMS = ("offers", "product_news")


@pytest.fixture
def ann(db) -> Member:
    return Member(BRAND)


@pytest.mark.parametrize("stream", STREAMS)
def test_VS_11_the_box_at_sign_up_comes_unticked(shop, stream: str) -> None:
    box = shop(BRAND).get("/auth/signup/?lang=en").body.split(f'name="{stream}"')[1].split(">")[0]

    assert "checked" not in box


@pytest.mark.parametrize("stream", STREAMS)
def test_VS_11_who_never_agreed_gets_none(ann: Member, mailer, stream: str) -> None:
    assert not arrives(ann, stream)
    assert mailer.letters == []


def test_VS_11_agreed_it_comes_refused_it_stops_for_mail_that_waits_and_for_nobody_else(ann: Member, mailer) -> None:
    ben = Member(BRAND, "ben")
    for each in (ann, ben):
        switches(each, offers="on", announcements="on")
    assert arrives(ann, "offers", "first")
    waits, bens = queued(ann, "offers", "second"), queued(ben, "offers", "bens")

    switches(ann, announcements="on")

    assert (carried(waits), carried(bens)) == ("refused", "sent")
    assert Mail.objects.get(id=waits.mail).last_code == "VS-11"


def test_VS_11_refusing_one_leaves_the_other(ann: Member, mailer) -> None:
    switches(ann, offers="on", product_news="on", announcements="on")
    switches(ann, product_news="on", announcements="on")

    assert [stream for stream in STREAMS if arrives(ann, stream)] == ["product_news"]


def test_VS_11_offers_that_are_on_by_themselves_would_be_noticed(ann: Member, mailer, monkeypatch) -> None:
    monkeypatch.setattr(mailing, "wanted", lambda *_: True)
    monkeypatch.setattr(mailing, "_agreed", lambda *_: True)

    assert arrives(ann, "offers")
