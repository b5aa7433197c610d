"""The main job: from the open door of a shop to a service that works, step by step."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.customers import Customer, Wanted
from tests.browser.running_demo import RunningDemo, until
from tests.browser.shoppers import Shopper

STATEMENTS = {"adult", "accept_policy", "storage_notice"}
MONEY = re.compile(r"(?:[€$₫]\s?[\d.,]*\d|[\d.,]*\d\s?[€$₫])")


@dataclass(slots=True)
class Bought:
    """What a walk ended with.

    services  address in the client area, by what was wanted
    invoice   its number; amount: as the page wrote it; paper: the text of the PDF
    secrets   what opens the services: texts shown or saved
    cookies   name and value of each cookie the browser ever held
    """

    customer: Customer
    shopper: Shopper
    services: dict[str, str] = field(default_factory=dict)
    invoice: str = ""
    amount: str = ""
    paper: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)


def buy(demo: RunningDemo, customer: Customer, shopper: Shopper, folder: Path) -> Bought:
    """Walk the whole way.  Fails where the way is blocked."""
    bought = Bought(customer, shopper)
    look_around(shopper)
    for wanted in customer.wants:
        put_into_cart(shopper, wanted)
    bought.cookies |= shopper.cookies()
    sign_up(demo, shopper, customer)
    confirm(demo, shopper, customer)
    log_in(shopper, customer.email, customer.signup["password1"])
    bought.cookies |= shopper.cookies()
    bought.amount = check_out(demo, shopper, customer)
    pay(shopper, bought.amount)
    for wanted in customer.wants:
        bought.services[wanted.named] = follow_building(shopper, wanted)
    keep_invoice(shopper, bought, folder)
    for wanted in customer.wants:
        open_access(shopper, bought, wanted, folder)
    bought.cookies |= shopper.cookies()
    return bought


def look_around(shopper: Shopper) -> None:
    """The shop opens with its privacy facts, and sets nothing."""
    shopper.open("/")
    expect(shopper.page.locator("aside.says h2")).to_be_visible()
    shopper.picture("shop")
    assert shopper.cookies() == {}, "a look sets no cookie"


def put_into_cart(shopper: Shopper, wanted: Wanted) -> None:
    """Choose a product from the price list, answer what its page asks, put it into the cart."""
    shopper.open("/")
    shopper.page.locator(f"main a[href^='/products/{wanted.slug}/']").first.click()
    expect(shopper.page.locator("h1")).to_have_text(re.compile(re.escape(wanted.named)))
    shopper.type(wanted.answers)
    shopper.picture(f"product-{wanted.slug}")
    shopper.press("^Add to cart$")
    expect(shopper.page).to_have_url(f"{shopper.shop}/cart/")
    expect(shopper.page.locator("main")).to_contain_text(wanted.named)
    shopper.picture("cart")


def sign_up(demo: RunningDemo, shopper: Shopper, customer: Customer) -> None:
    """From the cart to the account step to the form; the form asks exactly what the policy declares."""
    shopper.open("/cart/")
    shopper.press("^Check out$")
    shopper.picture("who-orders")
    shopper.press("^Sign up and go on$")
    demand_declared_fields(demo, shopper, customer)
    shopper.type({name: value for name, value in customer.signup.items()})
    shopper.picture("sign-up")
    shopper.press("^Open account$")
    assert "One mail is on its way" in shopper.says(), shopper.says()
    shopper.picture("mail-on-its-way")


def demand_declared_fields(demo: RunningDemo, shopper: Shopper, customer: Customer) -> None:
    """The form's inputs are those of policy.json, no more and no fewer."""
    policy = demo.data_of("/privacy/policy.json", customer.brand)
    form = "form[action='/auth/signup/']"
    shown = [name for name in shopper.inputs(form) if name not in STATEMENTS | set(policy["streams"])]
    assert sorted(shown) == sorted(one["name"] for one in policy["forms"]["signup"])
    required = shopper.page.eval_on_selector_all(f"{form} [required]", "all => all.map(e => e.name)")
    declared = {one["name"] for one in policy["forms"]["signup"] if one["required"]}
    given = set(customer.signup)
    assert {name for name in required if name not in STATEMENTS} <= declared
    assert declared <= given, f"{customer.brand} asks what the story does not answer: {declared - given}"
    assert shopper.inputs(form + " [name=adult]") == [] or "adult" in given


def confirm(demo: RunningDemo, shopper: Shopper, customer: Customer) -> None:
    """Follow the link of the mail that really left; before that nobody gets in."""
    log_in(shopper, customer.email, customer.signup["password1"], expected=None)
    mail = demo.mail_to(customer.email, "/auth/confirm-email/")
    assert mail["brand"] == customer.brand
    links = re.findall(rf"{re.escape(shopper.shop)}/auth/confirm-email/\S+?/(?=\s|$)", mail["text"])
    assert len(set(links)) == 1, mail["text"]
    shopper.open(links[0])
    shopper.picture("confirm")
    shopper.press("^Confirm$")


def log_in(shopper: Shopper, email: str, password: str, *, expected: str | None = "Log in") -> None:
    """Log in by password; expected: None where it must not work yet."""
    if "/auth/login/" not in shopper.page.url:
        shopper.open("/auth/login/?next=/checkout/")
    shopper.type({"login": email, "password": password})
    if expected:
        shopper.picture("log-in")
    shopper.page.locator("main form[action='/auth/login/'] button").first.click()
    shopper.page.wait_for_load_state()
    shopper.open("/account/") if expected else None
    inside = shopper.page.url.startswith(f"{shopper.shop}/account/")
    assert inside == bool(expected), f"{shopper.page.url}: {shopper.says()[:300]}"


def check_out(demo: RunningDemo, shopper: Shopper, customer: Customer) -> str:
    """Order what waited in the cart; return the amount the page asked for."""
    shopper.open("/cart/")
    for wanted in customer.wants:
        expect(shopper.page.locator("main")).to_contain_text(wanted.named)
    shopper.press("^Check out$")
    expect(shopper.page).to_have_url(f"{shopper.shop}/checkout/")
    form = "form[action='/checkout/']"
    streams = set(demo.data_of("/privacy/policy.json", customer.brand)["streams"])
    asked = [name for name in shopper.inputs(form) if name != "gateway" and name not in streams]
    assert sorted(asked) == sorted(customer.order), "an order asks what its products need, and nothing else"
    shopper.type(customer.order)
    shopper.page.locator(f"{form} [name=gateway][value={customer.gateway}]").check()
    shopper.picture("check-out")
    button = shopper.page.get_by_role("button", name=re.compile("^Order and pay"))
    amount = MONEY.findall(button.inner_text())
    assert len(amount) == 1, button.inner_text()
    button.click()
    return amount[0]


def pay(shopper: Shopper, amount: str) -> None:
    """Pay on the hosted page, which knows a number and an amount; come back to a paid invoice."""
    expect(shopper.page).to_have_url(re.compile(r"^http://localhost:\d+/demo/pay/"))
    assert amount in shopper.says(), f"{amount} is not on the hosted page: {shopper.says()}"
    for value in shopper.typed.values():
        assert value not in shopper.page.content(), "the payment company learns nothing about the payer"
    shopper.picture("hosted-page")
    shopper.page.locator("button[name=do][value=pay]").click()
    shopper.page.wait_for_url(re.compile(rf"^{re.escape(shopper.shop)}/account/invoices/"))
    expect(shopper.page.locator("main .badge").first).to_have_text("Paid")
    shopper.picture("paid")


def follow_building(shopper: Shopper, wanted: Wanted) -> str:
    """Watch one service become active; return its address."""
    shopper.open("/account/services/")
    link = shopper.page.locator("main table a", has_text=wanted.named).first
    address = link.get_attribute("href") or ""
    shopper.open(address)
    shopper.picture(f"building-{wanted.slug}")

    def active() -> bool:
        shopper.open(address)
        return shopper.page.locator("main .badge", has_text=re.compile("^Active$")).count() > 0

    until(active, f"{wanted.named} to be active", seconds=90, pause=1, told=shopper.says)
    shopper.picture(f"active-{wanted.slug}")
    return address


def open_access(shopper: Shopper, bought: Bought, wanted: Wanted, folder: Path) -> None:
    """Open what opens the service, where there is such a thing: a configuration file, or a password."""
    page = shopper.open(bought.services[wanted.named])
    if wanted.driver == "wireguard":
        page.locator("main form[action$='/access/wireguard.conf/'] button").first.click()
        page.locator("main svg[role=img], main figure svg").first.wait_for()
        shopper.picture("configuration")
        with page.expect_download() as waiting:
            page.locator("main form[action$='/access/wireguard.conf/file/'] button").first.click()
        assert waiting.value.suggested_filename.endswith(".conf")
        path = folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        bought.secrets[wanted.named] = path.read_text()
    elif wanted.driver == "manual":
        page.locator("main form[action$='/access/access/'] button").click()
        bought.secrets[wanted.named] = page.locator("main pre.code").first.inner_text().strip()
        shopper.picture(f"access-{wanted.slug}")


def keep_invoice(shopper: Shopper, bought: Bought, folder: Path) -> None:
    """Download the invoice; its text holds the number and the amount."""
    shopper.open("/account/invoices/")
    shopper.picture("invoices")
    shopper.page.locator("main table a").first.click()
    bought.invoice = shopper.page.locator("main article .num").first.inner_text().strip()
    shopper.picture("invoice")
    with shopper.page.expect_download() as waiting:
        shopper.page.locator("main a[href$='/pdf/']").first.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    bought.paper = done.stdout
    assert path.name == f"{bought.invoice}.pdf"
    assert bought.invoice in bought.paper
    assert digits(bought.amount) in digits(bought.paper), f"{bought.amount} is not in {bought.paper}"


def digits(text: str) -> str:
    """A text without blanks of any kind: papers set thin ones."""
    return re.sub(r"\s", "", text)
