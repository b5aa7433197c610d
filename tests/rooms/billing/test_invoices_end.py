"""An invoice stays for the years the law asks for; then nobody can tell what was bought, or by whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from hostkeep.billing.models import InvoiceLine
from hostkeep.billing.queries.invoices import invoices_of
from hostkeep.billing.rules.party import Party
from hostkeep.flows import sweeping
from hostkeep.runtime import clock
from hostkeep.vault.column_door import open_columns
from hostkeep.vault.models import Hold, Item
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act
from tests.rooms.billing.making import Buyer

DAY, YEAR = timedelta(days=1), timedelta(days=365)
OVER = datetime(2033, 12, 31, 23, tzinfo=UTC)
"""Seven years after the end of 2026, by the calendar of Amsterdam."""


@pytest.fixture
def ann(db: None) -> Buyer:
    """Somebody with an invoice of 2026 and one of 2027; the demo's clock stands in 2034."""
    buyer = Buyer()
    for at in (NOON, NOON + YEAR):
        buyer.owes(at=at, party=Party(number="42", name="Ann"))
    clock.advance(9 * YEAR)
    return buyer


def still_say(buyer: Buyer) -> tuple[int, int]:
    """How many lines still say what was bought, and how many invoices whose."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM billing_invoiceline l JOIN billing_invoice i ON i.id = l.invoice_id"
            " WHERE i.subject = %s AND l.title NOT LIKE 'c2.gone.%%'",
            [buyer.subject],
        )
        said = cursor.fetchone()[0]
    with opened():
        return said, Item.objects.filter(subject=buyer.subject, category="invoice_party").count()


def swept(at: datetime) -> None:
    sweeping.sweep(make_act("system", "service", brand="", at=at))


def test_each_invoice_is_emptied_when_its_own_years_are_over(ann: Buyer) -> None:
    swept(OVER - timedelta(hours=1))
    assert still_say(ann) == (2, 2)
    swept(OVER)
    assert still_say(ann) == (1, 1)
    assert sweeping.overdue(OVER) == {}
    swept(OVER + YEAR + DAY)
    assert still_say(ann) == (0, 0)


def test_amounts_stay_and_an_emptied_line_reads_as_erased(ann: Buyer) -> None:
    before = list(InvoiceLine.objects.order_by("id").values_list("id", "minor", "quantity"))
    swept(OVER)
    assert list(InvoiceLine.objects.order_by("id").values_list("id", "minor", "quantity")) == before
    shown = open_columns(
        ann.act(at=OVER), wishes=[row.wish for row in invoices_of(ann.account).rows]
    )
    assert [None if one is None else one.open().title for one in shown] == ["Server V-4", None]


def test_what_a_hold_keeps_is_not_emptied(ann: Buyer) -> None:
    with opened():
        Hold.objects.create(
            brand="vps6", subject=ann.subject, classes=["fiscal"], basis="dispute", case=uuid4(),
            opened_by="staff:a", approved_by="staff:b", opened_at=NOON, approved_at=NOON, review_at=OVER,
        )  # fmt: skip
    swept(OVER)
    assert still_say(ann) == (2, 2)


@pytest.mark.parametrize(
    "change",
    ["title = 'Something else'", "title = '', minor = 0", "minor = 1, unit_minor = 1", "title = 'c2.gone.x.'"],
    ids=["another-title", "no-title", "another-amount", "not-the-mark"],
)
def test_nothing_else_on_an_old_invoice_can_be_changed(ann: Buyer, change: str) -> None:
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE billing_invoiceline SET {change}")


def test_no_invoice_of_this_year_can_be_emptied(db: None) -> None:
    buyer = Buyer()
    buyer.owes(at=clock.now(), party=Party(number="42"))
    gone = f"c2.gone.{'0' * 64}."
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_invoiceline SET title = %s", [gone])
