"""A balance is the plain sum, wherever snapshots stand and in whatever order postings came and were committed."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import CURRENCIES, EUR, USD, VND, Currency, Money
from hostkeep.ledger import book, checking, statements
from hostkeep.ledger.book import Draft
from hostkeep.ledger.errors import NotCovered
from hostkeep.ledger.models import Entry, Posting, Snapshot
from hostkeep.ledger.rules import Leg
from tests.conftest import make_act
from tests.meeting import PATIENCE
from tests.rooms.ledger.test_covered import replaced, rewritten

ABOUT = Ref("billing.invoice", UUID(int=7))
CODES = ("credit:a", "receivable:a", "sales:vps6", "tax:vps6")
PLACES = [(code, currency) for currency in CURRENCIES.values() for code in CODES]


def pair(
    minor: int, debit: str = "receivable:a", credit: str = "sales:vps6", currency: Currency = EUR
) -> list[Leg]:
    return [Leg(debit, Money(minor, currency)), Leg(credit, Money(-minor, currency))]


def snapshot(code: str = "receivable:a", currency: Currency = EUR) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger.take_snapshot(%s, %s, 1)", [code, currency.code])
        return bool(cursor.fetchone()[0])


def balance(code: str = "receivable:a", currency: Currency = EUR) -> int:
    return book.balance(code, currency).minor


legs = st.builds(
    pair,
    st.integers(1, 10**15),
    st.sampled_from(CODES),
    st.sampled_from(CODES),
    st.sampled_from([EUR, USD, VND]),
)
entries = st.lists(legs, min_size=1, max_size=3).map(lambda pairs: [leg for two in pairs for leg in two])
steps = st.one_of(
    st.tuples(st.just("post"), st.integers(0, 30), entries),
    st.tuples(st.just("many"), st.integers(0, 30), st.lists(entries, min_size=1, max_size=5)),
    st.tuples(st.just("spend"), st.integers(0, 30), st.integers(1, 10**15)),
    st.tuples(st.just("again"), st.integers(0, 30), st.none()),
    st.tuples(st.just("undone"), st.integers(0, 30), entries),
    st.tuples(st.just("snapshot"), st.sampled_from(CODES), st.sampled_from([EUR, USD, VND])),
)


class Model:
    """A plain ledger: what each key moved, and sums."""

    def __init__(self) -> None:
        self.entries: dict[str, list[Leg]] = {}
        self.sums: dict[tuple[str, Currency], int] = defaultdict(int)

    def post(self, key: str, moved: list[Leg]) -> None:
        self.entries[key] = moved
        for leg in moved:
            self.sums[leg.account, leg.amount.currency] += leg.amount.minor


def play(model: Model, step: tuple) -> None:
    what, number, told = step
    key = f"{what}:{number}"
    if what == "post" and key not in model.entries:
        assert not book.post(make_act(), key=key, about=ABOUT, postings=told).again
        model.post(key, told)
    elif what == "many":
        fresh = [Draft(f"{key}:{n}", ABOUT, moved) for n, moved in enumerate(told)]
        fresh = [draft for draft in fresh if draft.key not in model.entries]
        old = [Draft(k, ABOUT, moved) for k, moved in list(model.entries.items())[:2]]
        posted = book.post_many(make_act(), [*old, *fresh])
        assert [p.again for p in posted] == [True] * len(old) + [False] * len(fresh)
        for draft in fresh:
            model.post(draft.key, list(draft.postings))
    elif what == "spend" and key not in model.entries:
        spend(model, key, told)
    elif what == "again" and model.entries:
        key = sorted(model.entries)[number % len(model.entries)]
        assert book.post(make_act(), key=key, about=ABOUT, postings=model.entries[key][::-1]).again
    elif what == "undone":
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            book.post(make_act(), key=uuid4().hex, about=ABOUT, postings=told)
            snapshot(told[0].account, told[0].amount.currency)
            raise ZeroDivisionError
    elif what == "snapshot":
        assert snapshot(number, told)


def spend(model: Model, key: str, minor: int) -> None:
    there = -model.sums["credit:a", EUR]
    moved = pair(minor, "credit:a", "receivable:a")
    floors = {"credit:a": Money(0, EUR)}
    if there >= minor:
        book.post_covered(make_act(), key=key, about=ABOUT, postings=moved, floors=floors)
        model.post(key, moved)
    else:
        with pytest.raises(NotCovered):
            book.post_covered(make_act(), key=key, about=ABOUT, postings=moved, floors=floors)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=1, max_size=30))
def test_whatever_is_booked_and_whenever_snapshots_are_taken_a_balance_is_the_plain_sum(
    db, played: list
) -> None:
    model = Model()
    with transaction.atomic():
        for n, step in enumerate(played):
            play(model, step)
            code, currency = PLACES[n % len(PLACES)]
            assert balance(code, currency) == model.sums[code, currency]
        for code, currency in PLACES:
            assert balance(code, currency) == model.sums[code, currency]
        assert all(total.minor == 0 for total in statements.totals())
        assert checking.faults() == ()
        assert Entry.objects.count() == len(model.entries)
        transaction.set_rollback(True)


def test_a_balance_asks_only_what_came_after_the_newest_snapshot(db) -> None:
    for n in range(10):
        book.post(make_act(), key=f"k{n}", about=ABOUT, postings=pair(10))
    assert snapshot()
    [taken] = Snapshot.objects.filter(account="receivable:a")
    assert (taken.minor, taken.upto) == (100, Posting.objects.filter(account="receivable:a").latest("id").id)
    book.post(make_act(), key="later", about=ABOUT, postings=pair(5))
    assert balance() == 105


def test_posts_take_snapshots_by_themselves_so_that_no_tail_grows(db) -> None:
    for n in range(200):
        book.post_covered(make_act(), key=f"g{n}", about=ABOUT, postings=pair(1), floors={})
    with transaction.atomic():
        book.post_many(make_act(), [Draft(f"m{n}", ABOUT, pair(1, "receivable:b")) for n in range(100)])
    for n in range(200):
        moved = pair(1, "receivable:c", "credit:a")
        book.post_covered(
            make_act(), key=f"s{n}", about=ABOUT, postings=moved, floors={"credit:a": Money(0, EUR)}
        )
    tails = {code: tail(code) for code in ("receivable:b", "credit:a")}
    assert tails["receivable:b"] == 0 and tails["credit:a"] <= 64
    assert balance("credit:a") == -200


def test_a_tail_that_grew_while_nobody_was_ever_alone_is_shortened_once_a_day(db, monkeypatch) -> None:
    for n in range(30):
        book.post(make_act(), key=f"k{n}", about=ABOUT, postings=pair(2))
    monkeypatch.setattr(checking, "LONG_TAIL", 31)
    assert checking.shorten_tails() == 0 and tail("receivable:a") == 30
    monkeypatch.setattr(checking, "LONG_TAIL", 30)
    assert checking.shorten_tails() == 2
    assert (tail("receivable:a"), tail("sales:vps6"), balance()) == (0, 0, 60)
    assert checking.shorten_tails() == 0


def test_a_balance_goes_through_the_index_that_begins_with_the_account(db) -> None:
    """One account has nearly all postings, and nothing was analyzed: there a walk over all numbers looks cheap."""
    for n in range(40):
        book.post(make_act(), key=f"k{n}", about=ABOUT, postings=pair(1))
    snapshot()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("EXPLAIN (COSTS OFF) SELECT * FROM ledger.stands_at('receivable:a', 'EUR')")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "using ledger_posting_tail" in plan and "ROW(" in plan
    assert "pkey" not in plan and "Seq Scan" not in plan
    assert "one_snapshot_a_place" in plan


def test_a_long_account_is_entered_where_its_snapshot_stands(db) -> None:
    """An account of thousands is read in as few pages as one of ten: not a posting before the snapshot is walked over."""
    with transaction.atomic():
        book.post_many(make_act(), [Draft(f"m{n}", ABOUT, pair(1)) for n in range(3000)])
    for n in range(10):
        book.post(make_act(), key=f"k{n}", about=ABOUT, postings=pair(1, "receivable:b", "credit:b"))
    assert tail("receivable:a") == 0
    long, short = pages_read("receivable:a"), pages_read("receivable:b")
    assert 0 < long <= short + 2, (long, short)


def pages_read(code: str) -> int:
    """Pages of the postings' index that a balance reads."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM ledger.stands_at(%s, 'EUR')", [code])
        steps = [cursor.fetchone()[0][0]["Plan"]]
    found = 0
    while steps:
        step = steps.pop()
        steps += step.get("Plans", [])
        if step.get("Index Name") == "ledger_posting_tail":
            found += step["Shared Hit Blocks"] + step["Shared Read Blocks"]
    return found


def tail(code: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tail FROM ledger.stands_at(%s, 'EUR')", [code])
        return int(cursor.fetchone()[0])


@contextmanager
def under_way(deed):
    """A deed in another connection's transaction, committed when the block ends."""
    done, end = Event(), Event()

    def hand() -> None:
        try:
            with transaction.atomic():
                deed()
                done.set()
                end.wait(PATIENCE)
        finally:
            done.set()
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(hand)
        done.wait(PATIENCE)
        try:
            yield
        finally:
            end.set()
            running.result()


def one(code: str) -> None:
    book.post(make_act(), key=f"late:{code}", about=ABOUT, postings=pair(7, code))


def bulk(code: str) -> None:
    book.post_many(make_act(), [Draft(f"late:{code}", ABOUT, pair(7, code))])


@pytest.mark.parametrize("deed", [one, bulk])
def test_a_number_that_is_committed_late_is_not_left_out(committed: str, pg, deed) -> None:
    """First on a build that takes snapshots whoever is under way: there the late one is lost for good."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('ledger.take_snapshot'::regproc)")
        careful = careless = str(cursor.fetchone()[0])
    for lock in ("pg_try_advisory_xact_lock(mark_of_all())", "pg_try_advisory_xact_lock(mark_of(code))"):
        careless = replaced(careless, lock, "true")

    rewritten(committed, pg, careless)
    assert raced(deed, "receivable:x")
    assert balance("receivable:x") == 100, "the late posting was not lost without the lock"
    assert [(fault.what, fault.account) for fault in checking.faults()] == [("snapshot", "receivable:x")]

    rewritten(committed, pg, careful)
    assert not raced(deed, "receivable:y")
    assert balance("receivable:y") == 107
    assert snapshot("receivable:y") and balance("receivable:y") == 107


def raced(deed, code: str) -> bool:
    """Book while a deed with lower numbers is still under way, and say whether a snapshot was taken."""
    with under_way(lambda: deed(code)):
        book.post(make_act(), key=f"soon:{code}", about=ABOUT, postings=pair(100, code))
        return snapshot(code)


def test_who_is_under_way_elsewhere_hinders_no_snapshot_and_a_snapshot_hinders_nobody(committed) -> None:
    with under_way(
        lambda: book.post(make_act(), key="k", about=ABOUT, postings=pair(7, "receivable:b", "tax:vps6"))
    ):
        book.post(make_act(), key="l", about=ABOUT, postings=pair(5))
        assert snapshot()
        with transaction.atomic():
            assert snapshot()
            with under_way(lambda: one("receivable:a")):
                pass
    assert balance() == 12
