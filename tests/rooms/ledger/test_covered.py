"""What is spent was there, whoever spends at once."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.ledger import book
from hostkeep.ledger.book import Draft, Posted
from hostkeep.ledger.errors import EntryDiffers, NotCovered, Unbalanced
from hostkeep.ledger.models import Entry, Posting
from hostkeep.ledger.rules import Leg
from tests import database
from tests.conftest import make_act
from tests.meeting import PATIENCE

ABOUT = Ref("billing.invoice", UUID(int=7))
CREDIT = "credit:a"
NOTHING = {CREDIT: Money(0, EUR)}


def moved(minor: int, source: str = CREDIT, to: str = "receivable:a", currency=EUR) -> list[Leg]:
    """What takes from an account's credit: a debit of it."""
    return [Leg(source, Money(minor, currency)), Leg(to, Money(-minor, currency))]


def given(minor: int, *, code: str = CREDIT, currency=EUR) -> None:
    """Money that comes in as credit."""
    legs = [Leg("gateway:vps6:bank", Money(minor, currency)), Leg(code, Money(-minor, currency))]
    with transaction.atomic():
        book.post(make_act(), key=f"came:{uuid4()}", about=ABOUT, postings=legs)


def spent(key: str, minor: int, floors=NOTHING, **more) -> Posted:
    with transaction.atomic():
        return book.post_covered(
            make_act(), key=key, about=ABOUT, postings=moved(minor, **more), floors=floors
        )


def credit(code: str = CREDIT, currency=EUR) -> int:
    return -book.balance(code, currency).minor


def test_credit_is_spent_to_the_last_unit_and_no_further(db) -> None:
    given(500)
    assert not spent("one", 300).again
    with pytest.raises(NotCovered) as refusal:
        spent("two", 201)
    assert refusal.value.facts["account"] == CREDIT
    assert credit() == 200 and not Entry.objects.filter(key="two").exists()
    spent("three", 200)
    assert credit() == 0


def test_a_key_that_stands_is_answered_though_nothing_is_left(db) -> None:
    given(500)
    first = spent("one", 500)
    again = spent("one", 500)
    assert (again.id, again.again) == (first.id, True)
    with pytest.raises(EntryDiffers):
        spent("one", 499)
    assert credit() == 0


def test_what_is_not_covered_now_may_be_booked_later_under_the_same_key(db) -> None:
    with pytest.raises(NotCovered):
        spent("one", 5)
    given(5)
    assert not spent("one", 5).again


def test_each_currency_covers_itself_alone(db) -> None:
    given(500, currency=USD)
    with pytest.raises(NotCovered):
        spent("one", 1)
    spent("two", 500, floors={CREDIT: Money(0, USD)}, currency=USD)
    assert credit(currency=USD) == 0


def test_a_floor_above_or_below_nothing_and_several_floors(db) -> None:
    given(500)
    with pytest.raises(NotCovered):
        spent("one", 401, floors={CREDIT: Money(100, EUR)})
    spent("two", 600, floors={CREDIT: Money(-100, EUR)})
    assert credit() == -100
    given(50, code="credit:b")
    with pytest.raises(NotCovered) as refusal:
        spent("three", 50, source="credit:b", floors={"credit:b": Money(0, EUR), CREDIT: Money(0, EUR)})
    assert refusal.value.facts["account"] == CREDIT
    assert credit("credit:b") == 50


@pytest.mark.parametrize("hands", [8, 50])
def test_fifty_spends_of_one_balance_never_go_below_nothing(committed: str, hands: int, pg) -> None:
    """First the same race on a build whose lock is taken out, which must lose it: a race that nobody can lose
    proves nothing."""
    given(300)
    # The look and the deed are drawn apart, in both builds, so that the loss does not hang on the machine's mood.
    slow, slower = (
        replaced(definition(), "IF short IS NULL THEN", f"PERFORM pg_sleep({late}); IF short IS NULL THEN") for late in (0.02, 1)
    )
    rewritten(committed, pg, replaced(slower, "pg_advisory_xact_lock(spending_of", "(spending_of"))
    raced(hands, lambda n: spent(f"unlocked:{n}", 100))
    assert credit() < 0, "the race was won without the lock"

    rewritten(committed, pg, slow)
    given(300 - credit())
    assert credit() == 300
    went = raced(hands, lambda n: spent(f"locked:{n}", 100))

    assert sum(went) == 3
    assert credit() == 0
    assert Entry.objects.filter(key__startswith="locked:").count() == 3


@pytest.mark.parametrize("hands", [8, 50])
def test_one_key_at_once_is_one_entry(committed: str, hands: int) -> None:
    given(100)
    ids = []

    def spend(_: int) -> None:
        ids.append(spent("same", 100).id)

    assert all(raced(hands, spend))
    assert len(set(ids)) == 1 and credit() == 0
    assert Entry.objects.filter(key="same").count() == 1


def test_money_that_comes_while_it_is_spent_is_neither_lost_nor_doubled(committed: str) -> None:
    def hand(n: int) -> None:
        given(10) if n % 2 else spent(f"s{n}", 10)

    given(100)
    went = raced(50, hand)
    spends = sum(went[::2])
    assert credit() == 100 + 25 * 10 - spends * 10 >= 0


def test_a_transaction_that_sees_an_older_moment_can_neither_spend_nor_take_a_snapshot(
    committed: str,
) -> None:
    given(500)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT ledger.take_snapshot(%s, 'EUR', 1)", [CREDIT])
            assert cursor.fetchone() == (False,)
        assert credit() == 500
        with pytest.raises(DatabaseError, match="cannot take"), transaction.atomic():
            spent("k", 5)
    assert credit() == 500


def test_a_post_that_is_a_transaction_by_itself(committed: str) -> None:
    """Without atomic() around it another way is gone; the answers are the same."""
    given(100)

    def alone(key: str, minor: int) -> Posted:
        return book.post_covered(make_act(), key=key, about=ABOUT, postings=moved(minor), floors=NOTHING)

    first = alone("k", 60)
    assert (alone("k", 60), first.again) == (Posted(first.id, again=True), False)
    with pytest.raises(EntryDiffers):
        alone("k", 61)
    with pytest.raises(NotCovered):
        alone("l", 41)
    assert credit() == 40 and Entry.objects.filter(key__in="kl").count() == 1
    went = raced(8, lambda n: alone(f"r{n}", 10))
    assert sum(went) == 4 and credit() == 0


def test_many_are_booked_at_once_and_again(db) -> None:
    entries = [Draft(f"k{n}", Ref("x.y", uuid4()), moved(n + 1)) for n in range(300)]
    first = book.post_many(make_act(), entries)
    assert [p.again for p in first] == [False] * 300
    assert list(Entry.objects.filter(id__in=[p.id for p in first]).values_list("brand").distinct()) == [
        ("vps6",)
    ]
    more = [*entries, Draft("new", ABOUT, moved(7))]
    random.Random(1).shuffle(more)
    again = book.post_many(make_act(), more)
    assert {e.key: p.id for e, p in zip(more, again, strict=True) if p.again} == {
        e.key: p.id for e, p in zip(entries, first, strict=True)
    }
    assert Posting.objects.count() == 602
    assert credit() == -(sum(range(1, 301)) + 7)
    assert book.post_many(make_act(), []) == ()


def test_many_with_one_bad_are_none(db) -> None:
    book.post_many(make_act(), [Draft("k", ABOUT, moved(5))])
    with pytest.raises(EntryDiffers), transaction.atomic():
        book.post_many(make_act(), [Draft("other", ABOUT, moved(5)), Draft("k", ABOUT, moved(6))])
    with pytest.raises(Unbalanced):
        book.post_many(make_act(), [Draft("other", ABOUT, moved(5)), Draft("bad", ABOUT, moved(6)[:1])])
    with pytest.raises(EntryDiffers), transaction.atomic():
        book.post_many(make_act(), [Draft("twin", ABOUT, moved(5)), Draft("twin", ABOUT, moved(6))])
    assert list(Entry.objects.values_list("key", flat=True)) == ["k"]
    twins = book.post_many(make_act(), [Draft("twin", ABOUT, moved(5)), Draft("twin", ABOUT, moved(5))])
    assert twins[0].id == twins[1].id


def test_bulks_of_the_same_keys_in_other_orders_do_not_lock_each_other_out(committed: str) -> None:
    entries = [Draft(f"k{n}", ABOUT, moved(n + 1)) for n in range(200)]

    def bulk(n: int) -> None:
        mine = random.Random(n).sample(entries, len(entries))
        with transaction.atomic():
            book.post_many(make_act(), mine)

    assert all(raced(8, bulk))
    assert Entry.objects.count() == 200 and credit() == -sum(range(1, 201))


def raced(hands: int, deed: Callable[[int], object]) -> list[bool]:
    """Do a deed with so many connections at once; say which went through.  NotCovered is the only refusal known."""
    start = Barrier(hands)

    def hand(n: int) -> bool:
        try:
            connection.ensure_connection()
            start.wait(PATIENCE)
            deed(n)
        except NotCovered:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(hands) as pool:
        return list(pool.map(hand, range(hands)))


def definition() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('ledger.post'::regproc)")
        return str(cursor.fetchone()[0])


def replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


def rewritten(name: str, pg, text: str) -> None:
    """Put another build of the function in its place."""
    database.point(name, user="hk_owner", folder=pg.folder)
    with connection.cursor() as cursor:
        cursor.execute(text)
    database.point(name, user="hk_app", folder=pg.folder)
