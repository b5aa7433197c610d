"""Tax of a period, as returns are written from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hostkeep.billing.actions.correcting import credit_whole
from hostkeep.billing.queries.tax_rows import THRESHOLD, tax_rows, towards_threshold
from hostkeep.billing.rules.taxing.deciding import TaxDecided
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, USD, Money
from tests.conftest import NOON
from tests.rooms.billing.making import WEEK, Buyer, billing_act, line

VPS6 = BrandId("vps6")


def sells(rule: str, country: str, minor: int, rate: int, category: str = "S", exemption: str = "", region: str = "", **said):
    one = replace(line(minor, rate=rate, **said), tax_category=category, exemption=exemption)
    decided = TaxDecided(rule, country, region, rate, category, exemption)
    return Buyer().owes(one, decision=decided)


def test_it_is_added_up_by_place_rate_and_reason(db, django_assert_num_queries) -> None:
    sells("domestic", "NL", 1000, 210_000)
    sells("domestic", "NL", 500, 210_000)
    sells("destination", "PT", 1000, 160_000, region="20")
    sells("reverse_charge", "DE", 2000, 0, "AE", "VATEX-EU-AE")
    sells("domestic", "NL", 1000, 210_000, currency=USD)
    Buyer().owes(line(300), line(200, rate=0))
    with django_assert_num_queries(1):
        rows = tax_rows(VPS6, since=NOON, until=NOON + WEEK)
    told = [
        (r.net.currency.code, r.country, r.region, r.rate, r.category, r.net.minor, r.tax.minor, r.documents) for r in rows
    ]
    assert told == [
        ("EUR", "", "", 0, "S", 200, 0, 1),
        ("EUR", "", "", 210_000, "S", 300, 63, 1),
        ("EUR", "DE", "", 0, "AE", 2000, 0, 1),
        ("EUR", "NL", "", 210_000, "S", 1500, 315, 2),
        ("EUR", "PT", "20", 160_000, "S", 1000, 160, 1),
        ("USD", "NL", "", 210_000, "S", 1000, 210, 1),
    ]


def test_a_period_is_half_open_and_a_brands_own(db) -> None:
    Buyer().owes(line(100), at=NOON)
    Buyer().owes(line(100), at=NOON + WEEK)
    Buyer("vpsfast").owes(line(100, currency=USD), at=NOON)
    (row,) = tax_rows(VPS6, since=NOON, until=NOON + WEEK)
    assert row.documents == 1
    assert tax_rows(VPS6, since=NOON + WEEK + timedelta(seconds=1), until=NOON + 2 * WEEK) == ()


def test_what_counts_towards_the_threshold(db) -> None:
    sells("threshold", "NL", 400_000, 210_000)
    sells("destination", "FR", 700_000, 200_000)
    sells("destination", "NL", 1, 210_000)
    sells("destination", "GB", 1, 200_000)
    sells("domestic", "NL", 1, 210_000)
    sells("reverse_charge", "DE", 1, 0, "AE", "VATEX-EU-AE")
    rows = tax_rows(VPS6, since=NOON, until=NOON + WEEK)
    found = towards_threshold(rows, home="NL")
    assert found == Money(1_100_000, EUR)
    assert found.minor > THRESHOLD.minor


def test_what_is_taken_back_takes_away_and_what_is_added_adds(db) -> None:
    made = sells("destination", "FR", 1000, 200_000)
    sells("destination", "FR", 300, 200_000)
    credit_whole(billing_act(), invoice=made.id, reason="wrong_tax", once="c-1")
    (row,) = tax_rows(VPS6, since=NOON, until=NOON + WEEK)
    assert (row.country, row.net, row.tax, row.documents) == ("FR", Money(300, EUR), Money(60, EUR), 3)


def test_a_canarys_documents_count_nowhere(db, monkeypatch) -> None:
    from hostkeep.billing.models import Invoice

    sells("destination", "FR", 1000, 200_000)
    assert {row.kind for row in Invoice.objects.all()} == {"invoice"}
    canary = Buyer()
    monkeypatch.setattr("hostkeep.billing.actions.issuing.canary_accounts", lambda: {canary.account})
    canary.owes(line(7000))
    (row,) = tax_rows(VPS6, since=NOON, until=NOON + WEEK)
    assert row.net == Money(1000, EUR)
