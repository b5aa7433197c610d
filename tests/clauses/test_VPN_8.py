"""VPN-8: confidential details are taken by the pages made for them alone, and no mail of ours asks for one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hostkeep.faces.storefront import checkout
from hostkeep.faces.ui.reading import read_form
from hostkeep.kernel.ids import BrandId
from hostkeep.messaging.rules.catalogue import TEMPLATES
from hostkeep.promises.evidence.tables import holding
from hostkeep.promises.pages import read_page
from hostkeep.shop.queries.orders import orders_of
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway, text

__all__ = ["gateway"]

BRAND = BrandId("vpn")
TYPED = "kept-by-nobody-4711"
SECRETS = ("password", "password1", "oldpassword", "code", "private_key", "service_secret")
MAILS = Path(__file__).parents[2] / "src" / "hostkeep" / "messaging" / "templates" / "mail"
OWN = {"/auth/login/", "/auth/signup/", "/auth/password/change/", "/auth/reauthenticate/"}
PUBLIC = ("/", "/privacy/", "/contact/", "/cart/", "/auth/login/", "/auth/signup/", "/auth/password/reset/")
INSIDE = (
    "/account/", "/account/profile/", "/account/privacy/", "/account/privacy/consents/", "/account/security/",
    "/account/security/keys/", "/auth/password/change/", "/auth/reauthenticate/",
)  # fmt: skip


@pytest.fixture
def ann(db) -> Member:
    return Member(BRAND)


def takes_passwords(body: str) -> set[str]:
    """Where the forms of a page go that have a field for a password."""
    forms = re.findall(r"<form\b.*?</form>", body, re.S)
    secret = [form for form in forms if 'type="password"' in form]
    return {re.search(r'action="([^"?]*)', form)[1] for form in secret}


def checks_out_with(member: Member, field: str) -> int:
    page = member.get("/checkout/")
    return member.sends(page, "/checkout/", gateway="testpay", **{field: TYPED}).status_code


def test_VPN_8_passwords_are_taken_by_their_own_pages_alone(shop, ann: Member) -> None:
    found = set().union(*(takes_passwords(shop(BRAND).get(path).body) for path in PUBLIC))
    found |= set().union(*(takes_passwords(text(ann.get(path))) for path in INSIDE))

    assert {"/auth/login/", "/auth/signup/"} <= found
    assert found <= OWN


@pytest.mark.parametrize("field", SECRETS)
def test_VPN_8_one_that_is_sent_to_another_form_is_refused_and_kept_nowhere(ann: Member, gateway, field: str) -> None:
    ann.puts()

    assert checks_out_with(ann, field) == 422
    answer = ann.puts(**{field: TYPED})
    assert answer.status_code == 422
    assert TYPED not in text(answer)
    assert orders_of(ann.account.id) == ()
    assert holding([TYPED]) == ()


def test_VPN_8_a_form_that_drops_what_it_does_not_know_would_be_noticed(ann: Member, gateway, monkeypatch) -> None:
    def lenient(policy, form, posted, **rest):
        return read_form(policy, form, {k: v for k, v in posted.items() if k not in SECRETS}, **rest)

    monkeypatch.setattr(checkout, "read_form", lenient)
    ann.puts()

    assert checks_out_with(ann, "password") == 302


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_VPN_8_no_mail_of_ours_has_a_form_or_asks_for_an_answer(name: str) -> None:
    for kind in ("html", "txt"):
        said = (MAILS / f"{name}.{kind}").read_text(encoding="utf-8")
        assert not re.search(r"<form|<input|[Rr]eply with|[Ss]end us your|[Tt]ell us your", said)


def test_VPN_8_the_contact_page_says_that_we_never_ask(shop) -> None:
    words = read_page(shop(BRAND).get("/contact/?lang=en").body).words

    assert "Send no passwords and no card numbers. We never ask for them." in words
