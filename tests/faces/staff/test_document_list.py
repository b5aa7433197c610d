"""Documents of all accounts in the back office: found by what a clerk knows of them, and as a file."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest

from hostkeep.billing.actions.correcting import Part, credit_lines, credit_whole
from hostkeep.billing.actions.crediting import give_credit, use_credit
from hostkeep.billing.models import Invoice
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.people.models import Account
from hostkeep.runtime import clock
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import text
from tests.rooms.billing.making import Buyer, billing_act, line

pytestmark = pytest.mark.django_db(databases="__all__")
DAY = timedelta(days=1)
HERE = "/staff/documents/"


@pytest.fixture
def clerk(staff: Staff) -> Staff:
    staff.signs_in("billing")
    return staff


class Sold:
    """What two customers owe: one overdue, one of today, one paid, one taken back and one in part."""

    def __init__(self) -> None:
        now = clock.now()
        self.ann, self.ben = Buyer(), Buyer()
        self.overdue = self.number(self.ann.owes(line(1000), at=now - 40 * DAY).id)
        self.today = self.number(self.ben.owes(line(1000, currency=USD), at=now).id)
        paid = self.ann.owes(line(400), at=now - 20 * DAY)
        act = billing_act(role="billing", at=now)
        give_credit(act, account=self.ann.account, amount=Money(484, EUR), kind="gift", reason="goodwill", once="g")
        use_credit(act, account=self.ann.account, invoice=paid.id, amount=None, once="u")
        self.paid = self.number(paid.id)
        back = self.ann.owes(line(700), at=now - 30 * DAY)
        self.back = self.number(back.id)
        self.whole = self.number(credit_whole(billing_act(at=now), invoice=back.id, reason="twice", once="w").id)
        part = self.ben.owes(line(900), at=now - 3 * DAY)
        self.part = self.number(part.id)
        parts = [Part(1, Money(100, EUR))]
        self.note = self.number(
            credit_lines(billing_act(at=now), invoice=part.id, parts=parts, reason="goodwill", once="p").id
        )

    def number(self, invoice) -> str:
        return Invoice.objects.get(id=invoice).number

    @property
    def all(self) -> set[str]:
        return {self.overdue, self.today, self.paid, self.back, self.whole, self.part, self.note}


@pytest.fixture
def sold(clerk: Staff) -> Sold:
    return Sold()


def found(clerk: Staff, sold: Sold, **asked: str) -> set[str]:
    answer = clerk.get(HERE, **asked)
    assert answer.status_code == 200
    page = answer.content.decode()
    return {number for number in sold.all if f">{number}</a>" in page}


def rows(clerk: Staff, **asked: str) -> list[dict[str, str]]:
    answer = clerk.get(HERE, **{"as": "csv", **asked})
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(StringIO(answer.content.decode())))


def test_all_are_listed_newest_first(clerk: Staff, sold: Sold) -> None:
    assert found(clerk, sold) == sold.all
    days = [row["issued"] for row in rows(clerk)]
    assert days == sorted(days, reverse=True)
    assert len(days) == len(sold.all)


def test_one_is_found_by_its_number_its_reference_or_its_customer(clerk: Staff, sold: Sold) -> None:
    assert found(clerk, sold, q=sold.part.lower()) == {sold.part}
    reference = Invoice.objects.get(number=sold.paid).reference
    assert found(clerk, sold, q=f"{reference[:4]} {reference[4:]}") == {sold.paid}
    ben = sold.ben
    Account.objects.create(id=ben.account, brand="vps6", number="K-77", subject=ben.subject, opened_at=clock.now())
    assert found(clerk, sold, q=" K-77") == {sold.today, sold.part, sold.note}
    assert "No such document" in text(clerk.get(HERE, q="nothing"))


def test_by_what_it_comes_to_in_any_currency(clerk: Staff, sold: Sold) -> None:
    assert found(clerk, sold, amount="12,10") == {sold.overdue, sold.today}
    assert found(clerk, sold, amount="4.84") == {sold.paid}


def test_by_how_it_stands(clerk: Staff, sold: Sold) -> None:
    assert found(clerk, sold, state="open") == {sold.overdue, sold.today, sold.part}
    assert found(clerk, sold, state="overdue") == {sold.overdue}
    assert found(clerk, sold, state="paid") == {sold.paid}
    assert found(clerk, sold, state="taken_back") == {sold.back}


def test_by_kind_brand_and_day(clerk: Staff, sold: Sold) -> None:
    assert found(clerk, sold, kind="credit_note") == {sold.whole, sold.note}
    assert found(clerk, sold, brand="vps6") == sold.all
    assert found(clerk, sold, brand="vpn") == set()
    day = f"{(clock.now() - 20 * DAY).astimezone(ZoneInfo('Europe/Amsterdam')):%Y-%m-%d}"
    assert found(clerk, sold, since=day, until=day, brand="vps6") == {sold.paid}


def test_the_file_adds_up(clerk: Staff, sold: Sold) -> None:
    told = {row["number"]: row for row in rows(clerk)}
    part = told[sold.part]
    assert (part["currency"], part["net"], part["tax"], part["gross"]) == ("EUR", "9.00", "1.89", "10.89")
    assert part["owed"] == str(round(float(part["gross"]) - float(part["paid"]), 2))
    assert float(told[sold.note]["gross"]) < 0
    assert told[sold.note]["owed"] == "0.00"
    assert [row["number"] for row in rows(clerk, state="overdue")] == [sold.overdue]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("amount", "1.005"), ("amount", "-5"), ("amount", "1e9"), ("since", "9999-12-31"), ("since", "2026-02-30"),
        ("until", "soon"), ("until", "0001-01-01"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_beside_its_field(clerk: Staff, sold: Sold, name: str, typed: str) -> None:
    answer = clerk.get(HERE, **{name: typed, "as": "csv"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'id="{name}-said"' in page
    assert f'value="{typed}"' in page


def test_a_word_that_is_no_word_of_ours_asks_for_all(clerk: Staff, sold: Sold) -> None:
    assert found(clerk, sold, kind="canary", state="gone", brand="'; --", page="x") == sold.all


def test_what_no_number_and_no_page_can_be_breaks_nothing(clerk: Staff, sold: Sold) -> None:
    assert found(clerk, sold, q=f"{sold.part}\0") == {sold.part}
    assert found(clerk, sold, page="9" * 4301) == sold.all


def test_others_do_not_look(staff: Staff) -> None:
    staff.signs_in("support")
    assert staff.get(HERE).status_code == 403
