"""PH-11: where a form asks something, one can say there and then: no mail from the company, none for partners."""

from __future__ import annotations

import re

from hostkeep.brands.queries import policy_in_force
from hostkeep.faces.signin import forms
from hostkeep.flows import mailing
from hostkeep.kernel.ids import BrandId
from hostkeep.messaging.queries import choices_of
from hostkeep.runtime import clock
from tests.clauses.mails import Joined, arrives
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway, text
from tests.flows.test_mailing import mailer

__all__ = ["gateway", "mailer"]

BRAND = BrandId("photonvps")
BOTH = {"company_news": True, "partner_offers": False}


def boxes(page: str) -> dict[str, bool]:
    """The boxes of a page: name, and whether it comes ticked."""
    found = re.findall(r'<input[^>]*type="checkbox"[^>]*>', page)
    return {re.search(r'name="([^"]+)"', box)[1]: " checked" in box for box in found}


def test_PH_11_sign_up_has_both_choices_and_partners_come_unticked(shop) -> None:
    shown = boxes(shop(BRAND).get("/auth/signup/").body)

    assert {name: shown[name] for name in BOTH} == BOTH


def test_PH_11_the_order_form_has_both(db, gateway) -> None:
    ann = Member(BRAND)
    ann.puts()

    shown = boxes(text(ann.get("/checkout/")))

    assert {name: shown[name] for name in BOTH} == BOTH


def test_PH_11_so_has_every_form_that_the_policy_declares() -> None:
    declared = policy_in_force(BRAND, clock.now()).forms

    assert set(declared) == {"signup", "order", "enquiry", "contact", "board"}
    for form in declared.values():
        assert {choice.stream: choice.ticked for choice in form.choices} == BOTH, form.id


def test_PH_11_an_opt_out_at_sign_up_is_stored_before_anything_is_sent(shop, scene, mailer) -> None:
    somebody = Joined(BRAND, shop, scene)  # the box for company news is taken out

    assert choices_of(somebody.account.subject, brand=BRAND) == {"company_news": False, "partner_offers": False}
    assert mailer.letters == []
    assert not arrives(somebody, "company_news")
    assert not arrives(somebody, "partner_offers")


def test_PH_11_who_chooses_company_news_alone_gets_that_alone(shop, scene, mailer) -> None:
    somebody = Joined(BRAND, shop, scene, company_news="on")

    assert arrives(somebody, "company_news")
    assert not arrives(somebody, "partner_offers")


def test_PH_11_who_chose_nothing_gets_no_partner_mail(db, mailer) -> None:
    assert not arrives(Member(BRAND), "partner_offers")


def test_PH_11_partner_mail_that_was_chosen_is_sent_by_the_company_itself(shop, scene, mailer) -> None:
    somebody = Joined(BRAND, shop, scene, partner_offers="on")

    assert arrives(somebody, "partner_offers")
    assert mailer.letters[0].sender.endswith("@photonvps.example")
    assert not [r for r in policy_in_force(BRAND, clock.now()).recipients.values() if not r.exception]


def test_PH_11_an_opt_out_that_is_not_stored_would_be_noticed(shop, scene, mailer, monkeypatch) -> None:
    monkeypatch.setattr(forms, "stop_stream", lambda *_, **__: None)
    somebody = Joined(BRAND, shop, scene)

    assert choices_of(somebody.account.subject, brand=BRAND) == {}
    assert arrives(somebody, "company_news")


def test_PH_11_partner_mail_to_everybody_would_be_noticed(db, mailer, monkeypatch) -> None:
    monkeypatch.setattr(mailing, "wanted", lambda *_: True)
    monkeypatch.setattr(mailing, "_agreed", lambda *_: True)

    assert arrives(Member(BRAND), "partner_offers")
