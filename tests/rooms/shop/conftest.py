"""A small shop to test in: one brand of its own, three currencies, four products."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from hostkeep.brands import queries as brands
from hostkeep.brands.actions.announcing import announce_policy
from hostkeep.brands.actions.loading import load_brand
from hostkeep.brands.rules.profile import read_profile
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, CartId, UserId
from hostkeep.kernel.money import Money
from hostkeep.people.actions.joining import open_account
from hostkeep.people.models import User
from hostkeep.shop.actions.carting import Wish, add_line, open_cart
from hostkeep.shop.actions.loading import Loaded, load_catalogue
from hostkeep.shop.actions.ordering import Placed, place_order
from hostkeep.shop.queries import carts
from hostkeep.shop.rules.rows import CartRow
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.rooms.brands.announcements import shipped

SHOP, OTHER = BrandId("shoptest"), BrandId("shopother")

PROFILE = """\
id = "{brand}"
name = "Shop"
zone = "Europe/Amsterdam"
currencies = ["EUR", "USD", "VND"]
hosts = ["{brand}.localhost"]
tax_rate = 210000
prices = "net"
support_mail = "help@{brand}.example"
[seller]
name = "Shop B.V."
"""

CATALOGUE = """\
schema: hostkeep-catalogue/1
groups:
- slug: servers
  name: {en: Servers, vi: Máy chủ}
  intro: {en: Fast}
  products:
  - slug: one
    name: {en: One, vi: Một}
    facts: [{label: vCPU, value: '1'}]
    driver: lxd
    spec: {cpu: '1', disk_gb: '25'}
    plans:
    - {slug: monthly, months: 1, prices: {EUR: 690, USD: 750, VND: 129000}}
    - slug: yearly
      months: 12
      prices: {EUR: 6900, USD: 7500, VND: 1290000}
      setup: {EUR: 100, USD: 110, VND: 20000}
    options:
    - slug: disk
      label: {en: Disk, vi: Ổ đĩa}
      choices:
      - {slug: small, label: 25 GB}
      - {slug: large, label: 240 GB, prices: {EUR: 400, USD: 430, VND: 90000}, spec: {disk_gb: '240'}}
    - slug: move
      label: Moving in
      choices:
      - {slug: self, label: I do it}
      - {slug: staff, label: You do it, setup: {EUR: 2500, USD: 2700, VND: 500000}}
  - slug: rare
    name: Rare
    facts: [{label: vCPU, value: '9'}]
    driver: manual
    stock: 2
    requires: [gov_id]
    plans:
    - {slug: monthly, months: 1, prices: {EUR: 1000, USD: 1100, VND: 250000}}
    options:
    - {slug: colour, label: Colour, choices: [{slug: red, label: Red}]}
- slug: names
  name: Names
  products:
  - slug: name
    name: .vn
    driver: manual
    spec: {zone: vn}
    requires: [registrant, gov_id]
    recipient: vnnic
    resold: yes
    asks: [{slug: domain, label: Name, kind: domain_name, ending: .vn}]
    plans:
    - {slug: year, months: 12, prices: {EUR: 2000, USD: 2100, VND: 450000}}
  - slug: secret
    name: Secret
    hidden: yes
    driver: manual
    plans:
    - {slug: year, months: 12, prices: {EUR: 1, USD: 1, VND: 1}}
"""


class Shop:
    """What the tests of the shop do, by the real actions."""

    def __init__(self, brand: BrandId = SHOP) -> None:
        self.brand = brand
        self.minutes = 0
        self.opened_at = clock.now()

    def act(self) -> Act:
        """An act a minute after the last."""
        self.minutes += 1
        at = self.opened_at + timedelta(minutes=self.minutes)
        return make_act("visitor", "order", brand=self.brand, at=at, actor="visitor")

    def opens(self) -> None:
        profile = read_profile(PROFILE.format(brand=self.brand))
        load_brand(make_act(brand=self.brand), profile=profile)
        owner = make_act("owner", "site_administration", brand=self.brand, at=clock.now(), actor="cli")
        announce_policy(owner, brand=self.brand, source=shipped("photonvps").replace("photonvps", self.brand))
        brands.forget()
        self.opened_at = clock.now()
        self.loads()

    def looks(self) -> Act:
        """An act that may look into any cart."""
        return make_act("system", "cart", brand=self.brand, at=clock.now() + timedelta(days=1))

    def loads(self, text: str = CATALOGUE) -> Loaded:
        return load_catalogue(self.act(), brand=self.brand, text=text)

    def customer(self) -> AccountId:
        user = User.objects.create(brand=self.brand)
        act = make_act("customer", "account", brand=self.brand, at=clock.now())
        return open_account(act, user=UserId(user.id), values={}, language="en").account

    def cart(self, *wishes: Wish, currency: str = "EUR", account: AccountId | None = None) -> CartId:
        cart = open_cart(self.act(), currency=currency, account=account).cart
        for each in wishes:
            add_line(self.act(), cart=cart, wish=each)
        return cart

    def row(self, cart: CartId) -> CartRow:
        found = carts.cart(self.looks(), cart)
        assert found is not None
        return found

    def orders(
        self, cart: CartId, account: AccountId, once: str = "k1", expected: Money | None = None
    ) -> Placed:
        row = self.row(cart)
        return place_order(
            self.act(),
            cart=cart,
            account=account,
            currency=row.currency.code,
            expected=expected or row.cost.first,
            once=once,
        )


def wish(product: str = "one", plan: str = "monthly", quantity: int = 1, **choices: str) -> Wish:
    return Wish(product, plan, choices, {}, quantity)


def wish_name(domain: str, quantity: int = 1) -> Wish:
    return Wish("name", "year", {}, {"domain": domain}, quantity)


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    made = Shop()
    made.opens()
    yield made
    brands.forget()


@pytest.fixture
def other_shop(shop: Shop) -> Shop:
    made = Shop(OTHER)
    made.opens()
    return made


@pytest.fixture
def busy_shop(committed: str) -> Iterator[Shop]:
    """A shop whose commits are real, for races."""
    brands.forget()
    made = Shop()
    made.opens()
    yield made
    brands.forget()
