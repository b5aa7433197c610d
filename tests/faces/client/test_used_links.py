"""Links from mails that were used, are too old or never were: one page for all of them, and nothing changes."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse

from hostkeep.faces.client.addresses import new_address_path
from hostkeep.faces.client.closed import closed_path
from hostkeep.faces.signin.links import confirm_path, reset_path
from hostkeep.faces.storefront.rejecting import reject_path
from hostkeep.kernel.ids import BrandId
from hostkeep.people.models import ClosedLink, PassingAddress, User
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from tests.faces.client.conftest import PASSWORD, Member
from tests.faces.client.test_keys_page import proves
from tests.faces.shop.conftest import Browser, hidden, text
from tests.flows.leaving import Leaver

pytestmark = pytest.mark.django_db

OVER = "This link was used already or has expired"
EMAIL = "/account/profile/email/"


def opened(path: str, brand: str = "vps6") -> HttpResponse:
    """A browser with nothing in it follows a link to the page it ends at."""
    return Browser(brand).client.get(path, follow=True, headers={"host": f"{brand}.localhost", "sec-fetch-site": "none"})


def told(answer: HttpResponse) -> str:
    """What the page says."""
    return re.sub(r"\s+", " ", text(answer).split("<main", 1)[1].split("</main>")[0])


def at_brand(make, ref: str) -> str:
    with running_brand.during(BrandId("vps6")):
        return make(ref)


def unconfirmed(who: Member) -> EmailAddress:
    with running_brand.during(BrandId("vps6")):
        row = EmailAddress.objects.get(user=who.user)
        row.verified = False
        row.save()
    return row


def test_a_used_confirmation_says_so_in_plain_words(ann: Member) -> None:
    row = unconfirmed(ann)
    path = at_brand(confirm_path, str(row.pk))
    browser = Browser("vps6")
    page = browser.get(path)
    assert page.status_code == 200 and OVER not in text(page)
    assert browser.sends(page, path).status_code == 302
    row.refresh_from_db()
    assert row.verified

    for answer in (opened(path), Browser("vps6").post(path)):
        assert answer.status_code == 404
        assert OVER in text(answer) and 'href="/auth/login/"' in text(answer)


def test_at_another_brands_host_a_confirmation_shows_no_button_and_confirms_nothing(ann: Member) -> None:
    row = unconfirmed(ann)
    path = at_brand(confirm_path, str(row.pk))
    page = opened(path, "vpsfast")
    assert page.status_code == 404 and OVER in text(page)
    assert "ann@example.test" not in text(page) and f'action="{path}"' not in text(page)
    assert Browser("vpsfast").post(path).status_code == 404
    row.refresh_from_db()
    assert not row.verified

    browser = Browser("vps6")
    assert browser.sends(browser.get(path), path).status_code == 302, "at home it works still"
    row.refresh_from_db()
    assert row.verified


def test_a_used_reset_says_so_and_sets_no_second_password(ann: Member) -> None:
    path = at_brand(reset_path, str(ann.user))
    form = opened(path)
    assert form.status_code == 200 and OVER not in text(form)
    browser = Browser("vps6")
    browser.client.get(path, headers={"host": "vps6.localhost", "sec-fetch-site": "none"})
    inner = re.sub(r"-[^-/]+-[^-/]+/$", "-set-password/", path)
    page = browser.get(inner)
    set_new = {"password1": "another good one", "password2": "another good one", "action": "change"}
    assert browser.sends(page, inner, **set_new).status_code == 302
    assert User.objects.get(pk=ann.user).check_password("another good one")

    answer = opened(path)
    assert answer.status_code == 404 and OVER in text(answer)
    assert 'href="/auth/password/reset/"' in text(answer), "the way to a new link"
    again = browser.post(inner, **{**hidden(page, inner), "password1": PASSWORD, "password2": PASSWORD})
    assert again.status_code == 404
    assert User.objects.get(pk=ann.user).check_password("another good one")


def test_a_used_change_of_address_says_so(ann: Member) -> None:
    proves(ann, ann.sends(ann.get(EMAIL), EMAIL, email="ann.new@example.test"))
    path = new_address_path(str(PassingAddress.objects.get(use="new").id))
    page = Browser("vps6").get(path)
    assert Browser("vps6").post(path, **hidden(page, path)).status_code == 200
    for answer in (opened(path), Browser("vps6").post(path)):
        assert answer.status_code == 404 and OVER in text(answer)


def test_the_same_page_answers_whatever_is_wrong_with_whichever_link(ann: Member) -> None:
    """Used, expired, forged, foreign, never made: a stranger learns nothing from the answer."""
    left = Leaver("vpn", "eve")
    left.closes()
    with running_brand.during(BrandId("vpn")):
        old = closed_path(str(left.account_id))
    ClosedLink.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    confirmed = str(EmailAddress.objects.filter(user=ann.user).values_list("pk", flat=True).get())
    reset = at_brand(reset_path, str(ann.user))
    wrong = {
        "used confirmation": opened(at_brand(confirm_path, confirmed)),
        "forged confirmation": opened("/auth/confirm-email/MQ:1xxxxx:forged/"),
        "forged reset": opened(f"{reset[:-3]}xx/"),
        "reset of nobody": opened("/auth/password/reset/key/1-x-y/"),
        "no change of address": opened(new_address_path(str(uuid4()))),
        "forged change of address": opened(f"{EMAIL}confirm/{uuid4()}:forged/"),
        "no closed account": opened(f"/account/left/{'x' * 43}/"),
        "foreign closed account": opened(old),
        "no notice": opened(reject_path(str(uuid4()))),
        "forged notice": opened(f"/privacy/reject/{uuid4()}:forged/"),
    }
    assert {name: answer.status_code for name, answer in wrong.items()} == dict.fromkeys(wrong, 404)
    said = {told(answer) for answer in wrong.values()}
    assert len(said) == 1 and OVER in said.pop()
    expired = opened(old, "vpn")
    assert expired.status_code == 404 and OVER in text(expired)


@pytest.mark.parametrize("path", ["/account/left/x/", "/privacy/reject/x/"])
def test_a_link_that_is_over_leads_on_and_keeps_its_address_to_itself(ann: Member, path: str) -> None:
    answer = opened(path)
    assert answer.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert path not in told(answer)
    assert 'href="/contact/"' in text(answer)
    program = Browser("vps6").client.get(path, headers={"host": "vps6.localhost", "accept": "application/json"})
    assert program.status_code == 404
    assert program.headers["Content-Type"] == "application/problem+json"
