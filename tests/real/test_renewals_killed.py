"""The renewal run, killed at random moments, alone and beside another worker: nothing lost, nothing double.

RENEWAL_KILLS says how often; `make soak` asks for 200.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import psycopg
import pytest
from django.db import connection, connections, transaction

from hostkeep.billing.models import Invoice, InvoiceLine
from hostkeep.flows import renewing
from hostkeep.ledger.models import Entry, Posting
from hostkeep.runtime.models import Delivery, Event
from hostkeep.subscriptions.actions import renewing as actions
from hostkeep.subscriptions.models import Period, Subscription
from hostkeep.subscriptions.queries.subscriptions import due_now
from tests.conftest import make_act
from tests.rooms.subscriptions.having import after, runs, takes

KILLS = int(os.environ.get("RENEWAL_KILLS", "10"))
MANY = 60
CHUNK = 7
MOST = 4
"""Runs to one that is to be killed: some are over before."""


def run(at: datetime) -> int:
    return renewing.renew_brand(make_act("system", "billing", brand="vps6", at=at), chunk=CHUNK)


def child(deed: Callable[[], object]) -> int:
    """Do a deed in a process of its own; return its id."""
    connections.close_all()
    born = os.fork()
    if not born:
        try:
            deed()
        finally:
            os._exit(0)
    return born


def ended(born: int) -> bool:
    """Whether a child was killed, rather than finished."""
    _, status = os.waitpid(born, 0)
    return os.WIFSIGNALED(status)


def faults() -> list[str]:
    """What is lost or double."""
    found = []
    invoices = {i.id: i for i in Invoice.objects.all()}
    periods = list(Period.objects.order_by("subscription_id", "starts_at"))
    billed = Counter(p.invoice for p in periods if p.invoice in invoices)
    found += [f"an invoice without a period: {i.number}" for i in invoices.values() if billed[i.id] != 1]
    for one, two in zip(periods, periods[1:], strict=False):
        if one.subscription_id == two.subscription_id and one.ends_at != two.starts_at:
            found.append(f"a gap or an overlap: {one} {two}")
    ends = {}
    for period in periods:
        ends[period.subscription_id] = period.ends_at
    found += [f"billed to {s.billed_to}" for s in Subscription.objects.all() if s.billed_to != ends[s.id]]
    for year in {i.number[:-6] for i in invoices.values()}:
        numbers = sorted(int(i.number[-6:]) for i in invoices.values() if i.number.startswith(year))
        if numbers != list(range(1, len(numbers) + 1)):
            found.append(f"numbers of {year}: {numbers}")
    if sum(Posting.objects.values_list("minor", flat=True)) != 0:
        found.append("the ledger does not sum to zero")
    counts = {
        "lines": InvoiceLine.objects.count(), "entries": Entry.objects.filter(key__startswith="invoice:").count(),
        "events": Event.objects.filter(kind="InvoiceIssued").count(), "notices": Delivery.objects.filter(handler="flows.notices.on_invoice_issued").count(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT d) FROM procrastinate_jobs, jsonb_array_elements(args->'deliveries') d")
        if (jobs := cursor.fetchone()[0]) != Delivery.objects.count():
            found.append(f"jobs: {jobs} of {Delivery.objects.count()}")
        cursor.execute(
            "SELECT verb, sum(count) FROM audit.audit_entry WHERE verb IN"
            " ('billing.invoice.issued', 'subscriptions.period.billed') GROUP BY verb"
        )
        counts |= {verb: int(total) for verb, total in cursor.fetchall()}
    found += [f"{what}: {count} of {len(invoices)}" for what, count in counts.items() if count != len(invoices)]
    if Subscription.objects.exclude(stopped_at=None).exists():
        found.append("given up, though nothing is wrong")
    return found


@pytest.fixture
def taken(committed: str) -> int:
    for _ in range(MANY):
        takes()
    return MANY


def month(n: int) -> datetime:
    return after(20 + 31 * n)


def how_long() -> float:
    began = time.perf_counter()
    assert run(month(0)) >= MANY
    return time.perf_counter() - began


def test_killed_at_random_moments(taken: int) -> None:
    took, killed, n = how_long(), 0, 0
    dice = random.Random(KILLS)
    while n < KILLS or (killed < KILLS // 2 and n < MOST * KILLS):
        n += 1
        born = child(lambda n=n: run(month(n)))
        time.sleep(dice.uniform(0, 1.1 * took))
        os.kill(born, signal.SIGKILL)
        if ended(born):
            killed += 1
        else:
            took *= 0.8  # the first run was a cold one, or the machine was busy then
        assert faults() == []
    run(month(n))
    assert faults() == []
    assert not due_now(month(n)).exists()
    assert killed >= KILLS // 2, "it was over before it could be killed"


def test_two_at_once_and_one_of_them_killed(taken: int) -> None:
    took = how_long()
    dice = random.Random(KILLS)
    for n in range(1, KILLS + 1):
        one, two = (child(lambda n=n: run(month(n))) for _ in range(2))
        time.sleep(dice.uniform(0, took))
        os.kill(one, signal.SIGKILL)
        ended(one)
        assert not ended(two)
        assert faults() == []
    run(month(KILLS))
    assert faults() == []
    assert not due_now(month(KILLS)).exists()


AT = ["_dues", "_write", "_move_on", "spend_discounts", "_check_now"]


@pytest.mark.parametrize("at", AT)
def test_killed_at_a_step_nothing_of_the_chunk_stands(committed: str, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    takes()
    die_at(monkeypatch, at)
    assert ended(child(lambda: run(month(0))))
    assert faults() == []
    assert Invoice.objects.count() == 0
    monkeypatch.undo()
    run(month(0))
    assert faults() == []
    assert Invoice.objects.count() >= 1


def test_without_the_transaction_a_kill_leaves_half_a_chunk(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof that the tests above can fail."""
    takes()
    die_at(monkeypatch, "_write")

    monkeypatch.setattr(renewing, "renew_many", actions.renew_many.__wrapped__)
    unlocked(monkeypatch)
    assert ended(child(lambda: run(month(0))))
    assert any("without a period" in fault for fault in faults())


def test_without_the_lock_and_the_constraints_two_at_once_bill_twice(taken: int, pg, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof that the test of two at once can fail."""
    where = connections["default"].settings_dict["NAME"]
    with psycopg.connect(pg.url("postgres", where), autocommit=True) as line:
        line.execute("ALTER TABLE subscriptions_period DROP CONSTRAINT one_invoice_a_period")
        line.execute("DROP TRIGGER no_overlap ON subscriptions_period")
        line.execute("ALTER TABLE billing_invoice DROP CONSTRAINT billing_invoice_once_key")
        line.execute("ALTER TABLE ledger.ledger_entry DROP CONSTRAINT IF EXISTS ledger_entry_key_key")
    unlocked(monkeypatch)
    slow = actions._dues

    def slowly(*given: object) -> object:
        time.sleep(0.2)
        return slow(*given)

    monkeypatch.setattr(actions, "_dues", slowly)
    for born in [child(lambda: run(month(0))) for _ in range(2)]:
        assert not ended(born)
    assert faults() != []


def die_at(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let the process kill itself where a step begins."""

    def dies(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(actions, step, dies)


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the lock out."""
    real = actions.due_now

    def bare(at: datetime):
        found = real(at)
        found.select_for_update = lambda **_: found
        kept = found.filter

        def filtered(**which: object):
            narrowed = kept(**which)
            ordered = narrowed.order_by

            def order(*by: str):
                rows = ordered(*by)
                rows.select_for_update = lambda **_: rows
                return rows

            narrowed.order_by = order
            return narrowed

        found.filter = filtered
        return found

    monkeypatch.setattr(actions, "due_now", bare)


def test_the_run_is_the_one_that_the_worker_does(committed: str) -> None:
    takes()
    assert runs(month(0)) >= 1
    assert faults() == []
    assert transaction.get_autocommit()
