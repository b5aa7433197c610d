"""Every address that takes a page number, whichever it is, with numbers that are none."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

import pytest
from django.conf import settings
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern, URLResolver

from hostkeep.billing.models import Invoice
from hostkeep.provisioning.queries import services_of
from hostkeep.shop.queries.orders import orders_of
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import gateway
from tests.faces.staff.test_policies import Desk

__all__ = ["gateway"]

pytestmark = pytest.mark.django_db(databases="__all__")

BAD = (
    "99999999999999999999", "9" * 5000, "-99999999999999999999", "-1", "0", "999999999", "2147483648",
    "9223372036854775808", "abc", "\0", "1\0", "", " ", "1.5", "1e9", "0x10", "NaN", "²", "١", "１", "+1", "1_000",
    "1;--", "'", "../1", "%00", "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
)  # fmt: skip
SHOWN = {200, 302}
"""A page, or the way back to the first where there is none of that number."""

ALSO_LISTS = 9
"""So many addresses at least took a page number when this was written."""


@dataclass
class Heard:
    """Whether a page number was looked at while an address was answered."""

    page: bool = field(default=False)


@pytest.fixture
def heard(monkeypatch) -> Heard:
    found, plain = Heard(), QueryDict.get

    def get(query: QueryDict, key: str, default: object = None) -> object:
        found.page = found.page or key == "page"
        return plain(query, key, default)

    monkeypatch.setattr(QueryDict, "get", get)
    return found


def routes(before: str, patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    """The routes of an URL table, places and all."""
    for each in patterns:
        here = before + getattr(each.pattern, "_route", "")
        if isinstance(each, URLResolver):
            yield from routes(here, each.url_patterns)
        else:
            yield here


def filled(route: str, handles: tuple[str, ...]) -> Iterator[str]:
    """A route with everything that may stand in its places."""
    pools = [
        {"uuid": handles, "int": ("1",)}.get(kind, ("vps6", "1"))
        for kind in re.findall(r"<(?:(\w+):)?\w+>", route)
    ]
    for places in product(*pools):
        left = iter(places)
        yield re.sub(r"<[^>]+>", lambda _, left=left: next(left), route)


def asks(client: Client, host: str, path: str, page: str) -> int:
    return client.get(path, {"page": page}, headers={"host": host, "sec-fetch-site": "none"}).status_code


def takers(client: Client, host: str, urlconf: str, handles: tuple[str, ...], heard: Heard) -> list[str]:
    """One address of each route that looks at a page number."""
    found = []
    for route in sorted(set(routes("/", importlib.import_module(urlconf).urlpatterns))):
        for path in filled(route, handles):
            heard.page = False
            if asks(client, host, path, "2") in SHOWN and heard.page:
                found.append(path)
                break
    return found


def test_no_page_number_breaks_a_list(heard: Heard, gateway) -> None:
    ann = Member("vps6")
    ann.puts()
    ann.sends(ann.get("/checkout/"), "/checkout/", gateway="testpay")
    owner, account = Desk(), ann.account.id
    owner.signs_in("owner")
    orders, services = orders_of(account, first=1), services_of(account)
    rows = (account, Invoice.objects.get(account=account).id, orders[0].id, services[0].id)
    handles = tuple(map(str, rows))
    tried = []
    for client, host, urlconf in (
        (ann.client, ann.host, settings.ROOT_URLCONF), (owner.client, "localhost", settings.OPERATOR_URLCONF),
    ):  # fmt: skip
        client.raise_request_exception = False
        for path in takers(client, host, urlconf, handles, heard):
            tried.append(path)
            answers = {page: asks(client, host, path, page) for page in BAD}
            assert set(answers.values()) <= SHOWN, (path, {p: a for p, a in answers.items() if a not in SHOWN})
    assert len(tried) >= ALSO_LISTS, tried
