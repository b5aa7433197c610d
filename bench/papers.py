"""A thousand invoices as PDF/A-3 with their EN 16931 XML attached, by two processes on two cores, from the database.

Each paper is made as a customer's download makes it: sheet, lines and buyer's block read through the door, composed,
stated, rendered and described.  BENCH_PAPERS sets how many.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from bench.figures import Figure
from bench.house import BRAND, ROOT

COUNT = int(os.environ.get("BENCH_PAPERS", "1000"))
PROCESSES = 2
WEEK = timedelta(days=7)
ACCOUNT, SUBJECT = UUID(int=0x9A9E4), UUID(int=0x9A9E5)


def figures() -> Iterator[Figure]:
    _bill(COUNT)
    began = time.perf_counter()
    argv = [sys.executable, "-m", "bench.papers"]
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    workers = [
        subprocess.Popen(
            ["taskset", "-c", str(core), *argv, str(core)], env=environ, stdout=subprocess.PIPE, text=True
        )
        for core in range(PROCESSES)
    ]
    made = sum(int(worker.communicate()[0]) for worker in workers)
    seconds = time.perf_counter() - began
    assert made == COUNT, made
    yield Figure(f"{COUNT} invoices as PDF with XML on {PROCESSES} cores, seconds", seconds, None, "<= 30")


def _act():
    from hostkeep.kernel.act import Act
    from hostkeep.kernel.ids import ActorId, BrandId, PurposeId

    return Act(ActorId("job:bench"), "system", PurposeId("billing"), datetime.now(UTC), "papers:bench", BrandId(BRAND))


def _bill(count: int) -> None:
    """Issue invoices of three lines to a buyer whose country is known."""
    from hostkeep.billing.actions.issuing_many import Bill, issue_many
    from hostkeep.billing.rules.lines import Line
    from hostkeep.billing.rules.party import BilledTo, Party, to_json
    from hostkeep.kernel.ids import AccountId, InvoiceId, Ref, SubjectId
    from hostkeep.kernel.money import EUR, Money
    from hostkeep.kernel.period import Period, months_after

    at = datetime.now(UTC)
    month = Period(at, months_after(at, 1))
    party = Party("1", name="Ann Åberg", address="Way 1", city="Utrecht", postal_code="3500 AA", country="NL")
    to = BilledTo(AccountId(ACCOUNT), SubjectId(SUBJECT), to_json(party))

    def bill(n: int) -> Bill:
        lines = [
            Line(f"Server V-{kind}", kind, Money(1990 + n, EUR), rate, Ref("shop.order_line", uuid4()), month)
            for kind, rate in ((1, 210_000), (2, 210_000), (3, 90_000))
        ]
        return Bill(InvoiceId(uuid4()), to, lines, WEEK, f"paper-{n}-{uuid4().hex[:8]}")

    for first in range(0, count, 500):
        issue_many(_act(), bills=[bill(n) for n in range(first, min(first + 500, count))])


def _print(part: int) -> int:
    """Make every second paper; return how many carry their XML."""
    from hostkeep.billing.documents.printing import Wanted, print_invoice
    from hostkeep.billing.queries.invoices import invoices_of
    from hostkeep.faces.ui.marks import mark_svg
    from hostkeep.kernel.ids import AccountId

    act, account = _act(), AccountId(ACCOUNT)
    wanted = Wanted("12345678", "en", mark_svg(BRAND))
    rows = invoices_of(account, first=COUNT).rows[part::PROCESSES]
    papers = (print_invoice(act, of=account, invoice=row.id, wanted=wanted) for row in rows)
    return sum(b"fx:ConformanceLevel" in paper for paper in papers)


if __name__ == "__main__":
    import django

    django.setup()
    print(_print(int(sys.argv[1])))
