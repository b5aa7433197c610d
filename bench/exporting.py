"""A person's whole copy, made, packed, sealed and entered, to the bare SELECTs of the same rows.

The bare SELECTs read every table that the copy reads, one statement a table, and hand the rows over as they are.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

from bench.figures import Figure, compared, interleaved
from bench.house import BRAND
from bench.pages import customer_with_invoices

INVOICES, MAILS, ENTRIES = 50, 200, 200
TURNS = 10

OWN = {
    "people_account": "id", "people_acceptance": "subject", "people_stayseries": "user_id", "people_apikey": "user_id",
    "people_dispute": "account_id", "account_emailaddress": "user_id", "messaging_preference": "subject",
    "messaging_mail": "account",
}  # fmt: skip
"""Tables of the copy besides those of ordering, paying and using, and the column that says whose a row is."""

FOREIGN = """
SELECT a.attname, c.confrelid::regclass::text FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'f' AND c.conrelid = %s::regclass AND c.confrelid <> c.conrelid ORDER BY a.attnum
"""
"""Which tables the rows of one hang on."""

WHOSE = {"id": "account", "account": "account", "account_id": "account", "about": "account", "subject": "subject",
         "user_id": "user"}  # fmt: skip
OF_VAULT = tuple(
    f"SELECT * FROM vault.vault_{table} WHERE subject = %(subject)s"
    for table in ("subjectkey", "item", "consent", "objection", "disclosure", "hold", "erasure")
)
OF_BOOK = (
    "SELECT * FROM audit.audit_entry WHERE thing = %(nym)s ORDER BY id DESC",
    "SELECT l.* FROM audit.audit_leaf l JOIN audit.audit_entry e ON e.id = l.entry WHERE e.thing = %(nym)s",
)


def figures() -> Iterator[Figure]:
    from dataclasses import replace

    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.flows.exporting.making import make_export
    from hostkeep.kernel.ids import AccountId, BrandId
    from hostkeep.people import queries
    from hostkeep.people.models import Account
    from hostkeep.vault import nyms

    customer_with_invoices(INVOICES)
    latest = Account.objects.filter(brand=BRAND, canary=False).latest("opened_at")
    account = queries.account(AccountId(latest.id))
    user = queries.owner_of(account.id).id
    act = replace(
        act_of_operator(brand=BrandId(BRAND), purpose="rights"), role="customer", own=account.subject, actor=f"user:{user}"
    )
    _fill(act, account)
    told = {"account": account.id, "subject": account.subject, "nym": nyms.nym_of(account.subject), "user": user}
    queries_of_tables = _queries()

    def ours() -> float:
        began = time.perf_counter()
        for _ in range(TURNS):
            assert make_export(act, account=account, user=user).size > 0
        return (time.perf_counter() - began) * 1000 / TURNS

    def reference() -> float:
        began = time.perf_counter()
        rows = [_selected(told, queries_of_tables) for _ in range(TURNS)]
        assert min(rows) >= 2 * INVOICES + MAILS + ENTRIES, rows
        return (time.perf_counter() - began) * 1000 / TURNS

    ours()
    reference()
    rounds = interleaved(ours, reference)
    name = f"a copy of {INVOICES} invoices, {MAILS} mails, {ENTRIES} entries, ms, to the bare SELECTs"
    copy = compared(name, rounds, "<= 5")
    yield copy
    yield Figure("the same copy, ms", copy.ours, None, "<= 150")


def _fill(act, account) -> None:
    """Mails and entries about the person; the entries have their place under a signed checkpoint."""
    from hostkeep.audit import checkpoints
    from hostkeep.audit.enter import enter_apart
    from hostkeep.kernel.ids import Ref
    from hostkeep.messaging.models import Mail

    Mail.objects.bulk_create(
        Mail(
            once=f"bench:{uuid4().hex}", brand=BRAND, stream="service", template="invoice_issued", language="en",
            subject=account.subject, account=account.id, address="email", facts={}, token=uuid4().hex,
            state="sent", queued_at=act.at - timedelta(hours=n), handed_over_at=act.at - timedelta(hours=n),
        )
        for n in range(MAILS)
    )  # fmt: skip
    person = Ref("person", account.subject)
    for _ in range(ENTRIES):
        enter_apart(act, "vault.value.revealed", person, category="name", clause="V6-2", digest="d" * 64)
    checkpoints.seal_all(act)


def _queries() -> list[str]:
    """The bare SELECT of each table of the copy that is the application's own to read."""
    from hostkeep.flows.exporting.kinds import TRADE

    tables = {table: "" for kind in TRADE.values() for table in kind.tables} | OWN
    conditions = {table: _whose(table, column) for table, column in tables.items()}
    assert all(conditions.values()), conditions
    return [f"SELECT * FROM {table} WHERE {condition}" for table, condition in conditions.items()]


def _whose(table: str, column: str = "") -> str:
    """The condition under which a row of a table is the person's: by a column of its own, or of what it hangs on."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", [table])
        names = {row[0] for row in cursor.fetchall()}
        for name in (column,) if column else ("account", "account_id", "about"):
            if name in names:
                return f"{name} = %({WHOSE[name]})s"
        cursor.execute(FOREIGN, [table])
        over = cursor.fetchall()
    for name, parent in over:
        if condition := _whose(parent):
            return f"{name} IN (SELECT id FROM {parent} WHERE {condition})"
    return ""


def _selected(told, queries: list[str]) -> int:
    """Rows of the bare SELECTs, over the application's own connections."""
    from django.db import connection

    from hostkeep.vault.wall import opened

    rows = 0
    with connection.cursor() as cursor:
        for query in (*queries, *OF_BOOK):
            cursor.execute(query, told)
            rows += len(cursor.fetchall())
        with opened():
            for query in OF_VAULT:
                cursor.execute(query, told)
                rows += len(cursor.fetchall())
    return rows
