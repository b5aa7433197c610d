"""Programs of customers: a key, a host, and calls as a plain HTTP client makes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import AccountId, BrandId, UserId
from hostkeep.people.actions.keys import make_key
from hostkeep.people.models import User
from hostkeep.people.queries import AccountRow, key_of_text
from hostkeep.people.rules.scopes import scopes_for
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.services.conftest import room
from tests.faces.shop.conftest import gateway

__all__ = ["gateway", "room"]

V1 = "/api/v1"


@dataclass
class Program:
    """A program that holds a key of a customer, or none."""

    brand: str
    key: str = ""
    member: Any = None
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def call(self, method: str, path: str, body: object = None, once: str = "", **more: Any) -> HttpResponse:
        headers = {"host": f"{self.brand}.localhost", **more.pop("headers", {})}
        if self.key:
            headers.setdefault("authorization", f"Bearer {self.key}")
        if once:
            headers["idempotency-key"] = once
        text = body if isinstance(body, str | bytes) else "" if body is None else json.dumps(body)
        kind = more.pop("content_type", "application/json" if text else "")
        return self.client.generic(method, V1 + path, text, content_type=kind, headers=headers, **more)

    def get(self, path: str, **more: Any) -> HttpResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, body: object = None, once: str = "", **more: Any) -> HttpResponse:
        return self.call("POST", path, body, once, **more)

    @property
    def account(self) -> AccountRow:
        return self.member.account

    def product(self, number: int = 0) -> dict[str, Any]:
        groups = self.get("/catalogue").json()["groups"]
        slugs = [product["slug"] for group in groups for product in group["products"]]
        return self.get(f"/catalogue/products/{slugs[number]}").json()

    def puts(self, **more: Any) -> dict[str, Any]:
        """Put a product into the cart; return the cart."""
        product = self.product()
        answer = self.post("/cart/lines", {"product": product["slug"], "plan": product["plans"][0]["slug"], **more})
        assert answer.status_code == 200, answer.content
        return answer.json()

    def orders(self, once: str = "o-1", **more: Any) -> HttpResponse:
        """Order all that lies in the cart, at the amount that it shows."""
        cart = self.get("/cart").json()
        return self.post("/orders", {"expected": cart["gross"], **more}, once)


def key_for(member: Member, scopes: tuple[str, ...] = ()) -> str:
    act = make_act("customer", "authentication", brand=member.brand, at=clock.now(), own=member.account.subject)
    wanted = scopes or scopes_for("customer")
    return make_key(act, user=member.user, account=member.account.id, scopes=wanted).key


def program(brand: str = "vps6", *scopes: str, who: str = "ann") -> Program:
    member = Member(brand, who)
    return Program(brand, key_for(member, scopes), member)


@pytest.fixture
def ann(db: None) -> Program:
    return program()


@pytest.fixture
def nobody(db: None) -> Program:
    return Program("vps6")


@pytest.fixture
def programs(db: None):
    return program


def problem(answer: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """What a refusal says, checked for its shape."""
    assert answer.status_code == status, (answer.status_code, answer.content[:400])
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = json.loads(answer.content)
    assert told["code"] == code and told["status"] == status and told["title"] and told["type"] == f"/errors/{code}"
    return told
