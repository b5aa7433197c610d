"""PH-8: the mailing list can be left in the preferences at any time; mails that are needed keep coming."""

from __future__ import annotations

import pytest

from hostkeep.flows import mailing
from hostkeep.messaging.actions.choosing import stop_stream
from hostkeep.messaging.errors import CannotStop
from hostkeep.messaging.models import Mail
from hostkeep.runtime import clock
from tests.clauses.mails import arrives, carried, queued, switches
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.flows.test_mailing import mailer

__all__ = ["mailer"]

BRAND = "photonvps"
NEEDED = ("account", "technical", "billing", "support", "policy_change")


@pytest.fixture
def ann(db) -> Member:
    return Member(BRAND)


def test_PH_8_who_left_in_the_preferences_is_skipped_and_invoices_still_come(ann: Member, mailer) -> None:
    assert arrives(ann, "company_news", "first")
    waits = queued(ann, "company_news", "second")

    switches(ann)

    assert carried(waits) == "refused"
    assert Mail.objects.get(id=waits.mail).last_code == "PH-8"
    assert all(arrives(ann, stream) for stream in NEEDED)


def test_PH_8_who_comes_back_gets_it_again(ann: Member, mailer) -> None:
    switches(ann)
    switches(ann, company_news="on")

    assert arrives(ann, "company_news")


@pytest.mark.parametrize("stream", NEEDED)
def test_PH_8_what_is_needed_has_no_switch(ann: Member, stream: str) -> None:
    subject = ann.account.subject
    act = make_act("customer", "account", brand=BRAND, at=clock.now(), own=subject)

    with pytest.raises(CannotStop):
        stop_stream(act, subject=subject, stream=stream, how="client_area")


def test_PH_8_looking_at_the_address_of_the_switches_changes_nothing(ann: Member, mailer) -> None:
    assert ann.get("/account/privacy/messages/").status_code == 405
    assert arrives(ann, "company_news")


def test_PH_8_a_mailing_that_looks_nobody_up_would_be_noticed(ann: Member, mailer, monkeypatch) -> None:
    switches(ann)
    monkeypatch.setattr(mailing, "wanted", lambda *_: True)

    assert arrives(ann, "company_news")
