"""The renewal run over many services, to the one SQL statement that inserts the same rows, and to one transaction each.

The run is made by a process of its own, as a worker is, so that its memory is its own.  What it wrote is then
carried to a copy of the database as it stood before, in which ONE statement writes the same rows into the same
tables, with the same indexes, constraints and triggers.

BENCH_RENEWALS sets how many (40,000; 0 leaves that part out), BENCH_MANY the services of the larger house (100,000) and
BENCH_FEW those of the smaller (10,000).  BENCH_MANY=1000000 asks for a million: nearly all of its time goes into
filling the house, for of all that are due it renews as many as in the smaller one, turn by turn, and then
10,000 in one run for its memory.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg

from bench.figures import Figure, compared
from bench.house import BRAND, ROOT
from bench.people import as_superuser, fill

COUNT = int(os.environ.get("BENCH_RENEWALS", "40000"))
MANY = int(os.environ.get("BENCH_MANY", "100000"))
FEW = int(os.environ.get("BENCH_FEW", "10000"))
EACH = 100
ROUNDS = 10
LENGTH = 10_000
"""Renewals of the one long run whose memory is looked at."""
FILLED = 50_000
"""People whose sealed rows are in memory at once while a house is filled."""
NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
BEGUN = NOW - timedelta(days=20)
COPY = "renewed_by_sql"

NEW = {
    "billing_invoice": "issued_at = %s AND kind = 'invoice'",
    "billing_invoiceline": "invoice_id IN (SELECT id FROM billing_invoice WHERE issued_at = %s)",
    "billing_invoicetax": "invoice_id IN (SELECT id FROM billing_invoice WHERE issued_at = %s)",
    "ledger.ledger_entry": "at = %s",
    "ledger.ledger_posting": "entry_id IN (SELECT id FROM ledger.ledger_entry WHERE at = %s)",
    "subscriptions_period": "billed_at = %s",
    "runtime_event": "at = %s",
    "runtime_delivery": "event_id IN (SELECT id FROM runtime_event WHERE at = %s)",
    "procrastinate_jobs": "args ? 'deliveries' AND %s IS NOT NULL",
    "vault.vault_item": "collected_at = %s",
    "audit.audit_entry": "at = %s",
}
"""What a run writes, by table: which rows are of the run at a moment."""


def figures() -> Iterator[Figure]:
    if COUNT:
        yield from beside_one_statement()
    yield from in_a_larger_house()


def beside_one_statement() -> Iterator[Figure]:
    prepare(BRAND, COUNT)
    name = _name()
    with _alone(name) as line:
        line.execute(f'DROP DATABASE IF EXISTS "{COPY}"')
        line.execute(f'CREATE DATABASE "{COPY}" TEMPLATE "{name}"')
    said = run(BRAND, NOW)
    assert said["done"] == COUNT, said
    ours = COUNT / said["seconds"]
    statement = COUNT / by_one_statement(name)
    yield Figure(f"renewals a second of {COUNT}, to the one SQL statement that writes the same rows", ours, statement, ">= 0.15")
    single = run(BRAND, NOW + timedelta(days=31), chunk=1, most=EACH)
    yield Figure("renewals a second, chunks of 500 to one transaction each", ours, single["done"] / single["seconds"], ">= 5")


def in_a_larger_house() -> Iterator[Figure]:
    prepare("photonvps", FEW)
    prepare("vpsfast", MANY)
    small: list[float] = []
    large: list[float] = []
    modest, turn = 0.0, FEW // ROUNDS
    for _ in range(ROUNDS):  # in turns of as many, so that the machine's moods hit both
        few, many = run("photonvps", NOW, most=turn), run("vpsfast", NOW, most=turn)
        small.append(few["done"] / few["seconds"])
        large.append(many["done"] / many["seconds"])
        modest = max(modest, few["memory"])
    memory = run("vpsfast", NOW, most=min(MANY - FEW, LENGTH))["memory"]
    rounds = tuple(zip(large, small, strict=True))
    yield compared(f"renewals a second among {MANY} services, to {FEW}", rounds, ">= 0.8")
    yield Figure(f"memory of a long run among {MANY} services, MB", memory, None, "<= 300")
    yield Figure(f"memory of a long run among {MANY} services, to a short one among {FEW}, MB", memory, modest, "<= 1.2")


def prepare(brand: str, count: int) -> None:
    """So many accounts of a brand, each with a subscription whose second period is due at NOW."""
    from hostkeep.brands.queries import brand as seller
    from hostkeep.brands.queries import policy_in_force
    from hostkeep.kernel.act import Act
    from hostkeep.kernel.ids import ActorId, BrandId, CategoryId, PurposeId
    from hostkeep.vault.batches import ToSeal, seal_many

    of, row = BrandId(brand), seller(BrandId(brand))
    act = Act(ActorId("job:bench"), "system", PurposeId("service"), BEGUN, "bench", of)
    policy = policy_in_force(of, datetime.now(UTC))
    values = {"name": "{name}", "email": "user{n}@example.com"}
    values = {c: v for c, v in values.items() if c in policy.categories}
    with as_superuser() as line, line.cursor() as cursor:
        for first in range(0, count, FILLED):
            people = fill(brand, min(FILLED, count - first), values, digest=policy.digest, first=first)
            accounts = [uuid4() for _ in people]
            with cursor.copy(ACCOUNTS) as copy:
                for n, (account, subject) in enumerate(zip(accounts, people, strict=True), start=first):
                    copy.write_row((account, brand, f"B{n:09d}", subject, "open", "en", BEGUN, False))
            pairs = list(zip(accounts, people, strict=True))
            for some in (pairs[n : n + 1000] for n in range(0, len(pairs), 1000)):
                _subscribe(cursor, act, row, some, seal_many, ToSeal, CategoryId)
        for table in ("people_account", "subscriptions_subscription", "subscriptions_part", "subscriptions_period"):
            cursor.execute(f"ANALYZE {table}")


ACCOUNTS = "COPY people_account (id, brand, number, subject, state, language, opened_at, canary) FROM STDIN"


def _subscribe(cursor, act, row, some, seal_many, ToSeal, CategoryId) -> None:
    """Subscriptions with a plan and a billed period each."""
    from dataclasses import replace

    from hostkeep.subscriptions.rules.terms import Calendar, Term, start_of

    chosen = CategoryId("chosen_service")
    made = [(uuid4(), uuid4(), account, subject) for account, subject in some]
    told = {"product": "hexa-s", "plan": "monthly", "title": "Hexa S: Debian 13", "choices": {"system": "debian"}}
    wishes = []
    for subscription, part, _, subject in made:
        wishes.append(ToSeal(subject, chosen, "subscriptions_subscription", {str(subscription): {"told": told}}))
        wishes.append(ToSeal(subject, chosen, "subscriptions_part", {str(part): {"title": told["title"]}}))
    # Whoever has a service has had an invoice: the key that seals what stands on it is there.
    wishes += [ToSeal(subject, CategoryId("invoice_party"), "bench", {}) for *_, subject in made]
    sealed = seal_many(replace(act, at=datetime.now(UTC)), wishes)
    end = start_of(Calendar(BEGUN, "UTC", Term("month", 1)), 1)
    with cursor.copy(
        "COPY subscriptions_subscription (id, once, brand, account, subject, service, unit, count, zone, currency, price_minor, told,"
        " state, anchor_at, billed_to, renew_at, end_reason, created_at, stopped_code) FROM STDIN"
    ) as copy:
        for n, (subscription, _, account, subject) in enumerate(made):
            box = sealed[2 * n][str(subscription)]["told"].text
            copy.write_row((
                subscription, f"bench:{subscription}", act.brand, account, subject, uuid4(), "month", 1, "UTC", row.currencies[0], 1990,
                box, "active", BEGUN, end, end - timedelta(days=14), "", BEGUN, "",
            ))  # fmt: skip
    with cursor.copy("COPY subscriptions_part (id, subscription_id, kind, title, unit_minor, quantity, started_at) FROM STDIN") as copy:
        for n, (subscription, part, _, _) in enumerate(made):
            copy.write_row((part, subscription, "plan", sealed[2 * n + 1][str(part)]["title"].text, 1990, 1, BEGUN))
    with cursor.copy("COPY subscriptions_period (id, subscription_id, starts_at, ends_at, invoice, billed_at) FROM STDIN") as copy:
        for subscription, _, _, _ in made:
            copy.write_row((uuid4(), subscription, BEGUN, end, uuid4(), BEGUN))


def run(brand: str, at: datetime, *, chunk: int = 500, most: int = 0) -> dict[str, float]:
    """Renew in a process of its own; what it did, its seconds and its memory."""
    argv = [sys.executable, "-m", "bench.renewing", brand, at.isoformat(), str(chunk), str(most)]
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def by_one_statement(name: str) -> float:
    """Seconds that one statement takes to write what the run wrote, into the copy."""
    with _line(name) as here, _line(COPY) as there:
        there.execute("CREATE SCHEMA s")
        for table, which in NEW.items():
            short = table.rsplit(".", 1)[-1]
            there.execute(f"CREATE UNLOGGED TABLE s.{short} (LIKE {table})")
            query = f"SELECT {_columns(here, table)} FROM {table} WHERE {which}"
            _carry(here, query, [NOW], there, f"s.{short} ({_columns(here, table)})")
        there.execute("CREATE UNLOGGED TABLE s.moved (id uuid, billed_to timestamptz, renew_at timestamptz)")
        _carry(here, "SELECT id, billed_to, renew_at FROM subscriptions_subscription WHERE billed_to > %s", [NOW + timedelta(days=20)], there, "s.moved")
        there.execute("ANALYZE")
        there.execute(f"INSERT INTO billing_series (brand, kind, year, last) VALUES ('{BRAND}', 'invoice', {NOW.year}, 0) ON CONFLICT DO NOTHING")
        there.execute("ALTER TABLE billing_series DISABLE TRIGGER counts")
        parts = [
            f"x{n} AS (INSERT INTO {table} ({_columns(here, table)}) SELECT {_columns(here, table)} FROM s.{table.rsplit('.', 1)[-1]})"
            for n, table in enumerate(NEW)
        ]
        parts.append(f"y AS (UPDATE billing_series SET last = {COUNT} WHERE brand = '{BRAND}' AND year = {NOW.year})")
        statement = (
            f"WITH {', '.join(parts)} UPDATE subscriptions_subscription u SET billed_to = m.billed_to, renew_at = m.renew_at"
            " FROM s.moved m WHERE m.id = u.id"
        )
        began = time.perf_counter()
        there.execute(statement)
        return time.perf_counter() - began


def _columns(line: psycopg.Connection, table: str) -> str:
    """The columns of a table that are written."""
    found = line.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum", [table],
    )  # fmt: skip
    return ", ".join(f'"{row[0]}"' for row in found)


def _carry(here: psycopg.Connection, query: str, values: list[object], there: psycopg.Connection, into: str) -> None:
    """Carry rows from one database to the other."""
    with here.cursor() as out, there.cursor() as back:
        with out.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)", values) as read, back.copy(f"COPY {into} FROM STDIN (FORMAT binary)") as write:
            for block in read:
                write.write(block)


def _name() -> str:
    from django.db import connection

    return str(connection.settings_dict["NAME"])


def _line(name: str) -> psycopg.Connection:
    from django.db import connection

    return psycopg.connect(host=connection.settings_dict["HOST"], dbname=name, user="postgres", autocommit=True)


@contextmanager
def _alone(name: str) -> Iterator[psycopg.Connection]:
    """A line to another database while nobody is connected to this one."""
    from django.db import connections

    connections.close_all()
    with _line("postgres") as line:
        line.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        yield line


def main() -> None:
    """The run itself: brand, moment, chunk, and how many at most (0: all)."""
    import django

    django.setup()
    from hostkeep.flows import renewing
    from hostkeep.kernel.act import Act
    from hostkeep.kernel.ids import ActorId, BrandId, PurposeId
    from hostkeep.subscriptions.actions.renewing import renew_many

    brand, at, chunk, most = sys.argv[1], datetime.fromisoformat(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    act = Act(ActorId("job:bench"), "system", PurposeId("billing"), at, "renewals:bench", BrandId(brand))
    began, done = time.perf_counter(), 0
    if most:
        while done < most:
            renewed = len(renew_many(act, bill=renewing.bill_periods, most=min(chunk, most - done)).ids)
            assert renewed, "nothing is due"
            done += renewed
    else:
        done = renewing.renew_brand(act, chunk=chunk)
    seconds = time.perf_counter() - began
    told = Path("/proc/self/status").read_text()  # getrusage would tell the memory of whoever started us
    memory = int(re.search(r"VmHWM:\s+(\d+)", told)[1]) / 1024
    print(json.dumps({"done": done, "seconds": seconds, "memory": memory}))


if __name__ == "__main__":
    main()
