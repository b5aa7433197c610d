"""Verifying a book of a million entries, and how long a proof of one of them is."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.house import BRAND

ENTRIES = 1_000_000

FILL = """
INSERT INTO audit.audit_entry
  (verb, actor, role, purpose, brand, kind, thing, category, clause, digest, count, at, trace)
SELECT 'vault.value.revealed', 'user:' || gen_random_uuid(), 'customer', 'account', %s, 'person',
  gen_random_uuid(), 'name', 'V6-2', encode(sha256(n::text::bytea), 'hex'), 1,
  runtime.now() - n * interval '2 seconds', 'r-' || n
FROM generate_series(1, %s) AS n
"""


def figures() -> Iterator[Figure]:
    from django.db import connection

    from hostkeep.audit import checkpoints, months, sequencing
    from hostkeep.audit.proofs import bundle
    from hostkeep.audit.verifying import verify
    from hostkeep.faces.cli.acts import act_of_operator

    act = act_of_operator()
    with connection.cursor() as cursor:
        for begin in range(0, ENTRIES, 100_000):
            cursor.execute(FILL, [BRAND, 100_000])
        months.make_months(act)
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SELECT count(*) FROM audit.audit_entry")
        entries = cursor.fetchone()[0]
    began = time.perf_counter()
    while sequencing.sequence_all():
        pass
    yield Figure("sequencing 1,000,000 entries, s", time.perf_counter() - began, None, "<= 120")
    checkpoints.sign(act)

    began = time.perf_counter()
    report = verify()
    took = time.perf_counter() - began
    assert report.holds, report
    assert report.entries == report.leaves == entries >= ENTRIES, report
    yield Figure("verifying 1,000,000 entries, s", took, None, "<= 10")

    with connection.cursor() as cursor:
        cursor.execute("SELECT entry FROM audit.audit_leaf WHERE position IN (0, 1, 500000, 999999)")
        told = bundle([row[0] for row in cursor.fetchall()])
    longest = max(sum(len(base64.b64decode(part)) for part in entry["proof"]) for entry in told["entries"])
    yield Figure("inclusion proof at 1,000,000 entries, bytes", longest, None, "<= 2048")
