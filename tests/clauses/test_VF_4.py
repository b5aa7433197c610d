"""VF-4: messages about the account go by e-mail; announcements reach every customer, the newsletter who chose it."""

from __future__ import annotations

import pytest

from hostkeep.flows import mailing
from hostkeep.kernel.ids import BrandId
from hostkeep.messaging.errors import NoSuchStream
from hostkeep.messaging.queries import choices_of
from tests.clauses.mails import arrives, queued, switches
from tests.clauses.orders import mails_of_an_order
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway
from tests.flows.test_mailing import mailer

__all__ = ["gateway", "mailer"]

BRAND = BrandId("vpsfast")


@pytest.fixture
def ann(db) -> Member:
    return Member(BRAND)


def test_VF_4_a_fresh_customer_gets_the_order_mail_and_the_announcement_and_no_newsletter(
    ann: Member, gateway, mailer
) -> None:
    assert "order/confirmed" in mails_of_an_order(ann)
    assert arrives(ann, "announcements")
    assert not arrives(ann, "newsletter")
    assert {letter.to for letter in mailer.letters} == {ann.email}


def test_VF_4_who_subscribed_gets_both_and_who_stops_gets_the_announcement_alone(ann: Member, mailer) -> None:
    switches(ann, newsletter="on", announcements="on")
    assert arrives(ann, "newsletter", "n1")
    assert arrives(ann, "announcements", "a1")

    switches(ann, announcements="on")
    assert not arrives(ann, "newsletter", "n2")
    assert arrives(ann, "announcements", "a2")


def test_VF_4_answers_and_bills_cannot_be_switched_off(ann: Member, mailer) -> None:
    switches(ann)

    for stream in ("account", "technical", "billing", "support"):
        assert arrives(ann, stream), stream
    assert set(choices_of(ann.account.subject, brand=BRAND)) <= {"announcements", "newsletter"}


def test_VF_4_a_class_that_the_policy_does_not_name_is_refused_with_the_clause(ann: Member) -> None:
    with pytest.raises(NoSuchStream) as no:
        queued(ann, "offers")

    assert no.value.clause == "VF-4"


def test_VF_4_a_newsletter_sent_to_everybody_would_be_noticed(ann: Member, mailer, monkeypatch) -> None:
    monkeypatch.setattr(mailing, "wanted", lambda *_: True)
    assert not arrives(ann, "newsletter", "n1"), "the consent is a wall of its own"

    monkeypatch.setattr(mailing, "_agreed", lambda *_: True)
    assert arrives(ann, "newsletter", "n2")
