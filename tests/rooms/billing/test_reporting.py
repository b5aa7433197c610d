"""What billing counts for reports: income, money, ageing and credit held."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hostkeep.billing.actions.correcting import credit_whole
from hostkeep.billing.actions.crediting import give_credit
from hostkeep.billing.actions.receiving import record_transfer
from hostkeep.billing.transfers import Transfer
from hostkeep.billing.models import Invoice
from hostkeep.billing.queries.ageing import ALL, age_of, ageing, open_at
from hostkeep.billing.queries.income import invoiced, money_moved
from hostkeep.billing.queries.liability import held_at, moved_between
from hostkeep.flows.reconciling import check_brand
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, USD, Money
from tests.conftest import NOON
from tests.rooms.billing.making import WEEK, Buyer, billing_act, line

VPS6 = BrandId("vps6")
ZONE = "Europe/Amsterdam"
YEAR = timedelta(days=366)


def income(by="month"):
    return invoiced(VPS6, since=NOON - YEAR, until=NOON + YEAR, by=by, zone=ZONE)


def pays(issued, minor: int, at=NOON, proof: str = "p1") -> None:
    reference = Invoice.objects.get(id=issued.id).reference
    transfer = Transfer("bank_transfer", proof, Money(minor, EUR), at.date(), frozenset({reference}))
    record_transfer(billing_act(at=at), transfer=transfer)


def test_income_is_what_was_invoiced_less_what_was_taken_back(db, django_assert_num_queries) -> None:
    Buyer().owes(line(1000))
    wrong = Buyer().owes(line(400))
    Buyer().owes(line(700, currency=USD))
    Buyer("vpsfast").owes(line(900, currency=USD))
    credit_whole(billing_act(), invoice=wrong.id, reason="not_given", once="n1")
    with django_assert_num_queries(1):
        euro, dollar = income()
    assert (euro.net.minor, euro.documents, euro.back.minor, euro.notes, euro.income.minor) == (1400, 2, 400, 1, 1000)
    assert (euro.tax.minor, euro.tax_back.minor) == (294, 84)
    assert dollar.income == Money(700, USD)


def test_a_document_counts_in_the_brands_month(db) -> None:
    Buyer().owes(line(100), at=datetime(2026, 3, 31, 21, 30, tzinfo=UTC))  # half past eleven at night there
    Buyer().owes(line(200), at=datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    found = invoiced(
        VPS6, since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2026, 6, 1, tzinfo=UTC), by="month", zone=ZONE
    )
    assert [(row.first, row.net.minor) for row in found] == [(date(2026, 3, 1), 100), (date(2026, 4, 1), 200)]
    (quarter, other) = invoiced(
        VPS6, since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2026, 6, 1, tzinfo=UTC), by="quarter", zone=ZONE
    )
    assert (quarter.first, other.first) == (date(2026, 1, 1), date(2026, 4, 1))


def test_money_counts_when_it_came(db) -> None:
    pays(Buyer().owes(line(1000)), 1210)
    (row,) = money_moved(VPS6, since=NOON - YEAR, until=NOON + YEAR, by="month", zone=ZONE)
    assert (row.gateway, row.came.minor, row.left.minor) == ("bank_transfer", 1210, 1210)
    assert not money_moved(VPS6, since=NOON + timedelta(days=1), until=NOON + YEAR, by="month", zone=ZONE)


def test_ageing_is_of_any_moment(db) -> None:
    owed = Buyer().owes(line(1000))
    pays(owed, 500, at=NOON + timedelta(days=40), proof="p1")
    pays(owed, 710, at=NOON + timedelta(days=90), proof="p2")

    def at(days: int) -> dict[str, int]:
        return {
            age: minor.minor
            for row in ageing(VPS6, at=NOON + timedelta(days=days))
            for age, minor in zip(ALL, row.owed, strict=True) if minor.minor
        }

    assert at(-1) == {}
    assert at(0) == at(7) == {"not_due": 1210}
    assert at(8) == at(37) == {"to_30": 1210}
    assert at(41) == {"to_60": 710}
    assert at(89) == {"to_90": 710}
    assert at(91) == {}
    (row,) = open_at(VPS6, at=NOON + timedelta(days=41))
    assert (row.number, row.owed.minor, row.age) == (owed.number, 710, "to_60")


def test_a_debt_turns_old_by_whole_days() -> None:
    due = NOON
    seen = [age_of(due, due + timedelta(days=days)) for days in (0, 30, 30.1, 60, 60.1, 90, 90.1, 4000)]
    assert seen == ["not_due", "to_30", "to_60", "to_60", "to_90", "to_90", "older", "older"]


def test_credit_held_is_what_the_ledger_holds_and_its_moves_add_up(db) -> None:
    one, two = Buyer(), Buyer()
    pays(one.owes(line(1000)), 1500)
    give_credit(billing_act(role="billing"), account=two.account, amount=Money(250, EUR), kind="gift", reason="goodwill", once="g")
    (held,) = held_at(VPS6, at=NOON + WEEK)
    assert (held.amount, held.accounts) == (Money(290 + 250, EUR), 2)
    assert not held_at(VPS6, at=NOON - WEEK)
    moves = moved_between(VPS6, since=NOON - WEEK, until=NOON + WEEK)
    assert {move.why: move.amount.minor for move in moves} == {"came": 290, "gift": 250}
    assert check_brand(VPS6) == ()
