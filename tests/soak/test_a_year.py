"""A year of a brand on the demo's clock: it moves as `hostkeep clock advance` moves it, and customers pay or do not.

Nearly half pay by a stored card that is charged for them, nearly half by themselves, a few only after their
service was stopped, and a few never.  Each month the books are looked at from outside: nothing missed, nothing
twice, no gap, no alarm, and memory that does not grow.

YEAR_SERVICES and YEAR_DAYS say how many and how long: `make soak` asks for 10,000 and a year.  Every day of the
clock has the house's daily rounds in it, so a small year takes long too.

YEAR_KEEP names a folder in which the brand is kept as it was filled, and each month at its end (YEAR_STRETCH says
after how many days, where not 30), once no fault was found in it: who asks for the same year again, after this
process was stopped or a fault was mended, goes on from there (tests/soak/keeping.py).  At the end all is proven of
the whole year, but memory: that is this process's own, from the first month that it played.  What was played before
was played by the code of then.  Once the year is over it is no longer kept, so that the next one is a year too.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.actions.storing import begin_keeping, record_kept
from hostkeep.billing.calls import gateways
from hostkeep.drivers.conformance.machines import FakeProvisioner
from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.payments import Kept, Settled
from hostkeep.flows.reconciling import check_book, check_brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, InvoiceId
from hostkeep.messaging.calls import handing
from hostkeep.provisioning.models import Service
from hostkeep.runtime import clock, jobs, postgres
from hostkeep.subscriptions.rules.terms import Term
from tests.cards import BRAND, load_card_brand
from tests.conftest import make_act
from tests.flows.debtors import DAY, HOUR, Debtor, machines
from tests.flows.years_house import Mailer
from tests.soak.keeping import Keeping, Year, kept_in

SERVICES = int(os.environ.get("YEAR_SERVICES", "20"))
DAYS = int(os.environ.get("YEAR_DAYS", "366"))
KEEP = os.environ.get("YEAR_KEEP", "")
STRETCH = int(os.environ.get("YEAR_STRETCH", "30"))
"""After so many days the books are looked at, and all is kept."""

MONTH, QUARTER, YEAR = Term("month", 1), Term("month", 3), Term("year", 1)
TERMS = [MONTH, YEAR, QUARTER, YEAR, MONTH] * 20
TERMS[7], TERMS[12] = Term("day", 10), Term("hour", 100)
"""For how long the n-th customer rents: two in five by the month, two by the year, and one in fifty by less."""

PAYERS = ("card", "self", "card", "self", "late", "never", *("card", "self") * 7, "card")
"""How the n-th customer pays.  Both lists begin again when they run out, and never at the same customer."""

AFTER_ISSUE = 6 * DAY
AFTER_STOP = 9 * DAY
"""When who pays by themselves does: after the invoice came; and, of the late, after it was due."""

APART = 12 * HOUR
"""What lies between the beginnings of customers.  A clock stops at each hour in which something falls due, and each
stop has a sweep and all rounds in it: so there are two in a day, and those of the terms of hours, and not 24."""

GROWS = 1.25
"""What memory may come to, to that of the first month."""


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGateway]:
    """A gateway, and a mailer, that do what they are asked."""
    fake, mailer, before = FakeGateway(), Mailer(), list(gateways._make)
    gateways.carry_with(lambda name, _: fake if name in ("testpay", "stripe") else None)
    monkeypatch.setattr(handing, "_makers", [lambda _brand: mailer])
    yield fake
    gateways._make[:] = before


@pytest.fixture
def made() -> Iterator[FakeProvisioner]:
    """Machines that do what they are told."""
    with machines() as fake:
        yield fake


@pytest.fixture
def keeping(pg: postgres.Server, committed: str) -> Iterator[Keeping | None]:
    """Where the year of this database is kept, if it is."""
    with ExitStack() as stack:
        asked = {"services": SERVICES, "days": DAYS}
        yield stack.enter_context(kept_in(Path(KEEP), running=pg, name=committed, **asked)) if KEEP else None


def begun(folder: Path) -> Year:
    """The sixth brand with cards, and its customers."""
    began = time.perf_counter()
    load_card_brand(folder)
    how = filled()
    tell(f"{SERVICES} services, {time.perf_counter() - began:.0f} s")
    return Year(how, clock.now())


def filled() -> dict[UUID, str]:
    """So many customers with a service each, begun in the last three days; how each pays, by account."""
    now, found = clock.now(), {}
    for n in range(SERVICES):
        term, pays = TERMS[n % len(TERMS)], PAYERS[n % len(PAYERS)]
        ann = Debtor(BRAND, at=now - APART * (n % 6), price=500 + n % 4000, term=term).starts()
        if pays == "card":
            act = ann.act("customer", "billing")
            begun = begin_keeping(act, of=ann.account, subject=ann.subject, gateway="testpay")
            record_kept(act, method=begun.id, keeping=Kept(uuid4().hex, "Test card 4242", date(2099, 1, 31)))
        found[ann.account] = pays
    asked("DELETE FROM procrastinate_jobs RETURNING id")  # what they carry was carried
    return found


UNPAID = """
SELECT i.id, i.account, i.issued_at, i.due_at
FROM billing_invoice i LEFT JOIN billing_allocation a ON a.invoice_id = i.id
WHERE i.brand = %s AND i.kind = 'invoice' AND i.issued_at > %s
GROUP BY i.id HAVING i.gross_minor > coalesce(sum(a.minor), 0)
"""


def pay(act: Act, how: dict[UUID, str]) -> int:
    """Customers pay what it is time for, by the gateway's page; return how many."""
    paid = 0
    for invoice, account, issued_at, due_at in asked(UNPAID, [BRAND, act.at - 70 * DAY]):
        pays = how[account]
        if (pays == "self" and act.at >= issued_at + AFTER_ISSUE) or (pays == "late" and act.at >= due_at + AFTER_STOP):
            under = make_act("customer", "billing", brand=BRAND, at=act.at, actor="user:test")
            begun = begin_payment(under, of=account, invoice=InvoiceId(invoice), gateway="testpay")
            record_outcome(under, attempt=begun.attempt, outcome=Settled(uuid4().hex, begun.amount))
            paid += 1
    return paid


def asked(query: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values or [])
        return list(cursor.fetchall())


COUNTED = """
SELECT (SELECT count(*) FROM billing_invoice WHERE brand = %s), (SELECT count(*) FROM billing_payment),
  (SELECT count(*) FROM messaging_mail), pg_database_size(current_database())
"""

WRONG = {
    "a gap or an overlap between periods": """
        SELECT count(*) FROM (SELECT starts_at, lag(ends_at) OVER (PARTITION BY subscription_id ORDER BY starts_at) AS before
        FROM subscriptions_period) p WHERE before IS NOT NULL AND before <> starts_at""",
    "periods that share an invoice, or have none": """
        SELECT count(*) FROM (SELECT invoice FROM subscriptions_period GROUP BY invoice HAVING count(*) > 1 OR invoice IS NULL) p""",
    "periods billed by no line, or by several": """
        SELECT count(*) FROM (SELECT p.id FROM subscriptions_period p
        JOIN subscriptions_subscription s ON s.id = p.subscription_id AND p.starts_at > s.anchor_at
        LEFT JOIN billing_invoiceline l ON l.about_id = s.id AND l.starts_at = p.starts_at AND l.ends_at = p.ends_at
             AND EXISTS (SELECT 1 FROM billing_invoice i WHERE i.id = l.invoice_id AND i.kind = 'invoice')
        GROUP BY p.id HAVING count(l.id) <> 1) p""",
    "missed": """
        SELECT count(*) FROM subscriptions_subscription WHERE state IN ('active', 'trial') AND billed_to <= %(at)s""",
    "given up": "SELECT count(*) FROM subscriptions_subscription WHERE stopped_at IS NOT NULL",
    "numbers with a gap": """
        SELECT count(*) FROM (SELECT kind, left(number, -6) FROM billing_invoice WHERE brand = %(brand)s
        GROUP BY 1, 2 HAVING count(*) <> max(right(number, 6)::int) OR count(DISTINCT number) <> count(*)) n""",
    "documents that are not their lines": """
        SELECT count(*) FROM billing_invoice i WHERE net_minor <> (SELECT sum(minor) FROM billing_invoiceline l WHERE l.invoice_id = i.id)
        OR tax_minor <> (SELECT sum(tax_minor) FROM billing_invoicetax t WHERE t.invoice_id = i.id)""",
    "a ledger that does not sum to zero": """
        SELECT count(*) FROM (SELECT currency FROM ledger.ledger_posting GROUP BY 1 HAVING sum(minor) <> 0) p""",
    "deliveries that wait or are parked": "SELECT count(*) FROM runtime_delivery WHERE state <> 'done'",
    "jobs that failed": "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('failed', 'doing', 'aborted')",
    "letters of one kind about one thing, twice": """
        SELECT count(*) FROM (SELECT template, facts FROM messaging_mail WHERE template LIKE 'billing/%%' GROUP BY 1, 2, account HAVING count(*) > 1) m""",
}  # fmt: skip


def faults(at: datetime) -> list[str]:
    """What is wrong at a moment, asked of the tables and not of the house."""
    counted = {what: asked(query, {"at": at, "brand": BRAND})[0][0] for what, query in WRONG.items()}  # type: ignore[arg-type]
    found = [f"{what}: {count}" for what, count in counted.items() if count]
    return found + [str(each) for each in (*check_brand(BrandId(BRAND)), *check_book())]


def memory() -> float:
    """Megabytes that this process holds now."""
    told = Path("/proc/self/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", told)
    assert found
    return int(found[1]) / 1024


def test_a_year_of_a_brand(
    gateway: FakeGateway, made: FakeProvisioner, keeping: Keeping | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    year = keeping and keeping.go_on(made, tmp_path / "keys")
    if year:
        tell(f"goes on from {clock.now():%Y-%m-%d}, {year.played} of {DAYS} days played")
    else:
        year = begun(tmp_path)
        if keeping:
            keep(keeping, year, made)
    monkeypatch.setitem(jobs._due, "payers", lambda act: pay(act, year.how))
    held: list[float] = []
    while year.played < DAYS:
        began = time.perf_counter()
        stretch = min(DAYS - year.played, STRETCH)
        jobs.advance_clock(stretch * DAY, tell=tell_day)
        year.played += stretch
        gateway.asked.clear()
        gateway.told.clear()
        held.append(memory())
        [[documents, paid, mails, kept]] = asked(COUNTED, [BRAND])
        tell(f"{clock.now():%Y-%m-%d}: {documents} documents, {paid} payments, {mails} mails, {held[-1]:.0f} MB,"
             f" {kept / 2**20:.0f} MB on disk, {time.perf_counter() - began:.0f} s")  # fmt: skip
        assert faults(clock.now()) == []
        if keeping and year.played < DAYS:
            keep(keeping, year, made)
    assert held[-1] <= GROWS * held[0], held
    runs_what_is_paid_for(year.how, year.begin)
    if keeping:
        keeping.end()


def keep(keeping: Keeping, year: Year, made: FakeProvisioner) -> None:
    began = time.perf_counter()
    there = keeping.keep(year, made)
    size = sum(path.stat().st_size for path in there.rglob("*"))
    tell(f"kept in {there}, {size / 2**20:.0f} MB, {time.perf_counter() - began:.0f} s")


def runs_what_is_paid_for(how: dict[UUID, str], begin: datetime) -> None:
    """What is paid runs; what nobody paid for is gone, and so is what would have been billed of it."""
    states = Counter((how[account], state) for account, state in Service.objects.values_list("account", "state"))
    tell(str(dict(states)))
    assert {state for pays, state in states if pays in ("card", "self")} == {"active"}
    assert {state for pays, state in states if pays == "late"} <= {"active", "suspended"}
    ended = asked("SELECT count(*) FROM subscriptions_subscription WHERE state = 'ended' AND end_reason = 'unpaid'")[0][0]
    if clock.now() - begin >= 70 * DAY:
        assert ended == states["never", "closed"] > 0


def tell_day(day: jobs.Stretch) -> None:
    done = ", ".join(f"{name} {count}" for name, count in sorted(day.done.items()))
    tell(f"  {day.at:%Y-%m-%d %H:%M} {day.seconds:.0f} s: {done}")


def tell(line: str) -> None:
    print(line, flush=True)
