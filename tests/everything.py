"""The sixth brand, loaded, and buyers of it in any place with any number."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import uuid4

from django.db import connection

from hostkeep.flows import checkout
from hostkeep.flows.brandloading import load_folder
from hostkeep.kernel.ids import AccountId, BrandId, CartId, CategoryId, UserId
from hostkeep.people.actions.joining import open_account
from hostkeep.people.models import User
from hostkeep.people.queries import AccountRow
from hostkeep.people.queries import account as account_row
from hostkeep.runtime import brand as running_brand
from hostkeep.shop.actions.carting import Wish, add_line, open_cart
from hostkeep.shop.models import Cart
from hostkeep.shop.queries import carts
from tests.conftest import NOON, ROOT, make_act

BRAND = "everything"
FOLDER = ROOT / "tests" / "brands" / BRAND


def load_everything(folder=FOLDER) -> None:
    """Load it as it stands.  The database dates announcements: an hour before noon, as the five brands'."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO runtime_clock (id, ahead) VALUES (1, %s - interval '1 hour' - now())", [NOON])
        load_folder(make_act("owner", "site_administration", brand=BRAND), folder=folder)
        cursor.execute("DELETE FROM runtime_clock")


@dataclass
class Customer:
    """A customer of the sixth brand."""

    account: AccountId
    user: User

    @classmethod
    def at(cls, country: str, *, number: str = "", region: str = "", postal: str = "10115") -> Customer:
        address = {"address": "Way 1", "city": "Town", "postal_code": postal, "region": region, "country": country}
        said = {"email": f"{uuid4().hex[:8]}@example.test", "name": "Ann Elsewhere", "address": json.dumps(address)}
        if number:
            said |= {"tax_id": number, "company": "Elsewhere Ltd"}
        with running_brand.during(BrandId(BRAND)):
            user = User.objects.create(brand=BRAND)
            joined = open_account(
                make_act("visitor", "account", brand=BRAND), user=UserId(user.id),
                values={CategoryId(key): value for key, value in said.items() if country or key != "address"},
                language="en",
            )  # fmt: skip
        return cls(joined.account, user)

    @property
    def row(self) -> AccountRow:
        return account_row(self.account)

    def act(self, purpose: str = "order", at=NOON):
        return make_act("customer", purpose, brand=BRAND, at=at, actor="user:test", own=self.row.subject)

    def fills(self, product: str = "box", *, quantity: int = 1, currency: str = "EUR") -> CartId:
        options = {"disk": "small"} if product == "box" else {}
        held = Cart.objects.filter(brand=BRAND, account=self.account).first()
        cart = CartId(held.id) if held else open_cart(self.act(), currency=currency, account=self.account).cart
        add_line(self.act(), cart=cart, wish=Wish(product, "monthly", options, {}, quantity))
        return cart

    def quote(self, cart: CartId):
        return checkout.quote(self.act(), cart=carts.cart(self.act(), cart), account=self.account)

    def orders(self, cart: CartId, *, once: str = "", at=NOON):
        expected = self.quote(cart).gross
        return checkout.place_order(
            self.act(at=at), cart=cart, account=self.account, expected=expected, once=once or uuid4().hex, answers={}
        )
