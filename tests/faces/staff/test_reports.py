"""Reports in the back office: figures with their charts, the same as CSV, and days that make no report."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO

import pytest

from hostkeep.brands.queries import brand
from hostkeep.faces.staff.report_drawing import TITLES
from hostkeep.faces.ui.charts import Mark, columns, line, rows, top_of
from hostkeep.kernel.ids import BrandId
from hostkeep.reports.observing import look
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import text
from tests.rooms.billing.making import Buyer, billing_act, line as sold
from hostkeep.billing.actions.correcting import credit_whole
from hostkeep.billing.actions.crediting import give_credit
from hostkeep.kernel.money import EUR, Money
from tests.rooms.subscriptions.having import takes

pytestmark = pytest.mark.django_db(databases="__all__")
VPS6 = BrandId("vps6")


@pytest.fixture
def owner(staff: Staff) -> Staff:
    staff.signs_in("owner")
    return staff


@pytest.fixture
def sales(owner: Staff) -> Staff:
    """A brand that sold, took back, gave credit and has a subscription."""
    now = clock.now()
    buyer = Buyer()
    buyer.owes(sold(1000), at=now)
    wrong = buyer.owes(sold(400), at=now)
    credit_whole(billing_act(at=now), invoice=wrong.id, reason="not_given", once="n1")
    give_credit(
        billing_act(role="billing", at=now), account=buyer.account, amount=Money(250, EUR), kind="gift",
        reason="goodwill", once="g",
    )  # fmt: skip
    takes(price=1200, at=now)
    look(make_act(brand="", at=now), brand(VPS6))
    return owner


def table(staff: Staff, kind: str, **query: str) -> list[dict[str, str]]:
    answer = staff.get(f"/staff/reports/vps6/{kind}/", **{"as": "csv", **query})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="vps6-{kind}-')
    return list(csv.DictReader(StringIO(answer.content.decode())))


def test_the_overview_has_a_line_for_what_each_brand_comes_to(sales: Staff) -> None:
    page = text(sales.get("/staff/reports/"))
    assert "VPS6" in page or "vps6" in page.lower()
    for amount in ("€12.00", "€10.00", "€12.10", "€2.50"):
        assert amount in page, amount


@pytest.mark.parametrize("kind", list(TITLES))
def test_each_report_is_a_page_with_its_chart_and_a_file(sales: Staff, kind: str) -> None:
    answer = sales.get(f"/staff/reports/vps6/{kind}/")
    assert answer.status_code == 200
    body = answer.content.decode()
    if kind != "money":  # nothing came yet
        assert 'class="chart' in body
        assert table(sales, kind)
    assert "As CSV" in body


def test_income_is_told_without_tax(sales: Staff) -> None:
    row = table(sales, "income")[-1]
    told = {key: row[key] for key in ("currency", "invoiced", "taken_back", "income", "documents", "notes")}
    assert told == {
        "currency": "EUR", "invoiced": "14.00", "taken_back": "4.00", "income": "10.00", "documents": "2", "notes": "1",
    }  # fmt: skip
    assert len(table(sales, "income")) == 12
    assert len(table(sales, "income", by="quarter")) == 8


def test_ageing_tax_recurring_and_credit_tell_the_same_as_their_rooms(sales: Staff) -> None:
    assert {row["age"]: row["owed"] for row in table(sales, "ageing")}["Not due yet"] == "12.10"
    assert [(row["rate"], row["net"], row["tax"]) for row in table(sales, "tax")] == [("0.21", "10.00", "2.10")]
    assert (table(sales, "recurring")[-1]["mrr"], table(sales, "recurring")[-1]["subscriptions"]) == ("12.00", "1")
    assert table(sales, "credit")[-1] == {"currency": "EUR", "what": "Held at the end", "accounts": "1", "amount": "2.50"}


def test_tax_of_two_quarters_is_never_one_sum(sales: Staff) -> None:
    now = clock.now()
    Buyer().owes(sold(10_000), at=now - timedelta(days=100))
    found = [(row["span"], row["net"], row["tax"]) for row in table(sales, "tax", by="quarter")]
    assert [(net, tax) for _, net, tax in found] == [("100.00", "21.00"), ("10.00", "2.10")]
    assert len({span for span, _, _ in found}) == 2
    assert [row["span"] for row in table(sales, "income", by="quarter")][-1] == found[-1][0]


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2026-02-30"}, {"since": "x"}, {"since": "2026-05-01", "until": "2026-04-01"},
        {"until": "9999-12-31"}, {"since": "1000-01-01"}, {"since": "2001-01-01", "until": "2026-01-01"},
    ],
)  # fmt: skip
def test_days_that_make_no_report_are_refused_in_words(owner: Staff, query: dict[str, str]) -> None:
    answer = owner.get("/staff/reports/vps6/income/", **query)
    assert answer.status_code == 422
    assert "A report runs from a day to a later one" in text(answer)


def test_what_is_no_report_or_brand_is_not_there(owner: Staff) -> None:
    assert owner.get("/staff/reports/vps6/gossip/").status_code == 404
    assert owner.get("/staff/reports/nobody/income/").status_code == 404


@pytest.mark.parametrize("role", ["support", "sales", "engineer", "abuse", "privacy", "clerk"])
def test_reports_are_for_who_keeps_the_books(staff: Staff, role: str) -> None:
    staff.signs_in(role)
    assert staff.get("/staff/reports/").status_code == 403
    assert staff.get("/staff/reports/vps6/income/", **{"as": "csv"}).status_code == 403


def test_a_brand_that_sold_nothing_says_so(owner: Staff) -> None:
    assert "Nothing in this time" in text(owner.get("/staff/reports/vpn/income/"))


def test_charts_draw_less_than_nothing_under_the_axis() -> None:
    marks = [Mark("Jan", -50, "-50"), Mark("Feb", 120, "120")]
    drawn = columns("t", marks, language="en")
    assert 'class="bad"' in drawn
    assert 'class="axis"' in drawn
    assert "<title>Jan: -50</title>" in drawn
    assert line("t", marks, language="en").count("<circle") == 2
    assert rows("t", marks).count("<rect") == 2
    assert columns("t", [], language="en").startswith("<svg")


@pytest.mark.parametrize(("value", "top"), [(0, 0), (1, 1), (3, 4), (41, 60), (999, 1000), (1000, 1000), (0.2, 1)])
def test_a_scale_ends_at_a_round_number(value: float, top: float) -> None:
    assert top_of(value) == top


def test_words_of_a_chart_are_escaped() -> None:
    assert "<b>" not in rows("<b>", [Mark("<b>", 1, "<b>")])
