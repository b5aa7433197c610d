"""What a service uses, on its page and for programs: shown where the policy lets it be counted, nowhere else."""

from __future__ import annotations

import re
import json
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from hostkeep.flows import metering
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, Money
from hostkeep.people.actions.keys import make_key
from hostkeep.people.rules.scopes import scopes_for
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.everything import BRAND, Customer, load_everything
from tests.faces.api.conftest import Program, problem
from tests.faces.services.conftest import Customer as VpnCustomer
from tests.faces.services.conftest import customer, room
from tests.faces.shop.conftest import Browser, gateway, text
from tests.flows.counted import DAY, GB, Counted

__all__ = ["customer", "gateway", "room"]


@pytest.fixture
def counted(db) -> Counted:
    load_everything()
    return Counted(clock.now() - 40 * DAY)


def signed_in(ann: Customer) -> Browser:
    browser = Browser(BRAND)
    with running_brand.during(BrandId(BRAND)):
        browser.client.force_login(ann.user)
    return browser


def program(ann: Customer) -> Program:
    act = make_act("customer", "authentication", brand=BRAND, at=clock.now(), own=ann.row.subject)
    return Program(BRAND, make_key(act, user=ann.user.id, account=ann.account, scopes=scopes_for("customer")).key)


def words(page) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text(page)).split())


def uses_two_months(counted: Counted) -> None:
    """150 GB in the month that is billed, 160.5 GB on a day of the one that runs."""
    counted.uses(150, day=3)
    metering.bill_due(make_act(brand="", at=counted.since + 39 * DAY))
    counted.uses(160.5, day=38)


def test_the_page_says_what_was_used_what_it_costs_and_what_it_comes_to(counted: Counted) -> None:
    uses_two_months(counted)
    browser = signed_in(counted.ann)
    assert f"/account/services/{counted.service}/use/" in browser.get(f"/account/services/{counted.service}/").content.decode()
    page = browser.get(f"/account/services/{counted.service}/use/")
    assert page.status_code == 200
    said = words(page)
    for each in (
        "Used so far 160.5 GB", "Included 100 GB", "It comes to, now €1.21", "100 GB a month included", "Above 100 GB",
        "€0.02 for each GB", "150 GB €1.00", "Tax comes on top",
    ):  # fmt: skip
        assert each in said, each
    html = page.content.decode()
    assert '<svg class="chart"' in html
    assert f"/account/invoices/{metering_invoice(counted)}/" in html
    day = (counted.since + 37.5 * DAY).astimezone(ZoneInfo("Europe/Berlin")).date()
    assert f"{day.day} {day:%b %Y} 160.5 GB" in said


def metering_invoice(counted: Counted) -> object:
    from hostkeep.subscriptions.queries.metering import uses_of

    return uses_of(counted.ann.account)[0].invoice


def test_limits_are_set_kept_and_taken_away(counted: Counted) -> None:
    browser = signed_in(counted.ann)
    page, path = browser.get(f"/account/services/{counted.service}/use/"), f"/account/services/{counted.service}/use/{counted.row.id}/limits/"
    assert browser.sends(page, path, alert="1,50", cap="20").status_code == 302
    assert (counted.row.alert, counted.row.cap) == (Money(150, EUR), Money(2000, EUR))
    counted.uses(1200, day=39)
    said = words(browser.get(f"/account/services/{counted.service}/use/"))
    assert "Your cap of €20.00 is reached" in said
    assert browser.sends(page, path, alert="", cap="").status_code == 302
    assert (counted.row.alert, counted.row.cap) == (None, None)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"cap": "-5"}, "A limit cannot be less than nothing"), ({"alert": "\N{MINUS SIGN}1"}, "less than nothing"),
        ({"cap": "1.234"}, "Write an amount in EUR"), ({"alert": "20 USD"}, "Write an amount in EUR"),
        ({"cap": "$20"}, "Write an amount in EUR"), ({"cap": "999999999999"}, "more than an invoice can hold"),
    ],
)  # fmt: skip
def test_limits_that_are_none_are_shown_again_and_nothing_is_set(counted: Counted, typed: dict[str, str], said: str) -> None:
    browser = signed_in(counted.ann)
    page, path = browser.get(f"/account/services/{counted.service}/use/"), f"/account/services/{counted.service}/use/{counted.row.id}/limits/"
    answer = browser.sends(page, path, **{"alert": "3", "cap": "9", **typed})
    assert answer.status_code == 422
    assert said in words(answer)
    assert f'value="{next(iter(typed.values()))}"' in answer.content.decode()
    assert (counted.row.alert, counted.row.cap) == (None, None)


def test_a_field_that_is_not_the_forms_is_refused(counted: Counted) -> None:
    browser = signed_in(counted.ann)
    page, path = browser.get(f"/account/services/{counted.service}/use/"), f"/account/services/{counted.service}/use/{counted.row.id}/limits/"
    assert browser.sends(page, path, cap="9", currency="USD").status_code == 422
    assert counted.row.cap is None


def test_another_customer_sees_and_sets_nothing(counted: Counted) -> None:
    eve = signed_in(Customer.at("DE"))
    assert eve.get(f"/account/services/{counted.service}/use/").status_code == 404
    path = f"/account/services/{counted.service}/use/{counted.row.id}/limits/"
    assert eve.post(path, cap="1").status_code in {403, 404}
    assert counted.row.cap is None


def test_a_program_reads_and_limits_as_its_owner_does(counted: Counted) -> None:
    uses_two_months(counted)
    api = program(counted.ann)
    answer = api.get(f"/services/{counted.service}/use")
    assert answer.status_code == 200, answer.content
    (meter,) = json.loads(answer.content)["meters"]
    assert (meter["used"], meter["now"]) == (160_500_000_000, {"minor": 121, "currency": "EUR"})
    assert meter["prices"]["included"] == 100
    assert [day["quantity"] for day in meter["days"]] == [160_500_000_000]
    assert [(month["quantity"], month["amount"]["minor"]) for month in meter["past"]] == [(150 * GB, 100)]
    path = f"/services/{counted.service}/use/{counted.row.id}/limits"
    limits = {"alert": {"minor": 50, "currency": "EUR"}, "cap": {"minor": 100, "currency": "EUR"}}
    again = [api.call("PUT", path, limits, once="l-1") for _ in range(2)]
    assert [json.loads(each.content)["meters"][0]["now"]["minor"] for each in again] == [100, 100]
    problem(api.call("PUT", path, {**limits, "cap": {"minor": 1, "currency": "USD"}}), 422, "subscriptions.limit.bad")
    problem(api.call("PUT", path, {**limits, "cap": {"minor": -1, "currency": "EUR"}}), 422, "api.fields.bad")
    problem(api.call("PUT", path, {"cap": None}), 422, "api.fields.bad")
    assert counted.row.cap == Money(100, EUR)
    eve = program(Customer.at("DE"))
    problem(eve.call("PUT", path, limits), 404, "subscriptions.meter.none")


def test_where_the_policy_lets_none_be_counted_nothing_of_it_appears(customer: VpnCustomer, room) -> None:
    """At the vpn: no link, a page and a program that are refused with the clause, and no reading taken."""
    from hostkeep.brands.queries import policy_in_force
    from hostkeep.flows.metering import may_count
    from hostkeep.subscriptions.errors import NotMetered
    from hostkeep.subscriptions.models import Reading

    clause = may_count(policy_in_force("vpn", clock.now()))
    assert clause
    service = room.builds("fake")
    page = customer.page(service)
    assert page.status_code == 200
    assert "/use/" not in page.content.decode()
    refused = customer.browser.get(f"/account/services/{service}/use/")
    assert refused.status_code == 403
    assert clause in refused.content.decode()
    assert customer.browser.post(f"/account/services/{service}/use/{uuid4()}/limits/", cap="1").status_code == 403
    from hostkeep.kernel.period import Period
    from hostkeep.subscriptions.actions.metering import Told

    now = clock.now()
    told = [Told(uuid4(), "a", 1, Period(now - timedelta(hours=1), now))]
    with pytest.raises(NotMetered) as refusal:
        metering.take(make_act("system", "billing", brand="vpn", at=now), told=told)
    assert refusal.value.clause == clause
    assert not Reading.objects.exists()
