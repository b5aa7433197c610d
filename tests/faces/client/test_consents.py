"""Consents in the account: asked apart, taken back as easily as given, with a receipt of each."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse
from django.test import Client
from jsonschema import Draft202012Validator

from hostkeep.audit.models import Entry
from hostkeep.brands.queries import policy_in_force
from hostkeep.flows.mailing import on_mail_queued
from hostkeep.kernel.ids import BrandId, PurposeId, SubjectId
from hostkeep.messaging.actions.queueing import queue_mail
from hostkeep.messaging.events import MailQueued
from hostkeep.messaging.models import Mail, Preference
from hostkeep.messaging.queries import choices_of
from hostkeep.people.actions.staying import begin_stay
from hostkeep.people.models import User
from hostkeep.people.queries import acceptances_of, stays_of
from hostkeep.promises.personas import persona
from hostkeep.runtime import clock
from hostkeep.vault import consenting, door
from hostkeep.vault.consents import ConsentRow, consents_of, standing
from hostkeep.vault.models import Consent
from hostkeep.vault.nyms import nym_of
from hostkeep.vault.wall import opened
from tests.conftest import make_act
from tests.faces.client.conftest import BRANDS, PASSWORD, Member
from tests.faces.shop.conftest import HERE as SAME_SITE
from tests.faces.shop.conftest import browser, hidden, text
from tests.flows.test_mailing import mailer
from tests.ground.policy.test_receipts import ACKNOWLEDGEMENT, RECEIPT
from tests.rooms.brands.announcements import announce, changed, shorter

__all__ = ["browser", "mailer"]

NOBODYS = "00000000-0000-4000-8000-000000000000"
"""A record that nobody has; the same in every process that collects these tests."""

HERE = "/account/privacy/consents/"
AGREE, WITHDRAW = f"{HERE}agree/", f"{HERE}withdraw/"
MESSAGES = "/account/privacy/messages/"


def rows_of(member: Member) -> tuple[ConsentRow, ...]:
    subject = member.account.subject
    act = make_act("customer", "rights", brand=member.brand, at=clock.now(), own=subject)
    return consents_of(act, subject=subject)


def all_words() -> int:
    with opened():
        return Consent.objects.count()


def stands(member: Member, purpose: str, recipient: str = "") -> bool:
    return standing(
        brand=BrandId(member.brand), subject=member.account.subject, purpose=PurposeId(purpose),
        recipient=recipient, at=clock.now(),
    )


def says(member: Member, path: str, purpose: str, recipient: str = "") -> HttpResponse:
    """Press a button of the page: its token, and what the button is about."""
    token = hidden(member.get("/account/profile/"), "/account/profile/")
    token = {key: value for key, value in token.items() if "token" in key}
    shown = policy_in_force(BrandId(member.brand), clock.now()).digest
    return member.post(path, **token, purpose=purpose, recipient=recipient, digest=shown)


def switches(member: Member, **wanted: str) -> HttpResponse:
    return member.sends(member.get("/account/privacy/"), MESSAGES, **wanted)


def logs_in(member: Member, client: Client, **typed: str) -> HttpResponse:
    at = {"host": member.host, **SAME_SITE}
    page = client.get("/auth/login/", headers=at)
    sent = {**hidden(page, "/auth/login/"), "login": member.email, "password": PASSWORD, **typed}
    return client.post("/auth/login/", sent, headers=at)


# -- what is no consent


@pytest.mark.parametrize("brand", BRANDS)
def test_looking_around_and_signing_up_alone_leave_no_consent(db, brand: str) -> None:
    policy = policy_in_force(BrandId(brand), clock.now())
    visitor, at = Client(), {"host": f"{brand}.localhost", **SAME_SITE}
    for path in ("/", "/privacy/", "/auth/signup/"):
        assert visitor.get(path, headers=at).status_code == 200

    answer = visitor.post("/auth/signup/", persona(policy.forms["signup"]).posting(), headers=at)

    assert answer.status_code == 302
    subject = SubjectId(User.objects.get(brand=brand).subject)
    assert len(acceptances_of(subject)) >= 1
    assert Preference.objects.filter(subject=subject).count() == len(policy.forms["signup"].choices)
    assert all_words() == 0


@pytest.mark.parametrize(
    ("brand", "box"), [("vpsfast", "newsletter"), ("photonvps", "partner_offers"), ("vietnam-server", "offers")]
)
def test_a_box_that_is_ticked_at_sign_up_is_a_consent_to_that_alone(db, brand: str, box: str) -> None:
    policy = policy_in_force(BrandId(brand), clock.now())
    posting = persona(policy.forms["signup"]).posting(**{box: "on"})

    Client().post("/auth/signup/?lang=vi", posting, headers={"host": f"{brand}.localhost", **SAME_SITE})

    with opened():
        (word,) = Consent.objects.all()
    assert (word.purpose, word.state, word.how, word.language) == (box, "given", "signup", "vi")
    assert word.digest == policy.digest


def test_a_box_for_what_rests_on_another_ground_is_no_consent(db) -> None:
    policy = policy_in_force(BrandId("vps6"), clock.now())
    posting = persona(policy.forms["signup"]).posting(product_news="on", offers="on")
    Client().post("/auth/signup/", posting, headers={"host": "vps6.localhost", **SAME_SITE})
    assert all_words() == 0


@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize("language", ["en", "vi"])
def test_who_consented_to_nothing_is_told_so(member, brand: str, language: str) -> None:
    ann = member(brand)
    page = ann.get(HERE, lang=language)
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert f'<html lang="{language}"' in text(page)
    assert "withdraw/" not in text(page)
    if language == "en":
        assert "You have consented to nothing" in text(page)
        assert "is never taken as a consent" in text(page)
        assert "Accepting the policy is no consent" in text(ann.get("/account/privacy/"))


# -- giving and taking back


def test_a_switch_for_a_stream_on_consent_gives_and_withdraws_it(member) -> None:
    ann = member("vpsfast")
    assert switches(ann, newsletter="on", announcements="on").status_code == 302
    assert stands(ann, "newsletter")
    assert switches(ann, announcements="on").status_code == 302
    assert not stands(ann, "newsletter")
    (row,) = rows_of(ann)
    assert [word.state for word in row.words] == ["given", "withdrawn"]
    assert {word.how for word in row.words} == {"client_area"}


def test_a_consent_is_taken_back_with_one_button_and_the_mail_stops_with_it(member) -> None:
    ann = member("vpsfast")
    switches(ann, newsletter="on", announcements="on")
    page = ann.get(HERE)
    assert "Newsletter" in text(page)
    assert ann.sends(page, WITHDRAW).status_code == 302
    assert not stands(ann, "newsletter")
    assert choices_of(ann.account.subject, brand=BrandId("vpsfast"))["newsletter"] is False
    after = text(ann.get(HERE))
    assert "Taken back" in after
    assert f'action="{WITHDRAW}"' not in after


def test_it_can_be_given_again_and_the_mail_comes_back(member) -> None:
    ann = member("vpsfast")
    switches(ann, newsletter="on")
    says(ann, WITHDRAW, "newsletter")
    assert says(ann, AGREE, "newsletter").status_code == 302
    assert stands(ann, "newsletter")
    assert choices_of(ann.account.subject, brand=BrandId("vpsfast"))["newsletter"] is True
    assert sorted(row.state for row in rows_of(ann)) == ["given", "withdrawn"]


def test_pressed_twice_it_is_done_once(member) -> None:
    ann = member("vps6")
    for _ in range(2):
        assert says(ann, AGREE, "service", "moving_partner").status_code == 302
    assert (len(rows_of(ann)), all_words()) == (1, 1)
    for _ in range(2):
        assert says(ann, WITHDRAW, "service", "moving_partner").status_code == 302
    assert all_words() == 2
    assert "It was taken back before." in text(ann.get(HERE))


def test_a_recipient_is_agreed_to_by_its_own_choice(member) -> None:
    ann = member("vps6")
    assert "The firm that moves your site" in text(ann.get(HERE))
    says(ann, AGREE, "service", "moving_partner")
    assert stands(ann, "service", "moving_partner")
    assert not stands(ann, "service")
    assert choices_of(ann.account.subject, brand=BrandId("vps6")) == {}


@pytest.mark.parametrize(
    ("purpose", "recipient", "status"),
    [
        ("offers", "", 422),  # a legitimate interest here
        ("service", "authority", 422),
        ("service", "", 422),
        ("", "", 422),
        ("remember", "", 404),  # asked at login
    ],
)
def test_what_is_not_asked_here_cannot_be_agreed_to(member, purpose: str, recipient: str, status: int) -> None:
    ann = member("vps6")
    assert says(ann, AGREE, purpose, recipient).status_code == status
    assert all_words() == 0


def test_a_yes_counts_for_the_version_that_the_page_showed_alone(member) -> None:
    ann = member("vpsfast")
    page = ann.get(HERE)
    announce("vpsfast", changed("vpsfast", ("newsletter: consent", "newsletter: consent  # asked")))
    assert ann.sends(page, AGREE).status_code == 302, "a comment changes nothing"
    assert len(rows_of(ann)) == 1

    page = ann.get(HERE)
    announce("vpsfast", shorter("vpsfast"))
    assert ann.sends(page, AGREE).status_code == 302
    assert len(rows_of(ann)) == 1
    assert "The policy has changed since." in text(ann.get(HERE))


def test_a_field_that_the_form_does_not_have_is_refused(member) -> None:
    ann = member("vps6")
    token = {k: v for k, v in hidden(ann.get("/account/profile/"), "/account/profile/").items() if "token" in k}
    answer = ann.post(AGREE, **token, purpose="service", recipient="moving_partner", phone="+31201234567")
    assert answer.status_code == 422
    assert "V6-" in text(answer)
    assert all_words() == 0


def test_without_the_pages_token_or_from_another_site_nothing_is_said(member) -> None:
    ann = member("vps6")
    at = {"host": ann.host}
    body = {"purpose": "service", "recipient": "moving_partner"}
    assert ann.client.post(AGREE, body, headers={**at, "Sec-Fetch-Site": "same-origin"}).status_code == 403
    token = {k: v for k, v in hidden(ann.get("/account/profile/"), "/account/profile/").items() if "token" in k}
    assert ann.client.post(AGREE, {**body, **token}, headers={**at, "Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert all_words() == 0


@pytest.mark.parametrize("path", [AGREE, WITHDRAW])
def test_looking_at_an_address_says_nothing(member, path: str) -> None:
    ann = member("vps6")
    assert ann.get(path, purpose="service", recipient="moving_partner").status_code == 405
    assert all_words() == 0


@pytest.mark.parametrize("path", [HERE, f"{HERE}{NOBODYS}.json", f"/account/privacy/acceptances/{NOBODYS}.json"])
def test_a_visitor_is_sent_to_the_login(db, path: str) -> None:
    answer = Client().get(path, headers={"host": "vps6.localhost"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/auth/login/")


# -- mail


def queued_newsletter(ann: Member, once: str) -> MailQueued:
    act = make_act("system", "newsletter", brand="vpsfast", at=clock.now())
    done = queue_mail(
        act, stream="newsletter", template="account/already", subject=ann.user, address="login", facts={}, once=once
    )
    return MailQueued(done.mail)


def leaves(event: MailQueued) -> str:
    on_mail_queued(make_act(brand="", at=clock.now()), event)
    return Mail.objects.get(id=event.mail).state


def test_who_never_agreed_gets_none_who_agreed_gets_it_and_a_withdrawal_reaches_queued_mail(member, mailer) -> None:
    ann, bob = member("vpsfast"), member("vpsfast", "bob")
    switches(ann, newsletter="on", announcements="on")

    assert leaves(queued_newsletter(bob, "b")) == "refused"
    assert leaves(queued_newsletter(ann, "a1")) == "sent"
    waiting = queued_newsletter(ann, "a2")
    says(ann, WITHDRAW, "newsletter")
    assert leaves(waiting) == "refused"
    assert [letter.to for letter in mailer.letters] == ["ann@example.test"]


def test_a_choice_without_a_consent_sends_nothing(member, mailer) -> None:
    ann = member("vpsfast")
    Preference.objects.create(
        brand="vpsfast", subject=ann.account.subject, stream="newsletter", wanted=True, at=clock.now(), how="import"
    )
    assert leaves(queued_newsletter(ann, "a")) == "refused"
    assert mailer.letters == []


# -- staying signed in


def test_the_tick_at_login_is_a_consent_for_as_long_as_the_browser_stays(member) -> None:
    ann, browser = member("vps6"), Client()
    assert logs_in(ann, browser).status_code == 302
    assert all_words() == 0, "a login without the tick is none"

    assert logs_in(ann, Client(), stay="on").status_code == 302

    (row,) = rows_of(ann)
    assert (row.purpose, row.state, row.shown.how) == ("remember", "given", "login")
    (stay,) = stays_of(ann.user, clock.now())
    assert row.until == stay.expires_at or abs(row.until - stay.expires_at) < timedelta(seconds=5)


def test_ending_the_last_browser_takes_it_back(member) -> None:
    ann = member("vps6")
    for _ in range(2):
        logs_in(ann, Client(), stay="on")
    first, second = stays_of(ann.user, clock.now())
    page = ann.get("/account/security/")
    assert ann.sends(page, f"/account/security/stays/{first.id}/end/").status_code == 302
    assert stands(ann, "remember")
    ann.sends(page, f"/account/security/stays/{second.id}/end/")
    assert not stands(ann, "remember")
    assert rows_of(ann)[0].state == "withdrawn"


def test_logging_out_of_it_takes_it_back(member) -> None:
    ann, browser = member("vps6"), Client()
    logs_in(ann, browser, stay="on")
    at = {"host": ann.host, **SAME_SITE}
    page = browser.get("/auth/logout/", headers=at)
    assert browser.post("/auth/logout/", hidden(page, "/auth/logout/"), headers=at).status_code == 302
    assert not stands(ann, "remember")


def test_taking_it_back_ends_every_browser_that_stays(member) -> None:
    ann, browser = member("vps6"), Client()
    logs_in(ann, browser, stay="on")
    logs_in(ann, Client(), stay="on")
    assert says(ann, WITHDRAW, "remember").status_code == 302
    assert not stands(ann, "remember")
    assert stays_of(ann.user, clock.now()) == ()
    kept = browser.cookies["__Host-keep"].value
    thief = Client()
    thief.cookies["__Host-keep"] = kept
    assert thief.get("/account/", headers={"host": ann.host}).status_code == 302


def test_a_changed_password_ends_it_without_anybody_taking_it_back(member) -> None:
    ann = member("vps6")
    logs_in(ann, Client(), stay="on")
    new = "another horse entirely"
    ann.sends(
        ann.get("/auth/password/change/"), "/auth/password/change/",
        oldpassword=PASSWORD, password1=new, password2=new,
    )
    assert rows_of(ann)[0].state == "expired"


# -- ordering


def test_a_box_of_the_order_form_counts_and_shows_what_was_chosen(browser, gateway) -> None:
    ann = browser("photonvps")
    ann.puts()
    ann.signs_in()
    user = User.objects.get()
    page = ann.get("/checkout/")
    assert 'name="partner_offers"' in text(page)
    for _ in range(2):
        ann.sends(page, "/checkout/", gateway="testpay", partner_offers="on")
    with opened():
        (word,) = Consent.objects.filter(subject=user.subject)
    assert (word.purpose, word.state, word.how) == ("partner_offers", "given", "order")
    assert choices_of(SubjectId(user.subject), brand=BrandId("photonvps")) == {
        "company_news": False, "partner_offers": True,
    }
    assert Preference.objects.filter(subject=user.subject).count() == 2

    ann.puts()
    again = text(ann.get("/checkout/"))
    boxes = {name: again.split(f'name="{name}"')[1].split(">")[0] for name in ("company_news", "partner_offers")}
    assert "checked" in boxes["partner_offers"]
    assert "checked" not in boxes["company_news"]


# -- receipts


def test_the_receipt_of_a_consent_tells_all_that_was_said(member) -> None:
    ann = member("vps6")
    says(ann, AGREE, "service", "moving_partner")
    says(ann, WITHDRAW, "service", "moving_partner")
    (row,) = rows_of(ann)
    address = f"{HERE}{row.record}.json"
    assert address in text(ann.get(HERE))

    answer = ann.get(address)

    assert answer["Content-Disposition"] == f'attachment; filename="consent-{row.record}.json"'
    assert answer["Cache-Control"] == "no-store"
    receipt = json.loads(answer.content)
    Draft202012Validator(RECEIPT).validate(receipt)
    policy = policy_in_force(BrandId("vps6"), clock.now())
    assert receipt["header"]["pii_principal_id"] == ann.account.number
    assert receipt["processing"]["privacy_notice"]["digest"] == policy.digest
    assert [each["event_state"] for each in receipt["event"]] == ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]
    assert receipt["party_identification"][1]["party_id"] == "moving_partner"
    assert receipt["processing"]["purposes"][0]["withdrawal_method"].endswith(HERE)
    for value in ("Ann Fields", "ann@example.test", "Keizersgracht"):
        assert value not in answer.content.decode()


@pytest.mark.parametrize("brand", BRANDS)
def test_what_was_ticked_at_sign_up_has_receipts_that_say_they_are_no_consent(member, brand: str) -> None:
    ann = member(brand)
    digest = policy_in_force(BrandId(brand), clock.now()).digest
    page = text(ann.get("/account/privacy/"))
    for row in acceptances_of(ann.account.subject):
        address = f"/account/privacy/acceptances/{row.id}.json"
        assert address in page
        answer = ann.get(address)
        assert answer["Content-Disposition"].startswith("attachment")
        receipt = json.loads(answer.content)
        Draft202012Validator(ACKNOWLEDGEMENT).validate(receipt)
        assert receipt["event"][0]["policy_digest"] == digest


def test_another_customers_receipts_do_not_exist(member) -> None:
    ann, bob, there = member("vps6"), member("vps6", "bob"), member("vpsfast")
    says(ann, AGREE, "service", "moving_partner")
    (row,) = rows_of(ann)
    accepted = acceptances_of(ann.account.subject)[0]
    for stranger in (bob, there):
        assert stranger.get(f"{HERE}{row.record}.json").status_code == 404
        assert stranger.get(f"/account/privacy/acceptances/{accepted.id}.json").status_code == 404
        assert str(row.record) not in text(stranger.get(HERE))
    says(bob, WITHDRAW, "service", "moving_partner")
    assert stands(ann, "service", "moving_partner")


def test_the_list_is_in_vietnamese_where_that_is_spoken(member) -> None:
    ann = member("vietnam-server")
    switches(ann, offers="on")
    page = text(ann.get(HERE, lang="vi"))
    assert "Đã đồng ý" in page
    assert "trong tài khoản" in page


def test_the_door_opens_for_who_agreed_and_shuts_at_once_after(member) -> None:
    ann = member("vpsfast")
    act = make_act("system", "newsletter", brand="vpsfast", at=clock.now())

    def reads() -> str | None:
        from hostkeep.kernel.ids import CategoryId

        return door.use(act, subject=ann.account.subject, category=CategoryId("email"), fn=str)

    with pytest.raises(door.Refused):
        reads()
    switches(ann, newsletter="on", announcements="on")
    assert reads() == "ann@example.test"
    says(ann, WITHDRAW, "newsletter")
    with pytest.raises(door.Refused):
        reads()
    assert Entry.objects.using("audit").filter(verb="vault.value.refused", thing=nym_of(ann.account.subject)).count() == 2
