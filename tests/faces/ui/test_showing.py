"""Money, dates, lights and labels as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Engine, Template
from django.utils import translation

from hostkeep.faces.ui import amounts, lights, moments
from hostkeep.kernel.money import Money, money
from hostkeep.kernel.terms import Term

TAGS = {name: f"hostkeep.faces.ui.templatetags.{name}" for name in ("ui", "asking")}
TAGS["shop"] = "hostkeep.faces.storefront.templatetags.shop"
ENGINE = Engine(libraries=TAGS)
NOON = datetime(2026, 11, 22, 13, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "english", "vietnamese"),
    [
        (money(190, "USD"), "$1.90", "1,90 $"),
        (money(123456, "EUR"), "€1,234.56", "1.234,56 €"),
        (money(79000, "VND"), "79.000 ₫", "79.000 ₫"),
        (money(-500, "EUR"), "\N{MINUS SIGN} €5.00", "\N{MINUS SIGN} 5,00 €"),
        (money(0, "VND"), "0 ₫", "0 ₫"),
    ],
)
def test_money_as_its_readers_write_it(amount: Money, english: str, vietnamese: str) -> None:
    assert amounts.money_text(amount, "en").replace("\xa0", " ") == english
    assert amounts.money_text(amount, "vi").replace("\xa0", " ") == vietnamese


def test_rates_are_percentages() -> None:
    assert amounts.rate_text(210_000, "en") == "21 %"
    assert amounts.rate_text(77_500, "vi") == "7,75 %"


@pytest.mark.parametrize(
    ("term", "called", "costs", "each"),
    [
        (Term("hour", 1), "1 hour", "an hour", "each hour"),
        (Term("day", 7), "7 days", "for 7 days", "every 7 days"),
        (Term("month", 1), "1 month", "a month", "each month"),
        (Term("month", 12), "1 year", "a year", "each year"),
        (Term("month", 18), "18 months", "for 18 months", "every 18 months"),
        (Term("month", 24), "2 years", "for 2 years", "every 2 years"),
        (Term("year", 1), "1 year", "a year", "each year"),
        (Term("year", 3), "3 years", "for 3 years", "every 3 years"),
        (Term("day", 12), "12 days", "for 12 days", "every 12 days"),
    ],
)
def test_a_term_has_one_name_wherever_it_is_said(term: Term, called: str, costs: str, each: str) -> None:
    page = Template("{% load shop ui %}{{ term|term }}|{{ term|per_term }}|{{ term|each_term }}", engine=ENGINE)
    with translation.override("en"):
        assert page.render(Context({"term": term})) == f"{called}|{costs}|{each}"


def test_times_stand_in_the_brands_zone_with_its_name() -> None:
    class Brand:
        zone = "Asia/Ho_Chi_Minh"

    page = Template("{% load ui %}{% when at %}|{% day at %}|{% clock at %}", engine=ENGINE)
    with translation.override("en"):
        text = page.render(Context({"brand": Brand(), "at": NOON}))

    assert "22 Nov 2026, 20:02</time>" in text
    assert "Ho Chi Minh" in text  # newer names of places say "City"
    assert " time<" in text
    assert 'datetime="2026-11-22T13:02:00+00:00"' in text


@pytest.mark.parametrize(
    ("span", "text"),
    [(timedelta(seconds=20), "just now"), (timedelta(minutes=4), "4 min ago"), (timedelta(hours=3), "3 h ago"),
     (timedelta(days=1), "1 day ago"), (timedelta(days=9), "9 days ago"), (timedelta(seconds=-5), "just now")],
)
def test_how_long_ago(span: timedelta, text: str) -> None:
    with translation.override("en"):
        assert moments.ago_text(NOON - span, NOON) == text


@pytest.mark.parametrize(
    ("span", "text"),
    [(timedelta(days=30), "30 days"), (timedelta(days=720), "24 months"), (timedelta(days=365), "1 year"),
     (timedelta(hours=2), "2 hours"), (timedelta(minutes=20), "20 minutes"), (timedelta(days=1), "1 day")],
)
def test_spans_in_their_largest_unit(span: timedelta, text: str) -> None:
    with translation.override("en"):
        assert moments.span_text(span) == text


def test_the_summary_counts_each_light_and_the_worst_stands_for_all() -> None:
    summary = lights.gather([("A-1", "green"), ("A-2", "grey"), ("A-3", "statement"), ("A-4", "statement")], NOON)

    with translation.override("en"):
        assert summary.text == "4 promises: 1 proven, 1 unproven, 2 statements"
    assert summary.worst == "stale"
    assert lights.gather([("A-1", "red"), ("A-2", "green")], NOON).worst == "broken"
    assert lights.light_of("never heard of") == "stale"


def test_tags_escape_what_they_are_given() -> None:
    page = Template(
        '{% load ui asking %}{% badge state %}{% clause_id c %}{% light "green" small %}'
        '{% note "info" %}{{ x }}{% endnote %}{% qr x x %}',
        engine=ENGINE,
    )
    text = page.render(Context({"state": "<i>", "c": '"><script>', "small": "<b>", "x": "<script>alert(1)</script>"}))

    assert "<script>" not in text
    assert "<i>" not in text
    assert "<b>" not in text
