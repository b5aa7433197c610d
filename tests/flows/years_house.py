"""The house in which years are played: the sixth brand with a catalogue of its own, its customers, time that passes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from hostkeep.adapters.gateways.bank_transfer.gateway import BankTransfer
from hostkeep.adapters.provisioners.manual.driver import Manual, ManualConfig
from hostkeep.billing.calls import gateways
from hostkeep.brands.queries import brand as brand_row
from hostkeep.drivers.conformance.machines import FakeProvisioner, NoWire
from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.mail import Outcome, Taken
from hostkeep.flows import checkout, dunning, renewing
from hostkeep.flows.handlers import DUE
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, CartId, CategoryId, UserId
from hostkeep.kernel.money import CURRENCIES, Currency
from hostkeep.messaging.calls import handing
from hostkeep.people.actions.joining import open_account
from hostkeep.people.models import User
from hostkeep.people.queries import account as account_row
from hostkeep.provisioning.calls import drivers
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime.jobs import HOUR, LEAPS
from hostkeep.shop.actions.carting import Wish, add_line, open_cart
from hostkeep.shop.actions.promos import make_promo, put_in_promo, take_out_promo
from hostkeep.shop.models import Cart
from hostkeep.shop.queries import carts
from hostkeep.shop.rules.promo_making import Making
from tests.conftest import NOON, make_act
from tests.everything import BRAND, FOLDER, load_everything
from tests.flows.debtors import carry
from tests.flows.test_mailing import FakeMailer

PRODUCTS = ("small", "middle", "large", "tried", "counted", "rare", "passing")
PLANS = ("monthly", "quarterly", "yearly")
SHORT = {"monthly": "monthly", "quarterly": "week", "yearly": "hours"}
"""What "passing" has in the place of these."""
ADD_ONS = ("spare", "visit")
CODES = ("TENTH", "FIVER", "GOOD", "ONCE", "FREE")
WORK = ("provisioning", "changes", "standing_still", "dunning", "endings", "renewals", "use")
"""What falls due about money and what was bought; gateways are not asked, the play answers for them."""

DISK = """
    options:
    - slug: disk
      label: {en: Disk, vi: Disk}
      choices:
      - {slug: few, label: 10 GB}
      - {slug: many, label: 40 GB, prices: {EUR: 233, USD: 250, VND: 56000}, setup: {EUR: 51, USD: 60, VND: 14000}, spec: {disk_gb: '40'}}
"""
BESIDE = """
    add_ons:
    - slug: spare
      name: {en: Spare, vi: Spare}
      prices: {EUR: 77, USD: 83, VND: 19000}
      setup: {EUR: 31, USD: 33, VND: 7000}
      most: 4
      work: true
    - {slug: visit, name: {en: Visit, vi: Visit}, once: {EUR: 999, USD: 1050, VND: 250000}, most: 2}
"""
BY_TERM = BESIDE.replace(
    "      setup:",
    "      terms: [{hours: 100, prices: {EUR: 13, USD: 14, VND: 3100}}, {days: 7, prices: {EUR: 20, USD: 22, VND: 5000}}]\n      setup:",
)
METER = """
    meters:
    - slug: traffic
      label: {en: Traffic out, vi: Traffic out}
      model: overage
      unit: GB
      per: 1000000000
      included: 100
      tiers:
      - {rates: {EUR: 2000000, USD: 2200000, VND: 500000000}}
"""


def product(slug: str, price: int, *, more: str = "", trial: str = "", stock: str = "", terms: tuple[tuple[str, str, int], ...] = ()) -> str:
    """A product of the catalogue.

    price  a month of it in cents; a quarter and a year cost less than as many
    terms  of other plans than these: their slugs, lengths and prices
    """
    months = (("monthly", "months: 1", price), ("quarterly", "months: 3", price * 3 - 50), ("yearly", "months: 12", price * 10 + 7))
    plans = "".join(
        f"    - {{slug: {plan}, {length}, {trial}prices: {{EUR: {minor}, USD: {minor + 101}, VND: {minor * 270}}}}}\n"
        for plan, length, minor in terms or months
    )
    return f"""  - slug: {slug}
    name: {slug.title()}
    tagline: {{en: For plays, vi: For plays}}
    facts:
    - {{label: vCPU, value: '1'}}
    - {{label: {{en: Memory, vi: Memory}}, value: 1 GB}}
    driver: lxd
    spec: {{cpu: '1', memory_mb: '1024', disk_gb: '10'}}
{stock}    plans:
{plans}{more}"""


CATALOGUE = "schema: hostkeep-catalogue/1\ngroups:\n- slug: servers\n  name: {en: Servers, vi: Servers}\n" + (
    "  intro: {en: For plays., vi: For plays.}\n  products:\n"
    + product("small", 499, more=DISK + BESIDE.lstrip("\n"))
    + product("middle", 1190, more=DISK + BESIDE.lstrip("\n"))
    + product("large", 3333, more=DISK)
    + product("tried", 701, trial="trial: {days: 14}, ")
    + product("counted", 299, more=METER)
    + product("rare", 555, stock="    stock: 2\n")
    + product("passing", 0, more=BY_TERM, terms=(("monthly", "months: 1", 640), ("week", "days: 7", 170), ("hours", "hours: 100", 111)))
)


@dataclass(frozen=True)
class Person:
    """A customer.  of: the currency of all they buy."""

    account: AccountId
    of: Currency

    def act(self, at: datetime, purpose: str = "order") -> Act:
        return make_act("customer", purpose, brand=BRAND, at=at, actor="user:test", own=account_row(self.account).subject)

    def orders(self, at: datetime, wishes: list[Wish], code: str = "") -> checkout.Ordered:
        """What the shop's pages do.  Raises what they would show."""
        act = self.act(at)
        held = Cart.objects.filter(brand=BRAND, account=self.account).first()
        cart = CartId(held.id) if held else open_cart(act, currency=self.of.code, account=self.account).cart
        take_out_promo(act, cart=cart)
        for wish in wishes:
            add_line(act, cart=cart, wish=wish)
        if code:
            put_in_promo(act, cart=cart, typed=code, account=self.account)
        seen = checkout.quote(act, cart=carts.cart(act.in_role("system"), cart), account=self.account)
        return checkout.place_order(
            act, cart=cart, account=self.account, expected=seen.gross, once=uuid4().hex, answers={}
        )


def joins(at: datetime, country: str, currency: str) -> Person:
    """Somebody opens an account."""
    address = {"address": "Way 1", "city": "Town", "postal_code": "10115", "region": "", "country": country}
    said = {"email": f"{uuid4().hex[:8]}@example.test", "name": "Ann Elsewhere", "address": json.dumps(address)}
    with running_brand.during(BrandId(BRAND)):
        user = User.objects.create(brand=BRAND, created_at=at)
        joined = open_account(
            make_act("visitor", "account", brand=BRAND, at=at), user=UserId(user.id),
            values={CategoryId(key): value for key, value in said.items()}, language="en",
        )  # fmt: skip
    return Person(joined.account, CURRENCIES[currency])


class Mailer(FakeMailer):
    """Takes every letter and forgets it."""

    def hand_over(self, letter) -> Outcome:
        return Taken("250 kept")


@contextmanager
def house(how: str, where: Path) -> Iterator[None]:
    """The brand is loaded, numbering as said ("issue" or "payment"); its machines and mails are there."""
    folder = where / BRAND
    folder.mkdir()
    for name in ("policy.yaml", "brand.toml"):
        (folder / name).write_text((FOLDER / name).read_text())
    profile = (folder / "brand.toml").read_text().replace("secret-box", "counted")
    (folder / "brand.toml").write_text(f'numbering = "{how}"\n{profile}')
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    load_everything(folder)
    assert brand_row(BrandId(BRAND)).words["numbering"] == how
    before, paid_by = list(drivers._make), list(gateways._make)
    asked = {"testpay": FakeGateway(), "bank_transfer": BankTransfer()}
    gateways.carry_with(lambda name, _brand: asked.get(name))
    drivers.carry_with({"lxd": FakeProvisioner(), "manual": Manual(ManualConfig(), NoWire())}.get)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handing, "_makers", [lambda _brand: Mailer()])
        yield
    drivers._make[:], gateways._make[:] = before, paid_by


def make_codes(at: datetime) -> None:
    """Codes of each kind: for good, for some terms, an amount, a single use, all of it."""
    said = {
        "TENTH": {"kind": "percent", "value": 125_000, "periods": None},
        "FIVER": {"kind": "fixed", "value": 500, "currency": "EUR", "periods": 3},
        "GOOD": {"kind": "percent", "value": 333_333, "periods": 2, "most_each": 1},
        "ONCE": {"kind": "percent", "value": 500_000, "most_uses": 1},
        "FREE": {"kind": "percent", "value": 1_000_000, "most_uses": 2},
    }
    for code in CODES:
        making = Making(code, {"en": "Spring"}, starts_at=at - timedelta(days=1), **said[code])
        make_promo(make_act("sales", "order", brand=BRAND, at=at), making=making)


def work(at: datetime) -> list[str]:
    """All that is due at a moment, and the news of it; return what went wrong and was only logged."""
    with capture_logs() as lines:
        for name in WORK:
            DUE[name](make_act(brand="", at=at))
            carry(at)
    return [f"{line['event']}: {line.get('code')}" for line in lines if is_fault(line)]


def is_fault(line) -> bool:
    """Whether something failed that nobody foresaw: a refusal's code has a dot, an exception's name has none."""
    return line["log_level"] in {"warning", "error"} and "." not in line.get("code", "")


def stops(at: datetime, until: datetime) -> Iterator[datetime]:
    """Where a moved clock stops, much as jobs.advance_clock: leaps where nothing falls due, hours where something may."""
    while at < until:
        left = until - at
        fits = (leap for leap in STRIDES if leap <= left and not (renewing.falls_due(at + leap) or dunning.falls_due(at + leap)))
        at += next(fits, min(HOUR, left))
        yield at


STRIDES = (168 * HOUR, 72 * HOUR, *LEAPS)
BEGINNINGS = (NOON, NOON + timedelta(days=27), datetime(2026, 12, 30, 22, 30, tzinfo=NOON.tzinfo), datetime(2028, 2, 27, 23, 5, tzinfo=NOON.tzinfo))
"""A plain day, the eve of summer time, of a year's end, of a leap day."""
