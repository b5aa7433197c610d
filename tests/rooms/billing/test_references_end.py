"""What billing holds in clear ends with the years of its documents; until then nothing of it can be changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from hostkeep.billing import clear_stores
from hostkeep.billing.models import Dispute, Payment, PaymentAttempt, Refund, TaxDecision
from hostkeep.billing.queries.tax_rows import tax_rows
from hostkeep.billing.rules.taxing.deciding import TaxDecided
from hostkeep.brands.queries import all_brands
from hostkeep.flows import sweeping
from hostkeep.kernel.ids import BrandId
from hostkeep.runtime import clock
from hostkeep.runtime.stores import all_stores, ask_each
from hostkeep.vault.models import Hold
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act
from tests.rooms.billing.making import Buyer

DAY, YEAR = timedelta(days=1), timedelta(days=365)
OVER = datetime(2033, 12, 31, 23, tzinfo=UTC)
"""Seven years after the end of 2026, by the calendar of Amsterdam."""

DECIDED = TaxDecided("destination", "DE", "BY", 210_000, "S", "", ("address", "payment"))
NAMES = ("billing.references", "billing.places", "billing.attempts")


def money_of(buyer: Buyer, at: datetime) -> None:
    """An invoice with its tax, an attempt, the payment, something given back, and a dispute."""
    invoice = buyer.owes(at=at, decision=DECIDED)
    attempt = PaymentAttempt.objects.create(
        once=uuid4().hex, brand=buyer.brand, invoice_id=invoice.id, gateway="testpay", minor=1990, currency="EUR",
        state="settled", visit="https://pay.example/1", handle=f"cs_{uuid4().hex}", created_at=at,
    )  # fmt: skip
    payment = Payment.objects.create(
        brand=buyer.brand, gateway="testpay", proof=f"pi_{uuid4().hex}", minor=1990, currency="EUR",
        account=buyer.account, attempt=attempt, reference="RF18539007547034", received_at=at, matched_at=at,
    )  # fmt: skip
    Refund.objects.create(
        once=uuid4().hex, brand=buyer.brand, account=buyer.account, payment=payment, gateway="testpay", minor=10,
        currency="EUR", state="settled", proof=f"re_{uuid4().hex}", created_at=at, settled_at=at,
    )  # fmt: skip
    Dispute.objects.create(
        brand=buyer.brand, gateway="testpay", proof=f"dp_{uuid4().hex}", payment=payment, minor=10, currency="EUR",
        state="won", opened_at=at, closed_at=at,
    )  # fmt: skip


@pytest.fixture
def ann(db: None) -> Iterator[Buyer]:
    """Somebody with money of 2026 and of 2027; the demo's clock stands in 2035."""
    buyer = Buyer()
    for at in (NOON, NOON + YEAR):
        money_of(buyer, at)
    clock.advance(9 * YEAR)
    yield buyer


def said() -> tuple[int, int, int, int]:
    """How many payments, refunds, disputes and documents still say what they said."""
    return (
        Payment.objects.filter(proof__startswith="pi_", reference__startswith="RF").count(),
        Refund.objects.filter(proof__startswith="re_").count(),
        Dispute.objects.filter(proof__startswith="dp_").count(),
        TaxDecision.objects.filter(country="DE", region="BY").count(),
    )


def due(at: datetime) -> int:
    return sum(store.list_due(at) for store in all_stores() if store.name in NAMES)


def swept(at: datetime) -> None:
    sweeping.sweep(make_act("system", "service", brand="", at=at))


def test_each_ends_with_its_own_years_and_the_rest_of_the_row_stays(ann: Buyer) -> None:
    before = list(Payment.objects.order_by("id").values("id", "minor", "received_at", "account"))
    swept(OVER - timedelta(hours=1))
    assert said() == (2, 2, 2, 2)
    assert due(OVER) == 4

    swept(OVER)

    assert said() == (1, 1, 1, 1)
    assert due(OVER) == 0
    gone = Payment.objects.get(received_at=NOON)
    assert (gone.proof, gone.reference) == (f"gone:{gone.id}", "")
    assert list(Payment.objects.order_by("id").values("id", "minor", "received_at", "account")) == before
    swept(OVER + YEAR + DAY)
    assert said() == (0, 0, 0, 0)


def test_the_tax_of_old_documents_still_adds_up_without_its_place(ann: Buyer) -> None:
    swept(OVER)
    rows = tax_rows(BrandId("vps6"), since=NOON - YEAR, until=NOON + DAY)
    assert [(row.country, row.rule, row.tax.minor) for row in rows] == [("", "destination", 418)]


def hold(who: UUID) -> None:
    with opened():
        Hold.objects.create(
            brand="vps6", subject=who, classes=["fiscal"], basis="dispute", case=uuid4(),
            opened_by="staff:a", approved_by="staff:b", opened_at=NOON, approved_at=NOON, review_at=OVER,
        )  # fmt: skip


def test_what_a_hold_keeps_stays(ann: Buyer) -> None:
    hold(ann.subject)
    swept(OVER)
    assert said() == (2, 2, 2, 2)
    assert due(OVER) == 0


def test_somebody_elses_hold_keeps_nothing(ann: Buyer) -> None:
    hold(uuid4())
    swept(OVER)
    assert said() == (1, 1, 1, 1)


def test_what_a_gateway_calls_an_attempt_ends_when_nobody_asks_any_more(ann: Buyer) -> None:
    swept(NOON + 89 * DAY)
    assert PaymentAttempt.objects.exclude(handle="").count() == 2
    swept(NOON + 90 * DAY)
    left = PaymentAttempt.objects.get(created_at=NOON)
    assert (left.handle, left.visit, left.state) == ("", "", "settled")
    assert PaymentAttempt.objects.exclude(handle="").count() == 1


OTHERWISE = (
    "billing_payment SET proof = 'gone:' || id",
    "billing_payment SET proof = 'gone:' || id, reference = '', minor = 1",
    "billing_payment SET proof = 'gone:' || gen_random_uuid(), reference = ''",
    "billing_payment SET proof = '', reference = ''",
    "billing_payment SET account = NULL",
    "billing_dispute SET proof = ''",
    "billing_dispute SET proof = 'gone:' || id, minor = 1",
    "billing_refund SET proof = '', minor = 1",
    "billing_taxdecision SET country = ''",
    "billing_taxdecision SET country = 'NL', region = ''",
    "billing_taxdecision SET country = '', region = '', rule = 'home'",
)


@pytest.mark.parametrize("change", OTHERWISE)
def test_of_old_rows_nothing_else_changes(ann: Buyer, change: str) -> None:
    refused(f"UPDATE {change}")


@pytest.mark.parametrize("table", ["payment", "dispute", "refund", "taxdecision"])
def test_of_old_rows_none_is_removed(ann: Buyer, table: str) -> None:
    refused(f"DELETE FROM billing_{table}")


ENDED = (
    "billing_payment SET proof = 'gone:' || id, reference = ''",
    "billing_dispute SET proof = 'gone:' || id",
    "billing_refund SET proof = ''",
    "billing_taxdecision SET country = '', region = ''",
)


@pytest.mark.parametrize("change", ENDED)
def test_of_this_years_rows_nothing_ends(db: None, change: str) -> None:
    money_of(Buyer(), clock.now())
    refused(f"UPDATE {change}")


@pytest.mark.parametrize("change", ENDED)
def test_of_old_rows_just_that_ends(ann: Buyer, change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {change}")
        assert cursor.rowcount == 2


def refused(statement: str) -> None:
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


TOGETHER = ("billing.references", "billing.places", "billing.lines", "subscriptions.readings", "subscriptions.uses")


def test_where_nothing_is_over_a_store_is_asked_at_once_for_all_brands_and_places(ann: Buyer) -> None:
    """The sweeper comes every hour, and a moved clock asks for each leap.

    One text asks whom a hold keeps, for each category; and one whether anything is over.
    """
    act = make_act("system", "service", brand="", at=NOON)
    stores = {store.name: store for store in all_stores() if store.name in TOGETHER}
    assert set(stores) == set(TOGETHER)
    all_brands()  # what is known of brands is read once a second
    for store in stores.values():
        for ask in (lambda: store.erase(act, 5000), lambda: store.list_due(act.at)):
            with CaptureQueriesContext(connection) as asked:
                assert ask() == 0
            texts = [each for each in asked if "brands_" not in each["sql"]]
            assert len(texts) <= (3 if store.name == "subscriptions.uses" else 2), store.name


def test_a_hold_that_comes_after_the_question_keeps_what_it_is_for(ann: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether anything is over is asked for all at once; whom a hold keeps, just before something is ended."""
    real = clear_stores._is_any

    def held_meanwhile(*asked: Any) -> bool:
        found = real(*asked)
        hold(ann.subject)
        return found

    monkeypatch.setattr(clear_stores, "_is_any", held_meanwhile)
    for store in all_stores():
        if store.name in NAMES:
            store.erase(make_act("system", "service", brand="", at=OVER), 5000)
    assert said() == (2, 2, 2, 2)


def test_many_statements_are_asked_at_once_each_with_its_own_values(db: None) -> None:
    statement = "SELECT count(*) FROM generate_series(1, %(n)s) i WHERE %(n)s >= i AND '50%%' <> ''"
    assert ask_each((statement, {"n": n}) for n in (3, 0, 12)) == [3, 0, 12]
    assert ask_each([("SELECT EXISTS (SELECT 1 WHERE %(a)s = ANY(%(b)s))", {"a": 1, "b": [1, 2]})]) == [1]
    assert ask_each([]) == []
