"""Getting in and staying in: what each policy lets a browser remember, second factors, passkeys, walls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from hostkeep.people.actions.staying import HASTE
from tests.browser.customers import VPS6
from tests.browser.running_demo import RunningDemo
from tests.browser.second_factors import VirtualKey, code_at, fresh_code
from tests.browser.shoppers import CHROMIUM, FLAGS, Shopper, watched
from tests.browser.stories import Stories
from tests.browser.walking import confirm, log_in

Visitor = Callable[..., Shopper]

KEEP, SESSION = "__Host-keep", "__Host-sid"


@pytest.fixture
def reopened(demo: RunningDemo, browser: Browser, tmp_path: Path) -> Callable[..., object]:
    """A browser with a profile on disk, which can be closed and opened again."""

    @contextmanager
    def opened(brand: str) -> Iterator[Shopper]:
        context = browser.browser_type.launch_persistent_context(
            tmp_path / f"profile-{brand}", executable_path=CHROMIUM, args=FLAGS, locale="en-GB"
        )
        try:
            person = watched(context, demo.shop(brand))
            yield person
            assert person.strangers == [] and person.broken == []
        finally:
            context.close()

    return opened


def enter(demo: RunningDemo, person: Shopper, email: str, *, stay: bool = False) -> None:
    """Log a demo customer in, with or without the choice to stay."""
    person.open("/auth/login/?next=/account/")
    if stay:
        person.page.get_by_label("Stay signed in on this device").check()
    log_in(person, email, demo.told()["accounts"][0]["password"])


def is_inside(person: Shopper) -> bool:
    """Whether the client area opens."""
    person.page.goto(f"{person.shop}/account/")
    return person.page.url == f"{person.shop}/account/"


def give(person: Shopper, name: str, value: str) -> None:
    """Put a cookie into a browser, as one who copied it would."""
    person.open("/")
    person.page.evaluate("text => { document.cookie = text }", f"{name}={value}; Path=/; Secure; SameSite=Lax")
    assert person.cookies()[name] == value


def open_lock(demo: RunningDemo, person: Shopper, path: str) -> None:
    """Open a page about the locks of a login: it asks for the password once more."""
    person.open(path)
    assert "/auth/reauthenticate/" in person.page.url, "a step about security asks again"
    person.page.locator("main [name=password]").fill(demo.told()["accounts"][0]["password"])
    person.press("^Go on$")
    person.page.wait_for_url(f"{person.shop}{path}")


class TestStayingSignedIn:
    """vps6 declares a cookie for it: a visible choice, a series that can be ended."""

    def test_who_chose_it_is_still_in_after_reopening(self, demo, reopened) -> None:
        with reopened("vps6") as person:
            enter(demo, person, "binh@example.test", stay=True)
            first = person.cookies()[KEEP]
        with reopened("vps6") as person:
            assert SESSION not in person.cookies(), "the session ended with the browser"
            assert is_inside(person)
            assert person.cookies()[KEEP] != first, "each use changes the token"

    def test_who_did_not_choose_it_is_out_after_reopening(self, demo, reopened) -> None:
        with reopened("vps6") as person:
            enter(demo, person, "binh@example.test")
            assert KEEP not in person.cookies()
        with reopened("vps6") as person:
            assert not is_inside(person)

    def test_a_used_token_ends_the_series_for_both(self, demo, visitor: Visitor) -> None:
        owner, thief = visitor("vps6"), visitor("vps6")
        enter(demo, owner, "binh@example.test", stay=True)
        stolen = owner.cookies()[KEEP]
        owner.context.clear_cookies(name=SESSION)
        assert is_inside(owner), "the token signs in once"
        rotated = owner.cookies()[KEEP]
        assert rotated != stolen

        owner.page.wait_for_timeout(HASTE / timedelta(milliseconds=1))
        give(thief, KEEP, stolen)
        assert not is_inside(thief)
        assert not is_inside(owner), "whoever came in by the other copy is signed out too"
        assert KEEP not in owner.cookies()

    def test_it_can_be_ended_in_the_client_area(self, demo, visitor: Visitor) -> None:
        kept, elsewhere = visitor("vps6"), visitor("vps6")
        enter(demo, kept, "ann@example.test", stay=True)
        enter(demo, elsewhere, "ann@example.test")
        elsewhere.open("/account/security/")
        forms = elsewhere.page.locator("form[action^='/account/security/stays/']")
        standing = forms.count()
        assert standing >= 1
        for left in reversed(range(standing)):  # other tests of this customer may have left some
            forms.first.locator("button").click()
            expect(elsewhere.page.locator("body")).to_contain_text("no longer stays signed in")
            expect(forms).to_have_count(left)

        kept.context.clear_cookies(name=SESSION)
        assert not is_inside(kept)

    def test_logging_out_ends_it(self, demo, visitor: Visitor) -> None:
        person = visitor("vps6")
        enter(demo, person, "ann@example.test", stay=True)
        kept = person.cookies()[KEEP]
        leave(person)
        assert KEEP not in person.cookies()
        give(person, KEEP, kept)
        assert not is_inside(person)

    def test_a_new_password_ends_every_browser_that_stays(self, demo, visitor: Visitor) -> None:
        mover = replace(VPS6, signup={**VPS6.signup, "email": "moves.house@vps6-customer.test"})
        old, new = VPS6.signup["password1"], "Wet-badger-19-moves-house"
        kept, elsewhere = visitor("vps6"), visitor("vps6")
        elsewhere.open("/auth/signup/")
        elsewhere.type(mover.signup)
        elsewhere.press("^Open account$")
        confirm(demo, elsewhere, mover)
        log_in(elsewhere, mover.email, old)
        kept.open("/auth/login/?next=/account/")
        kept.page.get_by_label("Stay signed in on this device").check()
        log_in(kept, mover.email, old)
        elsewhere.open("/auth/password/change/")
        names = elsewhere.inputs("form[action='/auth/password/change/']")
        elsewhere.type({name: old if name == "oldpassword" else new for name in names})
        elsewhere.press("^Change password$")

        assert not is_inside(kept), "neither its session nor its token opens anything"
        assert KEEP not in kept.cookies()
        log_in(kept, mover.email, new)

    def test_a_token_of_one_brand_opens_no_other(self, demo, visitor: Visitor) -> None:
        person, stranger = visitor("vps6"), visitor("vpsfast")
        enter(demo, person, "ann@example.test", stay=True)
        give(stranger, KEEP, person.cookies()[KEEP])
        assert not is_inside(stranger)


def leave(person: Shopper) -> None:
    """Log out by the page."""
    person.open("/auth/logout/")
    person.press("^Log out$")
    assert not is_inside(person)


def test_the_tunnels_customer_is_out_when_the_browser_closes(demo, reopened) -> None:
    with reopened("vpn") as person:
        person.open("/auth/login/")
        assert person.page.get_by_label("Stay signed in on this device").count() == 0
        enter(demo, person, "ann@example.test")
        assert set(person.cookies()) == {SESSION}
        (cookie,) = person.context.cookies(person.shop)
        assert cookie["expires"] == -1 and cookie["secure"] and cookie["httpOnly"]
    with reopened("vpn") as person:
        assert person.cookies() == {}
        assert not is_inside(person)


@pytest.mark.parametrize("other", ["vpsfast", "photonvps", "vpn", "vietnam-server"])
def test_a_session_of_one_brand_opens_no_other(other: str, demo, visitor: Visitor) -> None:
    person, stranger = visitor("vps6"), visitor(other)
    enter(demo, person, "ann@example.test")
    give(stranger, SESSION, person.cookies()[SESSION])
    assert not is_inside(stranger)
    assert is_inside(person)


def test_another_accounts_invoice_is_not_there(demo, stories, visitor: Visitor) -> None:
    bought = stories.of(VPS6)
    bought.shopper.open("/account/invoices/")
    address = bought.shopper.page.locator("main table a").first.get_attribute("href")
    person = visitor("vps6")
    enter(demo, person, "ann@example.test")
    for path in (address, f"{address}pdf/", bought.services["Hexa S"]):
        answer = person.page.goto(person.shop + path)
        assert answer is not None and answer.status == 404, path


def test_a_customer_sets_an_authenticator_app_up_and_needs_it_from_then_on(demo, visitor: Visitor) -> None:
    person = visitor("photonvps")
    enter(demo, person, "binh@example.test")
    open_lock(demo, person, "/auth/2fa/totp/activate/")
    secret = person.page.locator("main dl code").inner_text().strip()
    assert person.page.locator("main svg").count() >= 1
    person.type({"code": fresh_code(secret)})
    person.press("^Switch on$")
    codes = person.says()
    assert len(re.findall(r"\b[0-9a-z]{4,}\b", codes)) >= 8 or "/auth/2fa/" in person.page.url
    leave(person)

    person.open("/auth/login/?next=/account/")
    person.type({"login": "binh@example.test", "password": demo.told()["accounts"][0]["password"]})
    person.page.locator("main form[action='/auth/login/'] button").first.click()
    expect(person.page).to_have_url(re.compile("/auth/2fa/authenticate/"))
    assert not is_inside(person)
    person.open("/auth/2fa/authenticate/")
    person.type({"code": code_at(secret, 1)})
    person.press("^Log in$")
    assert not is_inside(person), "an old code opens nothing"
    person.open("/auth/2fa/authenticate/")
    person.type({"code": fresh_code(secret)})
    person.press("^Log in$")
    assert is_inside(person)


def test_a_customer_logs_in_by_passkey(demo, visitor: Visitor) -> None:
    person = visitor("vpsfast")
    enter(demo, person, "ann@example.test")
    key = add_passkey(demo, person)
    leave(person)
    use_passkey(person, "/account/")
    assert is_inside(person)
    assert key.credentials()[0]["rpId"] == "vpsfast.localhost"


def add_passkey(demo: RunningDemo, person: Shopper) -> VirtualKey:
    """Add a passkey of this browser to the login."""
    key = VirtualKey(person.page)
    open_lock(demo, person, "/auth/2fa/webauthn/add/")
    name = person.page.locator("main [name=name]")
    if name.count():
        name.fill("This laptop")
    passwordless = person.page.locator("main [name=passwordless]")
    if passwordless.count() and not passwordless.is_checked():
        passwordless.check()
    person.page.locator("#mfa_webauthn_add").click()
    person.page.wait_for_url(re.compile(r"/auth/2fa/(webauthn|recovery-codes)/(?!add)"))
    assert len(key.credentials()) == 1
    return key


def use_passkey(person: Shopper, path: str) -> None:
    """Log in by the passkey of this browser, and arrive."""
    person.open(f"/auth/login/?next={path}")
    person.page.locator("#passkey_login").click()
    person.page.wait_for_url(f"{person.shop}{path}")


class TestStaff:
    """The back office on the operator's own host: a password alone is not enough."""

    def enter(self, demo: RunningDemo, person: Shopper, role: str) -> None:
        login = demo.login(role)
        person.open("/auth/login/?next=/staff/")
        person.type({"login": login["email"], "password": login["password"]})
        person.page.locator("main form[action='/auth/login/'] button").first.click()
        expect(person.page).to_have_url(re.compile("/auth/2fa/authenticate/"))
        person.page.goto(f"{person.shop}/staff/")
        assert person.page.url.endswith("/auth/2fa/authenticate/"), "half a login opens nothing"
        person.type({"code": fresh_code(login["totp_secret"])})
        person.press("^Log in$")
        person.open("/staff/")
        assert person.page.url == f"{person.shop}/staff/"

    def test_password_and_app_open_the_desk(self, demo, visitor: Visitor) -> None:
        person = visitor()
        self.enter(demo, person, "owner")
        for page in ("orders", "payments", "services", "tasks"):
            person.open(f"/staff/{page}/")

    def test_a_passkey_opens_the_desk(self, demo, visitor: Visitor) -> None:
        person = visitor()
        self.enter(demo, person, "support")
        add_passkey(demo, person)
        person.open("/auth/logout/")
        person.press("^Log out$")
        person.page.goto(f"{person.shop}/staff/")
        assert "/auth/login/" in person.page.url
        use_passkey(person, "/staff/")

    def test_a_role_opens_its_own_rooms_only(self, demo, visitor: Visitor) -> None:
        person = visitor()
        self.enter(demo, person, "billing")
        person.open("/staff/payments/")
        answer = person.page.goto(f"{person.shop}/staff/tasks/")
        assert answer is not None and answer.status == 403

    def test_staff_are_nobody_at_a_shop(self, demo, visitor: Visitor) -> None:
        person, stranger = visitor(), visitor("vps6")
        self.enter(demo, person, "privacy")
        give(stranger, SESSION, person.cookies()[SESSION])
        assert not is_inside(stranger)
