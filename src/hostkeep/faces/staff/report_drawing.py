"""What each report shows: its columns, rows and charts, made of what the rooms count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from hostkeep.billing.queries.ageing import ALL, Age, AgeRow, ageing
from hostkeep.billing.queries.income import Invoiced, invoiced, money_moved
from hostkeep.billing.queries.liability import held_at, moved_between
from hostkeep.billing.queries.tax_rows import TaxRow, tax_rows
from hostkeep.brands.queries import BrandRow
from hostkeep.faces.staff.report_marks import Asked, currencies, mark_of, only, span_said, sum_of, told
from hostkeep.faces.staff.report_tables import Cell, Column, Report
from hostkeep.faces.ui import charts
from hostkeep.faces.ui.amounts import money_text
from hostkeep.faces.ui.countries import country_name
from hostkeep.kernel.money import Money
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.vocabulary import terms
from hostkeep.reports.queries.recurring import RecurringRow, recurring

TITLES: Mapping[str, str] = MappingProxyType({
    "income": gettext_noop("Income"),
    "money": gettext_noop("Money in and out"),
    "tax": gettext_noop("Tax"),
    "ageing": gettext_noop("Ageing"),
    "recurring": gettext_noop("Recurring revenue"),
    "credit": gettext_noop("Credit held"),
})
"""By key of a report, in the order of the tabs."""

AGES: Mapping[Age, str] = MappingProxyType({
    "not_due": gettext_noop("Not due yet"),
    "to_30": gettext_noop("Up to 30 days"),
    "to_60": gettext_noop("31 to 60 days"),
    "to_90": gettext_noop("61 to 90 days"),
    "older": gettext_noop("Over 90 days"),
})

MOVED: Mapping[str, str] = MappingProxyType({
    "came": gettext_noop("Paid beyond what was owed"),
    "taken_back": gettext_noop("Credit notes beyond what was open"),
    "gift": gettext_noop("Given by us"),
    "unused": gettext_noop("Paid and not used"),
    "used": gettext_noop("Used on an invoice"),
    "uncovered": gettext_noop("Taken off an invoice again"),
    "paid_out": gettext_noop("Paid back the way it came"),
    "returned": gettext_noop("The payment back did not arrive"),
    "taken": gettext_noop("Taken back by us"),
})
"""By reason why credit moved: what staff read."""

MOST_COUNTRIES = 12
"""In the chart of tax."""


def draw_income(asked: Asked) -> Report:
    """Draw what was invoiced and taken back, by span."""
    found = invoiced(
        asked.brand.id, since=asked.since_at, until=asked.until_at, by=asked.cut, zone=asked.brand.zone
    )
    by_span = {(row.first, row.net.currency): row for row in found}
    codes = currencies(row.net.currency for row in found)
    empty = {currency: Money(0, currency) for currency in codes}
    rows: list[tuple[Cell, ...]] = []
    drawn = []
    for currency in codes:
        marks = []
        for span in asked.spans:
            row = by_span.get((span.first, currency)) or Invoiced(
                span.first, empty[currency], empty[currency], 0, empty[currency], empty[currency], 0
            )
            label = span_said(span, asked.language)
            marks.append(mark_of(span, row.income, asked.language))
            rows.append((
                label, row.net, row.documents, row.back, row.notes, row.income, row.tax - row.tax_back
            ))  # fmt: skip
        heading = gettext("Income in %(currency)s") % {"currency": currency.code}
        drawn.append((heading, charts.columns(told(heading, marks), marks, language=asked.language)))
    return Report(
        "income", gettext(TITLES["income"]),
        gettext("Documents by the day of their issue, without tax. Proformas count nowhere."),
        (
            Column("span", gettext("When")), Column("invoiced", gettext("Invoiced"), "money"),
            Column("documents", gettext("Documents"), "number"),
            Column("taken_back", gettext("Taken back"), "money"),
            Column("notes", gettext("Credit notes"), "number"), Column("income", gettext("Income"), "strong"),
            Column("tax", gettext("Tax on it"), "money"),
        ),
        tuple(rows), tuple(drawn),
    )  # fmt: skip


def draw_money(asked: Asked) -> Report:
    """Draw what money came and went, by span and gateway."""
    found = money_moved(
        asked.brand.id, since=asked.since_at, until=asked.until_at, by=asked.cut, zone=asked.brand.zone
    )
    drawn = []
    for currency in currencies(row.came.currency for row in found):
        marks = [
            mark_of(
                span,
                sum_of(only(currency, (row.left for row in found if row.first == span.first)), currency),
                asked.language,
            )
            for span in asked.spans
        ]
        heading = gettext("Money left of what came, in %(currency)s") % {"currency": currency.code}
        drawn.append((heading, charts.columns(told(heading, marks), marks, language=asked.language)))
    names = {span.first: span_said(span, asked.language) for span in asked.spans}
    return Report(
        "money", gettext(TITLES["money"]),
        gettext("Payments when they came, refunds when they arrived, disputes when they were lost."),
        (
            Column("span", gettext("When")), Column("gateway", gettext("By")),
            Column("came", gettext("Came"), "money"), Column("given_back", gettext("Given back"), "money"),
            Column("taken", gettext("Lost to disputes"), "money"), Column("left", gettext("Left"), "strong"),
        ),
        tuple(
            (
                names[row.first], terms.say("gateway", row.gateway, asked.language), row.came, row.given_back,
                row.taken, row.left,
            )
            for row in found
        ),
        tuple(drawn),
    )  # fmt: skip


def draw_tax(asked: Asked) -> Report:
    """Draw tax by span, country, rate and reason: returns are written for a month, a quarter or a year."""
    zone = asked.brand.zone
    parts = [
        (span, row)
        for span in asked.spans
        for row in tax_rows(asked.brand.id, since=span.starts_at(zone), until=span.ends_at(zone))
    ]
    found = [row for _, row in parts]
    drawn = []
    for currency in currencies(row.tax.currency for row in found):
        marks = _by_country([row for row in found if row.tax.currency == currency], asked)
        heading = gettext("Tax by country in %(currency)s") % {"currency": currency.code}
        if any(mark.value for mark in marks):
            drawn.append((heading, charts.rows(told(heading, marks), marks)))
    return Report(
        "tax", gettext(TITLES["tax"]),
        gettext("What tax returns are written from: documents of this time by place, rate and reason."),
        (
            Column("span", gettext("When")), Column("country", gettext("Country")),
            Column("region", gettext("Region")),
            Column("rate", gettext("Rate"), "rate"), Column("category", gettext("Category")),
            Column("reason", gettext("Reason")), Column("documents", gettext("Documents"), "number"),
            Column("net", gettext("Net"), "money"), Column("tax", gettext("Tax"), "strong"),
        ),
        tuple(
            (
                span_said(span, asked.language), row.country or gettext("the seller's"), row.region, row.rate,
                row.category, row.exemption or row.rule, row.documents, row.net, row.tax,
            )
            for span, row in parts
        ),
        tuple(drawn),
    )  # fmt: skip


def draw_ageing(asked: Asked) -> Report:
    """Draw what was owed at the end of a day, by how long it was overdue."""
    found = ageing(asked.brand.id, at=asked.at)
    rows = [
        (gettext(AGES[age]), many, owed)
        for row in found for age, owed, many in zip(ALL, row.owed, row.documents, strict=True)
    ]  # fmt: skip
    return Report(
        "ageing", gettext(TITLES["ageing"]),
        gettext("What customers owed at the end of the last day, whatever was paid since."),
        (
            Column("age", gettext("Overdue")), Column("documents", gettext("Documents"), "number"),
            Column("owed", gettext("Owed"), "strong"),
        ),
        tuple(rows), tuple(_aged(row, asked.language) for row in found),
    )  # fmt: skip


def draw_recurring(asked: Asked) -> Report:
    """Draw how recurring revenue moved, by span."""
    rows: list[tuple[Cell, ...]] = []
    drawn = []
    for currency, found in recurring(asked.brand.id, asked.spans).items():
        marks = [mark_of(row.span, row.after, asked.language) for row in found]
        heading = gettext("Monthly recurring revenue in %(currency)s") % {"currency": currency.code}
        drawn.append((heading, charts.line(told(heading, marks), marks, language=asked.language)))
        rows.extend(_recurred(row, asked.language) for row in found)
    return Report(
        "recurring", gettext(TITLES["recurring"]),
        _recurring_said(asked.brand),
        (
            Column("span", gettext("When")), Column("new", gettext("New"), "money"),
            Column("expansion", gettext("More"), "money"), Column("contraction", gettext("Less"), "money"),
            Column("churn", gettext("Ended"), "money"), Column("mrr", gettext("At the end"), "strong"),
            Column("subscriptions", gettext("Subscriptions"), "number"),
            Column("churn_subscriptions", gettext("Subscriptions lost"), "rate"),
            Column("churn_revenue", gettext("Revenue lost"), "rate"),
        ),
        tuple(rows), tuple(drawn),
    )  # fmt: skip


def draw_credit(asked: Asked) -> Report:
    """Draw what is held for customers, and why it moved within the report."""
    drawn = []
    balances = [
        (span, held_at(asked.brand.id, at=min(span.ends_at(asked.brand.zone), asked.at)))
        for span in asked.spans
    ]
    for currency in currencies(each.amount.currency for _, held in balances for each in held):
        marks = [
            mark_of(span, sum_of(only(currency, (each.amount for each in held)), currency), asked.language)
            for span, held in balances
        ]
        heading = gettext("Credit held in %(currency)s") % {"currency": currency.code}
        drawn.append((heading, charts.columns(told(heading, marks), marks, language=asked.language)))
    moves = moved_between(asked.brand.id, since=asked.since_at, until=min(asked.until_at, asked.at))
    rows: list[tuple[Cell, ...]] = [
        *((gettext(MOVED[move.why]), None, move.amount) for move in moves),
        *((gettext("Held at the end"), each.accounts, each.amount) for each in balances[-1][1]),
    ]
    return Report(
        "credit", gettext(TITLES["credit"]),
        gettext("What we owe customers as credit: a liability. Why it moved, and what is held."),
        (
            Column("what", gettext("What")), Column("accounts", gettext("Accounts"), "number"),
            Column("amount", gettext("Amount"), "strong"),
        ),
        tuple(rows), tuple(drawn),
    )  # fmt: skip


DRAWN: Mapping[str, Callable[[Asked], Report]] = MappingProxyType({
    "income": draw_income, "money": draw_money, "tax": draw_tax, "ageing": draw_ageing,
    "recurring": draw_recurring, "credit": draw_credit,
})  # fmt: skip
"""By key: what makes the report."""


def _recurring_said(brand: BrandRow) -> str:
    """Say what recurring revenue counts."""
    if brand.prices == "gross":
        return gettext(
            "What subscriptions that are paid for come to in a month, with tax as prices are shown."
            " Trials and what is metered are not in it. It is looked at once an hour."
        )
    return gettext(
        "What subscriptions that are paid for come to in a month, without tax."
        " Trials and what is metered are not in it. It is looked at once an hour."
    )


def _recurred(row: RecurringRow, language: str) -> tuple[Cell, ...]:
    return (
        span_said(row.span, language), row.new, row.expansion, row.contraction, row.churn, row.after,
        row.closed, row.customers_lost, row.revenue_lost,
    )  # fmt: skip


def _aged(row: AgeRow, language: str) -> tuple[str, SafeString]:
    """Draw what is owed in one currency by age."""
    marks = [
        charts.Mark(gettext(AGES[age]), owed.minor, money_text(owed, language), bad=age != "not_due")
        for age, owed in zip(ALL, row.owed, strict=True)
    ]  # fmt: skip
    heading = gettext("Owed in %(currency)s") % {"currency": row.currency.code}
    return heading, charts.rows(told(heading, marks), marks)


def _by_country(rows: Sequence[TaxRow], asked: Asked) -> list[charts.Mark]:
    """Sum tax by country, the most first."""
    sums: dict[str, Money] = {}
    for row in rows:
        sums[row.country] = sums[row.country] + row.tax if row.country in sums else row.tax
    most = sorted(sums.items(), key=lambda each: -each[1].minor)[:MOST_COUNTRIES]
    return [
        charts.Mark(
            country_name(code, asked.language) if code else gettext("the seller's"), tax.minor,
            money_text(tax, asked.language),
        )
        for code, tax in most
    ]  # fmt: skip
