"""The book adds up, whoever writes into it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import DataError, connection, transaction

from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import EUR, USD, VND, Money
from hostkeep.ledger import book, checking, statements
from hostkeep.ledger.errors import EntryDiffers, Unbalanced
from hostkeep.ledger.models import Entry, Posting
from hostkeep.ledger.rules import Leg
from hostkeep.runtime import deeds
from tests.conftest import make_act

ABOUT = Ref("billing.invoice", UUID(int=7))


def legs(minor: int = 500, currency=EUR, who: str = "receivable:a") -> list[Leg]:
    return [Leg(who, Money(minor, currency)), Leg("sales:vps6", Money(-minor, currency))]


def post(key: str, postings: list[Leg]) -> book.Posted:
    with transaction.atomic():
        return book.post(make_act(), key=key, about=ABOUT, postings=postings)


def checked() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_an_entry_moves_money(db) -> None:
    post("invoice:1", legs(500))
    post("invoice:2", legs(250))
    checked()
    assert book.balance("receivable:a", EUR) == Money(750, EUR)
    assert book.balance("sales:vps6", EUR) == Money(-750, EUR)
    assert book.balance("receivable:a", USD) == Money(0, USD)


def test_the_same_key_and_legs_again_change_nothing(db) -> None:
    first, again = post("k", legs()), post("k", list(reversed(legs())))
    assert (first.id, first.again, again.again) == (again.id, False, True)
    assert book.balance("receivable:a", EUR) == Money(500, EUR)


@pytest.mark.parametrize("other", [legs(501), legs(500, USD), legs(500, who="receivable:b")])
def test_the_same_key_with_other_legs_is_refused(db, other: list[Leg]) -> None:
    first = post("k", legs())
    with pytest.raises(EntryDiffers) as refusal:
        post("k", other)
    assert refusal.value.facts["entry"] == str(first.id)
    assert Posting.objects.count() == 2


def test_what_is_booked_last_stands_with_its_deed_and_never_twice(db) -> None:
    with deeds.deed():
        book.post_last(make_act(), key=deeds.NewKey("invoice:1"), about=ABOUT, postings=legs(500))
        book.post_last(make_act(), key=deeds.NewKey("invoice:2"), about=ABOUT, postings=legs(250))
        assert not Entry.objects.exists()
    checked()
    assert book.balance("receivable:a", EUR) == Money(750, EUR)
    assert set(Entry.objects.values_list("key", flat=True)) == {"invoice:1", "invoice:2"}
    with pytest.raises(DataError), deeds.deed():  # a key that stands after all
        book.post_last(make_act(), key=deeds.NewKey("invoice:3"), about=ABOUT, postings=legs(1))
        book.post_last(make_act(), key=deeds.NewKey("invoice:1"), about=ABOUT, postings=legs(500))
    assert book.balance("receivable:a", EUR) == Money(750, EUR)
    with pytest.raises(Unbalanced), deeds.deed():
        book.post_last(make_act(), key=deeds.NewKey("k"), about=ABOUT, postings=[Leg("a", Money(5, EUR))])


def test_what_does_not_add_up_never_reaches_the_database(db) -> None:
    with pytest.raises(Unbalanced):
        post("k", [Leg("a", Money(5, EUR)), Leg("b", Money(-4, EUR))])
    assert not Entry.objects.exists()


def test_twenty_hands_with_one_key_make_one_entry(committed) -> None:
    def hand(_: int) -> UUID:
        try:
            return post("k", legs()).id
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as hands:
        ids = set(hands.map(hand, range(20)))

    assert len(ids) == 1
    assert book.balance("receivable:a", EUR) == Money(500, EUR)


def test_statements_and_the_self_check(db) -> None:
    post("one", legs(500))
    post("two", [Leg("receivable:a", Money(-900, VND)), Leg("gateway:x", Money(900, VND))])

    lines = statements.statement("receivable:a")

    assert [line.amount for line in lines] == [Money(-900, VND), Money(500, EUR)]
    assert lines[0].about == ABOUT
    assert statements.balances("receivable:a") == (Money(500, EUR), Money(-900, VND))
    assert all(total.minor == 0 for total in statements.totals())
    assert checking.faults() == ()
