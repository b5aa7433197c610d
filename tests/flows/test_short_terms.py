"""Plans of hours and of days from the catalogue to the books: shown, ordered, billed term by term, changed, ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hostkeep.billing.models import Invoice, InvoiceLine
from hostkeep.flows import changing, renewing
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.period import months_after
from hostkeep.kernel.terms import Term
from hostkeep.messaging.calls import handing
from hostkeep.shop.actions.loading import load_catalogue
from hostkeep.shop.models import OrderLine, Plan
from hostkeep.shop.queries.shelves import product_by_slug
from hostkeep.subscriptions.models import Period
from tests.conftest import NOON, make_act
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import Browser, gateway, text
from tests.flows.debtors import DAY, HOUR, Debtor, machines, passes
from tests.flows.test_dunning import foretold, happened
from tests.flows.test_mailing import FakeMailer
from tests.flows.test_promoting import BRAND, Buyer, at, buys

__all__ = ["gateway"]
pytestmark = pytest.mark.django_db(databases="__all__")

CATALOGUE = """schema: hostkeep-catalogue/1
groups:
- slug: passes
  name: Passes
  products:
  - slug: pass
    name: Pass
    driver: manual
    plans:
    - {slug: hourly, hours: 1, prices: {EUR: 3, USD: 4}}
    - {slug: weekly, days: 7, prices: {EUR: 250, USD: 290}, setup: {EUR: 100, USD: 110}}
    - {slug: monthly, months: 1, prices: {EUR: 800, USD: 900}}
    add_ons:
    - slug: spare
      name: Spare
      prices: {EUR: 60, USD: 70}
      terms: [{hours: 1, prices: {EUR: 1, USD: 1}}, {days: 7, prices: {EUR: 20, USD: 25}}]
"""


@pytest.fixture(autouse=True)
def sold(db: None) -> None:
    act = make_act("owner", "site_administration", brand=BRAND)
    load_catalogue(act, brand=BrandId(BRAND), text=CATALOGUE)


def billed(buyer: Buyer) -> list[tuple[datetime, datetime]]:
    return list(Period.objects.filter(subscription=buyer.row.id).order_by("starts_at").values_list("starts_at", "ends_at"))


def runs(upto: float, step: float) -> None:
    days = 0.0
    while days <= upto:
        renewing.renew_due(make_act(brand="", at=at(days)))
        days += step


def test_the_catalogue_says_how_long_they_are() -> None:
    assert [Term("hour", 1), Term("day", 7), Term("month", 1)] == [
        plan.term for plan in product_by_slug(BrandId(BRAND), "pass", currency="EUR", language="en").plans
    ]
    Plan.objects.get(slug="weekly", product__slug="pass", days=7, months=0, hours=0)


def test_a_week_is_billed_a_week_at_a_time() -> None:
    buyer = buys("pass", "weekly", code="")
    line = OrderLine.objects.get(order_id=buyer.order)
    assert (line.months, line.days, line.hours, line.recurring_minor, line.setup_minor) == (0, 7, 0, 250, 100)
    first = InvoiceLine.objects.filter(invoice=buyer.invoice, starts_at__isnull=False).get()
    assert first.ends_at - first.starts_at == timedelta(days=7)
    buyer.pays()
    buyer.runs()
    assert buyer.row.calendar.term == Term("day", 7)
    runs(21, 1)
    spans = billed(buyer)
    assert spans[:3] == [(at(0), at(7)), (at(7), at(14)), (at(14), at(21))]
    assert set(buyer.bills()) == {250}
    assert len(buyer.bills()) == len(spans) - 1


@pytest.fixture
def fake(monkeypatch) -> Iterator[None]:
    mailer = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: mailer])
    with machines():
        yield


def test_who_takes_a_week_is_asked_for_the_next_when_half_of_it_is_over(fake) -> None:
    ann = Debtor(term=Term("day", 7)).starts()
    told = foretold(ann, NOON + HOUR, NOON + 12 * DAY)
    passes(NOON, NOON + 3.5 * DAY, HOUR)
    assert len(ann.invoices()) == 1
    passes(NOON + 3.5 * DAY, NOON + 12 * DAY, HOUR)
    second = ann.invoices()[1]
    assert (second.issued_at, second.due_at) == (NOON + 3.5 * DAY, NOON + 7 * DAY)
    assert [step for step in ann.steps(second.id) if step[0] <= 0] == [(-1, "reminder", "sent")]
    assert happened(ann, NOON + HOUR) == told


@pytest.mark.parametrize(("days", "hours", "reminded"), [
    (7, 0, [-1]), (7, 9, [-1]), (7, 19, [-1]), (9, 0, [-3, -1]), (3, 0, []), (1, 0, []), (21, 5, [-7, -3, -1]),
])  # fmt: skip
def test_no_reminder_is_older_than_a_day_after_its_invoice(fake, days: int, hours: int, reminded: list[int]) -> None:
    begin = NOON + hours * HOUR
    ann = Debtor(term=Term("day", days), at=begin).starts()
    passes(begin, begin + days * DAY, HOUR)
    second = ann.invoices()[1]
    assert second.issued_at == second.due_at - days / 2 * DAY
    assert ann.steps(second.id) == [(day, "reminder", "sent") for day in reminded]
    assert ann.mails().count("billing/reminder") == len(reminded), ann.mails()


def test_an_hour_is_billed_an_hour_at_a_time() -> None:
    buyer = buys("pass", "hourly", code="")
    buyer.pays()
    buyer.runs()
    runs(0.25, 1 / 48)
    spans = billed(buyer)
    assert len(spans) >= 6
    assert all(end - start == timedelta(hours=1) for start, end in spans)
    assert all(a[1] == b[0] for a, b in zip(spans, spans[1:], strict=False))
    assert set(buyer.bills()) == {3}


def test_a_week_is_changed_for_a_month() -> None:
    buyer = buys("pass", "weekly", code="")
    buyer.pays()
    buyer.runs()
    offer = buyer.changes(1, "term")
    assert offer.move.term == Term("month", 1)
    due = make_act(brand="", at=buyer.row.renew_at)
    changing.sweep_due(due)
    renewing.renew_due(due)
    assert buyer.row.calendar.term == Term("month", 1)
    local = at(7).astimezone(ZoneInfo("Europe/Amsterdam"))
    assert billed(buyer) == [(NOON, at(7)), (at(7), months_after(local, 1))]
    assert buyer.bills() == [800]


def test_the_pages_say_it(gateway) -> None:
    page = text(Browser(BRAND).get("/products/pass/", plan="weekly"))
    for words in ("1 hour", "7 days", "1 month", "for 7 days", "+ €0.20 for 7 days", "+ €0.01 an hour"):
        assert words in page, words
    cheap = Browser(BRAND).get("/products/pass/", **{"plan": "weekly", "addon-spare": "1"})
    assert text(cheap).split('data-sum="first">')[1].split("<")[0] == "€3.70"
    assert "an hour" in text(Browser(BRAND).get("/"))
    ann = Member(BRAND)
    ann.puts("pass", plan="weekly")
    assert "7 days" in text(ann.get("/cart/"))
    assert "renews at €2.50 for 7 days" in text(ann.get("/checkout/"))
    ann.sends(ann.get("/checkout/"), "/checkout/", gateway="testpay")
    order = OrderLine.objects.get(order__account_id=ann.account.id).order_id
    assert "7 days" in text(ann.get(f"/account/orders/{order}/"))


def test_the_api_says_it() -> None:
    told = Browser(BRAND).get("/api/v1/catalogue/products/pass").json()
    assert [plan["term"] for plan in told["plans"]] == [
        {"unit": "hour", "count": 1}, {"unit": "day", "count": 7}, {"unit": "month", "count": 1},
    ]  # fmt: skip
    assert told["add_ons"][0]["terms"][0] == {
        "term": {"unit": "hour", "count": 1}, "price": {"minor": 1, "currency": "EUR"},
    }  # fmt: skip


def test_a_code_for_a_year_is_not_good_for_a_week() -> None:
    from hostkeep.shop.errors import PromoNotForThese
    from tests.flows.test_promoting import TENTH, fills, makes

    makes(**TENTH, months=(12,))
    with pytest.raises(PromoNotForThese):
        fills("pass", "weekly")
    assert not Invoice.objects.exists()
