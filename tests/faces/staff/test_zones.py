"""Staff read the day that stands on a customer's document: the brand's own, and whose day it is."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.template import Context, Engine, Template
from django.utils import translation

from hostkeep.brands.queries import brand
from hostkeep.faces import staff as back_office
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, VND
from hostkeep.provisioning.models import Service
from hostkeep.subscriptions.models import Subscription
from tests.faces.services.conftest import Customer, Staff, customer
from tests.faces.services.test_add_on_pages import bought
from tests.faces.shop.conftest import text
from tests.faces.billing.conftest import a_customer
from tests.rooms.billing.making import line
from tests.rooms.provisioning.conftest import fake, room, set_up

__all__ = ["customer", "fake", "room", "set_up"]

pytestmark = pytest.mark.django_db(databases="__all__")

EVENING = datetime(2026, 3, 14, 20, 30, tzinfo=UTC)
"""Still the 14th by UTC and in Amsterdam, the 15th in Ho Chi Minh City."""

THERE, HERE = "15 Mar 2026", "14 Mar 2026"
ENGINE = Engine(libraries={"ui": "hostkeep.faces.ui.templatetags.ui"})
TEMPLATES = Path(back_office.__file__).parent / "templates"

ABOUT_ONE = {
    "account_close.html", "dispute.html", "ended.html", "outlook.html", "people.html", "policies_one.html",
    "services_add_ons.html", "services_subscription.html", "services_use.html",
}  # fmt: skip
"""Pages about one brand alone, which they call `shop`."""

OF_THE_HOUSE = {"desk.html", "payouts.html"}
"""Times that are no brand's: the day of the desk, when all accounts at gateways were asked."""


def seen(page) -> str:
    """What a page says, tags taken out."""
    return " ".join(re.sub(r"<[^>]+>", " ", text(page)).split())


def drawn(tag: str, **context: object) -> str:
    with translation.override("en"):
        page = Template("{% load ui %}" + tag, engine=ENGINE).render(Context({"at": EVENING, **context}))
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


@pytest.fixture
def clerk(staff: Staff) -> Staff:
    staff.signs_in("owner")
    return staff


def test_a_time_is_written_in_the_zone_of_the_brand_that_its_row_is_of() -> None:
    shop = brand(BrandId("vietnam-server"))
    assert drawn("{% day at 'vietnam-server' %}") == drawn("{% day at of %}", of=shop.id) == THERE
    assert drawn("{% day at %}", shop=shop) == drawn("{% day at %}", brand=shop) == THERE
    assert drawn("{% day at 'vps6' %}", shop=shop) == HERE, "the row's own brand goes before the page's"
    assert drawn("{% day at %}") == drawn("{% day at '' %}") == drawn("{% day at 'gone' %}") == HERE
    assert drawn("{% when at 'vietnam-server' %}").startswith(f"{THERE}, 03:30 Ho Chi Minh")
    assert drawn("{% when at 'Asia/Ho_Chi_Minh' %}").startswith(f"{THERE}, 03:30 Ho Chi Minh")
    assert drawn("{% day_there at 'vietnam-server' %}").startswith(f"{THERE} Ho Chi Minh")
    assert drawn("{% day_there at 'vps6' %}") == f"{HERE} Amsterdam time"
    assert drawn("{% day_there none 'vps6' %}", none=None) == ""


def test_a_document_bears_one_day_on_every_page_and_in_the_file(clerk: Staff) -> None:
    buyer, near = a_customer("vietnam-server").buyer, a_customer("vps6").buyer
    far = buyer.owes(line(100000, currency=VND), at=EVENING)
    near.owes(line(1000, currency=EUR), at=EVENING)
    for path in (f"/staff/documents/{far.id}/", f"/staff/accounts/{buyer.account}/documents/"):
        page = seen(clerk.get(path))
        assert THERE in page and HERE not in page, path
    listed = seen(clerk.get("/staff/documents/"))
    assert re.search(rf"{THERE} +Ho Chi Minh", listed) and f"{HERE} Amsterdam time" in listed
    answer = clerk.get("/staff/documents/", **{"as": "csv"})
    days = {row["brand"]: row["issued"][:10] for row in csv.DictReader(StringIO(answer.content.decode()))}
    assert days == {"vietnam-server": "2026-03-15", "vps6": "2026-03-14"}


def test_a_subscription_and_its_service_show_the_days_of_their_brand(customer: Customer, clerk: Staff) -> None:
    mine = bought(customer)
    late = EVENING.replace(hour=22)  # the 15th in Tallinn
    Subscription.objects.filter(service=mine).update(created_at=late)
    Service.objects.filter(id=mine).update(created_at=late)
    for path in (f"/staff/services/{mine}/subscription/", f"/staff/services/{mine}/", "/staff/services/"):
        page = seen(clerk.get(path))
        assert THERE in page and HERE not in page, path


def tags(name: str) -> Iterator[str]:
    """The tags of a template that write a time, and name no brand whose it is."""
    yield from re.findall(r"\{% (?:day|when|long_day|clock) [\w.]+(?: as \w+)? %\}", (TEMPLATES / "staff" / name).read_text())


def test_no_page_of_the_back_office_writes_a_time_without_saying_whose() -> None:
    names = sorted(path.name for path in (TEMPLATES / "staff").glob("*.html"))
    bare = {name for name in names if list(tags(name))}
    assert bare == ABOUT_ONE | OF_THE_HOUSE
