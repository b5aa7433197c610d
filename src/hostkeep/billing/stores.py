"""What billing keeps, as stores for the sweeper: what was bought, and call-backs that gateways repeat.

Invoices and money stay, as the books need them.  Whoever an invoice was for has an end of its own in the
vault; what was bought ends with it, here, while the key lives on for younger invoices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import connection

from hostkeep.billing.clear_stores import CLEAR
from hostkeep.billing.rules.pay_links import MOST_DAYS
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.runtime.stores import Person, Store, ask_each, nothing, table_store
from hostkeep.vault.past_terms import Past, past_terms, past_terms_together

KEPT_DAYS = 90
"""Longer than any gateway repeats a call-back."""

CHECKS_KEPT_DAYS = 730

PARTY = CategoryId("invoice_party")

WHICH = """
{column} NOT LIKE 'c2.gone.%%' AND EXISTS (
  SELECT 1 FROM billing_invoice i WHERE i.id = t.{invoice} AND i.brand = %(brand)s
    AND i.issued_at < %(cut)s AND i.subject <> ALL(%(held)s))
"""
COUNT = "SELECT count(*) FROM {table} t WHERE " + WHICH  # noqa: S608  made of constants
IS_ANY = "SELECT EXISTS (SELECT 1 FROM {table} t WHERE " + WHICH + ")"  # noqa: S608  made of constants
EMPTY = f"""
UPDATE {{table}} SET {{column}} = 'c2.gone.' || CASE WHEN {{column}} LIKE 'c2.%%'
  THEN split_part({{column}}, '.', 3) ELSE %(digest)s END || '.'
WHERE id = ANY(ARRAY(
  SELECT t.id FROM {{table}} t WHERE {WHICH} LIMIT %(most)s FOR UPDATE OF t SKIP LOCKED))
"""  # noqa: S608  made of constants
"""A text of the door names the version it was given under; an older text gets the one in force."""

SEALED = (
    {"table": "billing_invoiceline", "column": "title", "invoice": "invoice_id"},
    {"table": "billing_invoice", "column": "fingerprint", "invoice": "id"},
)


def _over(terms: Iterable[Past]) -> Iterator[Past]:
    """Yield, of some terms, by which invoices are past their time."""
    return (past for past in terms if past.cut is not None)


def _asked(at: datetime, brand: BrandId | None, statement: str) -> list[int]:
    """Return what a statement says of each place at each brand, or at one."""
    return ask_each(
        (statement.format(**place), over.of_years(at))
        for over in _over(past_terms_together(PARTY, at, brand)) for place in SEALED
    )  # fmt: skip


def _count(at: datetime, brand: BrandId | None = None) -> int:
    """Count lines and invoices past their time that still say what was bought, of all brands or of one."""
    return sum(_asked(at, brand, COUNT))


def _empty(act: Act, most: int) -> int:
    """Take what was bought out of invoices past their time; return how many rows were emptied."""
    if not any(_asked(act.at, None, IS_ANY)):  # nearly each time that the sweeper comes
        return 0
    done = 0
    with connection.cursor() as cursor:
        for over in _over(past_terms(PARTY, act.at)):
            for place in SEALED:
                cursor.execute(EMPTY.format(**place), {**over.of_years(act.at), "most": most - done})
                done += int(cursor.rowcount)
    return done


def _left(person: Person) -> int:
    """Say 0: what stands on invoices is lawfully kept, and opens only while the fiscal key lives."""
    del person
    return 0


STORES: tuple[Store, ...] = (
    *CLEAR,
    Store(
        name="billing.lines",
        keep_class="fiscal",
        what=(
            "What was bought, sealed on the lines of invoices; it is emptied when the invoice's years are"
            " over, while amounts and numbers stay."
        ),
        places=("billing_invoiceline", "billing_invoice"),
        list_due=_count,
        erase=_empty,
        forget=nothing,
        prove_absent=_left,
        list_due_of=_count,
    ),
    table_store(
        "billing.tax_numbers",
        "fiscal",
        "What registries answered about tax numbers, by keyed marks; the newest of each account, until it"
        " is erased or has gone two years without being asked about.",
        table="billing_numbercheck",
        due=f"checked_at <= %(at)s - make_interval(days => {CHECKS_KEPT_DAYS})",
        whose="account = ANY(%(accounts)s)",
        branded=True,
    ),
    table_store(
        "billing.checks",
        "fiscal",
        "What checks of an order's payment came to, and what a person said of it: by words of ours, until the"
        " account is erased or two years after it was decided; an order that waits stays until it is.",
        table="billing_paymentcheck",
        due=(
            f"coalesce(decided_at, checked_at) <= %(at)s - make_interval(days => {CHECKS_KEPT_DAYS})"
            " AND (outcome <> 'refused' OR decision <> '')"
        ),
        whose="account = ANY(%(accounts)s)",
        branded=True,
    ),
    table_store(
        "billing.pay_links",
        "fiscal",
        "When the links to pay a document were taken back; it is kept for 90 days, the longest that a link"
        " holds.",
        table="billing_paylinksrevoked",
        due=f"revoked_at <= %(at)s - make_interval(days => {MOST_DAYS})",
    ),
    table_store(
        "billing.notices",
        "fiscal",
        "Call-backs of gateways by their own ids and ours, so that none counts twice; each is kept 90 days.",
        table="billing_gatewaynotice",
        due=f"at <= %(at)s - make_interval(days => {KEPT_DAYS})",
        branded=True,
    ),
)
