"""What no hand can do to the book: not the application's, not the owner's, not a clever one's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError, ProgrammingError

from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import EUR, Money
from hostkeep.ledger import book, checking
from hostkeep.ledger.models import Entry, Posting, Snapshot
from hostkeep.ledger.rules import Leg
from tests import database
from tests.conftest import NOON, make_act

TABLES = ("ledger.ledger_entry", "ledger.ledger_posting", "ledger.ledger_snapshot")
CHANGES = [
    "UPDATE ledger.ledger_posting SET minor = minor + 1",
    "DELETE FROM ledger.ledger_posting",
    "UPDATE ledger.ledger_entry SET brand = 'x'",
    "DELETE FROM ledger.ledger_entry",
    "UPDATE ledger.ledger_snapshot SET minor = minor + 1",
    "DELETE FROM ledger.ledger_snapshot",
    "TRUNCATE ledger.ledger_posting",
    "TRUNCATE ledger.ledger_entry CASCADE",
    "TRUNCATE ledger.ledger_snapshot",
]

AsOwner = Callable[[], None]


@pytest.fixture
def as_owner(committed: str, pg) -> Iterator[AsOwner]:
    """Turn the connection into the owner's; the application's again at the end."""
    yield lambda: database.point(committed, user="hk_owner", folder=pg.folder)
    database.point(committed, user="hk_app", folder=pg.folder)


@contextmanager
def one_deed(match: str) -> Iterator[None]:
    """A transaction that the book refuses."""
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        yield


@pytest.mark.parametrize("statement", [*CHANGES, "ALTER TABLE ledger.ledger_posting DISABLE TRIGGER ALL"])
def test_the_application_may_change_nothing(db, statement: str) -> None:
    booked("k")
    with pytest.raises(ProgrammingError, match="permission denied|must be owner"), transaction.atomic():
        told(statement)
    assert Posting.objects.count() == 2


@pytest.mark.parametrize("table", TABLES)
def test_the_application_books_through_functions_alone(db, table: str) -> None:
    columns = {
        "ledger.ledger_entry": f"SELECT '{uuid4()}'::uuid, 'k', 'vps6', now(), 'x', '{uuid4()}'::uuid, 2",
        "ledger.ledger_posting": f"SELECT 1, 'a', 5, 'EUR', '{uuid4()}'::uuid",
        "ledger.ledger_snapshot": "SELECT 1, 'a', 'EUR', 1, 5",
    }
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        told(f"INSERT INTO {table} {columns[table]}")


@pytest.mark.parametrize("statement", CHANGES)
def test_not_even_the_owner_changes_it(as_owner: AsOwner, statement: str) -> None:
    for n in range(70):
        booked(f"k{n}")
    told("SELECT ledger.take_snapshot('receivable:a', 'EUR', 1)")
    assert Snapshot.objects.count() >= 1
    as_owner()
    with pytest.raises(DatabaseError, match="only ever added to"):
        told(statement)
    assert book.balance("receivable:a", EUR) == Money(70 * 500, EUR)


def test_an_entry_that_does_not_sum_to_zero(as_owner: AsOwner) -> None:
    as_owner()
    with one_deed("sum to zero"):
        written(written_entry(legs=2), (5, "EUR"), (-4, "EUR"))
    assert not Entry.objects.exists()


def test_one_currency_of_two_is_out(as_owner: AsOwner) -> None:
    as_owner()
    with one_deed("sum to zero"):
        written(written_entry(legs=4), (5, "EUR"), (-5, "EUR"), (7, "USD"), (-6, "USD"))
    with one_deed("sum to zero"):
        written(written_entry(legs=2), (5, "EUR"), (-5, "USD"))


def test_an_entry_without_postings(as_owner: AsOwner) -> None:
    as_owner()
    with one_deed("legs"):
        written_entry(legs=2)


@pytest.mark.parametrize("legs", [3, 4])
def test_a_missing_leg(as_owner: AsOwner, legs: int) -> None:
    as_owner()
    with one_deed("legs"):
        written(written_entry(legs=legs), (5, "EUR"), (-5, "EUR"))


def test_a_posting_without_an_entry(as_owner: AsOwner) -> None:
    as_owner()
    with one_deed("legs"):
        written(uuid4(), (5, "EUR"), (-5, "EUR"))


def test_a_lone_posting(as_owner: AsOwner) -> None:
    as_owner()
    with one_deed("legs"):
        written(written_entry(legs=2), (5, "EUR"))


def test_a_balanced_pair_that_comes_late(as_owner: AsOwner) -> None:
    entry = booked("k").id
    as_owner()
    with one_deed("legs"):
        written(entry, (5, "EUR"), (-5, "EUR"))
    assert Posting.objects.count() == 2


def test_one_bad_entry_among_good_ones_in_one_statement(as_owner: AsOwner) -> None:
    as_owner()
    good, bad = written_entry_rows(2)
    with one_deed("sum to zero"):
        Entry.objects.bulk_create([good, bad])
        rows = [(good, 5), (good, -5), (bad, 5), (bad, -6)]
        Posting.objects.bulk_create(
            Posting(entry=entry, account="a", minor=minor, currency="EUR") for entry, minor in rows
        )
    assert not Entry.objects.exists()


def test_what_the_function_is_given_is_checked_by_the_database_too(db) -> None:
    """A caller that goes round rules.check meets the same answer."""
    with pytest.raises(IntegrityError, match="sum to zero"), transaction.atomic():
        asked(["a", "b"], [5, -4], ["EUR", "EUR"])
    with pytest.raises(IntegrityError, match="entry_has_two_legs"), transaction.atomic():
        asked(["a"], [5], ["EUR"])
    with pytest.raises(IntegrityError, match="posting_moves_money"), transaction.atomic():
        asked(["a", "b"], [0, 0], ["EUR", "EUR"])
    assert not Entry.objects.exists()


def test_the_self_check_finds_what_a_broken_database_let_through(as_owner: AsOwner) -> None:
    as_owner()
    told("ALTER TABLE ledger.ledger_posting DISABLE TRIGGER postings_add_up")
    entry = written_entry_and_one(5)
    found = {(fault.entry, fault.what) for fault in checking.faults()}
    assert found == {(entry, "sum"), (entry, "legs")}
    written(entry, (-4, "EUR"), (-1, "EUR"))
    assert checking.faults() == ()


def booked(key: str) -> book.Posted:
    legs = [Leg("receivable:a", Money(500, EUR)), Leg("sales:vps6", Money(-500, EUR))]
    with transaction.atomic():
        return book.post(make_act(), key=key, about=Ref("billing.invoice", UUID(int=7)), postings=legs)


def asked(codes: list[str], minors: list[int], moneys: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger.post(%s, %s, 'vps6', %s, 'x', %s, %s, %s::bigint[], %s, '{}', '{}', '{}')",
            [uuid4(), uuid4().hex, NOON, uuid4(), codes, minors, moneys],
        )


def told(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def written_entry_rows(count: int) -> list[Entry]:
    return [
        Entry(id=uuid4(), key=uuid4().hex, brand="vps6", at=NOON, about_kind="x", about_id=uuid4(), legs=2)
        for _ in range(count)
    ]


def written_entry(*, legs: int) -> UUID:
    return Entry.objects.create(
        id=uuid4(), key=uuid4().hex, brand="vps6", at=NOON, about_kind="x", about_id=uuid4(), legs=legs
    ).id


def written(entry: UUID, *amounts: tuple[int, str]) -> None:
    Posting.objects.bulk_create(
        Posting(entry_id=entry, account="a", minor=minor, currency=currency) for minor, currency in amounts
    )


def written_entry_and_one(minor: int) -> UUID:
    with transaction.atomic():
        entry = written_entry(legs=3)
        written(entry, (minor, "EUR"))
    return entry
