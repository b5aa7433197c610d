"""Customers of the brands with what their sign-up asks, and browsers they are signed in with."""

from __future__ import annotations

import json

import pytest
from django.http import HttpResponse

from hostkeep.brands.queries import policy_in_force, version_in_force
from hostkeep.faces.signin.logins import make_login
from hostkeep.kernel.ids import BrandId, CategoryId, UserId
from hostkeep.people.actions.joining import accept_statements, open_account
from hostkeep.people.models import User
from hostkeep.people.queries import AccountRow, account_of_user
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.shop.conftest import Browser, gateway

__all__ = ["gateway"]

BRANDS = ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"]
PASSWORD = "correct horse battery"
ADDRESS = {"address": "Keizersgracht 7", "city": "Amsterdam", "postal_code": "1015 CJ", "region": "", "country": "NL"}
TOLD = {
    "name": "Ann Fields",
    "phone": "+31201234567",
    "address": json.dumps(ADDRESS, ensure_ascii=False, sort_keys=True),
    "contacts": "@ann on chat",
}


class Member(Browser):
    """A customer at a brand and the browser they are signed in with."""

    def __init__(self, brand: str, who: str = "ann") -> None:
        super().__init__(brand)
        self.email = f"{who}@example.test"
        self.user = self._joins()

    def _joins(self) -> UserId:
        brand, at = BrandId(self.brand), clock.now()
        policy, version = policy_in_force(brand, at), version_in_force(brand, at)
        told = {**TOLD, "email": self.email}
        values = {f.category: told[f.category] for f in policy.forms["signup"].fields if f.category in told}
        with running_brand.during(brand):
            user = make_login(email=self.email, password=PASSWORD, at=at)
            act = make_act("visitor", "account", brand=self.brand, at=at)
            joined = open_account(act, user=user, values=values, language="en")
            ticked = sorted(s.id for s in policy.forms["signup"].statements)
            accept_statements(
                act, subject=joined.subject, statements=ticked,
                version=version.version, digest=version.digest, form="signup",
            )
            self.client.force_login(User.objects.get(pk=user))
        return user

    @property
    def account(self) -> AccountRow:
        row = account_of_user(self.user)
        assert row is not None
        return row

    def saves(self, **values: object) -> HttpResponse:
        """Send the profile as the page shows it, with some inputs typed over."""
        typed = {"name": "Ann Fields", "phone": "+31201234567", **ADDRESS} if self.brand == "vps6" else {}
        page = self.get("/account/profile/")
        return self.sends(page, "/account/profile/", **{**typed, **values})

    def kept(self, category: str) -> str:
        """What the vault keeps, read with the customer's own act."""
        from hostkeep.vault import door

        act = make_act("customer", "rights", brand=self.brand, at=clock.now(), own=self.account.subject)
        sealed = door.reveal(act, subject=self.account.subject, category=CategoryId(category))
        return "" if sealed is None else sealed.open()


@pytest.fixture
def ann(db: None) -> Member:
    return Member("vps6")


@pytest.fixture
def member(db: None):
    return Member
