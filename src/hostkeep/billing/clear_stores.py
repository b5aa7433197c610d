"""What billing holds in clear although it is personal, as stores for the sweeper: where it ends.

Ids of movements at banks and gateways, and the place whose tax a document bears, end with the years that the
policy keeps payments and documents for; the rows, amounts and dates stay, as the books need them.  What a
gateway calls an attempt serves to ask after it, and ends when nobody asks any more.
Why they stand in clear: docs/decisions/2026-11-27-billing-in-clear.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.runtime.stores import Person, Store, ask_each, count_of_brand, nothing
from hostkeep.vault.past_terms import Past, past_terms, past_terms_together

REFERENCE, PARTY = CategoryId("payment_ref"), CategoryId("invoice_party")

ASKED_DAYS = 90
"""A gateway is asked after most attempts for 14 days; the rest is for who has to explain what came of it."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A table of which some columns end.  All of it SQL of ours.

    key    its primary key
    came   since when the term runs
    brand  whose it is; held: whether a hold of one of the people %(held)s keeps it
    ended  what its columns are set to; left: whether they are not yet
    join   what the conditions need beside the table "t"
    """

    table: str
    came: str
    brand: str
    held: str
    ended: str
    left: str
    key: str = "id"
    join: str = ""

    def due(self) -> str:
        """Return the condition under which a row is over."""
        return (
            f"{self.came} < %(cut)s AND {self.brand} = %(brand)s AND {self.left}"
            f" AND (%(held)s::uuid[] = '{{}}' OR NOT {self.held})"
        )

    def count(self) -> str:
        """Return the statement that counts what is over."""
        return f"SELECT count(*) FROM {self.table} t {self.join} WHERE {self.due()}"  # noqa: S608  SQL of ours

    def is_any(self) -> str:
        """Return the statement that says whether anything is over."""
        return f"SELECT EXISTS ({self.count().replace('count(*)', '1', 1)})"

    def empty(self) -> str:
        """Return the statement that ends what is over."""
        return (
            f"UPDATE {self.table} SET {self.ended} WHERE {self.key} = ANY(ARRAY("  # noqa: S608  SQL of ours
            f"SELECT t.{self.key} FROM {self.table} t {self.join} WHERE {self.due()}"
            " LIMIT %(most)s FOR UPDATE OF t SKIP LOCKED))"
        )


HELD = "EXISTS (SELECT 1 FROM billing_invoice h WHERE h.account = {whose} AND h.subject = ANY(%(held)s))"
"""Money bears the account that it is of; whose account it is, its documents say."""

PLACES: Mapping[CategoryId, tuple[_Place, ...]] = {
    REFERENCE: (
        _Place(
            "billing_payment", "t.received_at", "t.brand", HELD.format(whose="t.account"),
            "proof = 'gone:' || id, reference = '', back_proof = ''", "t.proof <> 'gone:' || t.id",
        ),
        _Place(
            "billing_refund", "t.created_at", "t.brand", HELD.format(whose="t.account"),
            "proof = ''", "t.proof <> ''",
        ),
        _Place(
            "billing_dispute", "t.opened_at", "t.brand", HELD.format(whose="p.account"),
            "proof = 'gone:' || id", "t.proof <> 'gone:' || t.id",
            join="JOIN billing_payment p ON p.id = t.payment_id",
        ),
        _Place(
            "billing_doubt", "t.seen_at", "t.brand", HELD.format(whose="p.account"),
            "proof = 'gone:' || id, reference = ''", "t.proof <> 'gone:' || t.id",
            join="JOIN billing_payment p ON p.id = t.payment_id",
        ),
        _Place(
            "billing_bankid", "p.received_at", "p.brand", HELD.format(whose="p.account"),
            "proof = 'gone:' || id", "t.proof <> 'gone:' || t.id",
            join=(
                "LEFT JOIN billing_doubt d ON d.id = t.doubt_id"
                " JOIN billing_payment p ON p.id = coalesce(t.payment_id, d.payment_id)"
            ),
        ),
    ),
    PARTY: (
        _Place(
            "billing_taxdecision", "i.issued_at", "i.brand", "i.subject = ANY(%(held)s)",
            "country = '', region = ''", "(t.country, t.region) <> ('', '')", key="invoice_id",
            join="JOIN billing_invoice i ON i.id = t.invoice_id",
        ),
    ),
}  # fmt: skip

MAY_HAVE_MOVED = "(state = 'unknown' OR (state = 'waiting' AND method_id IS NOT NULL))"
"""Of whom nobody knows whether their money moved: they are asked about until it is known, however old."""

ASKED_OUT = f"""
created_at <= %(at)s - make_interval(days => {ASKED_DAYS}) AND (handle <> '' OR visit <> '')
AND NOT {MAY_HAVE_MOVED}
"""
COUNT_ASKED = f"SELECT count(*) FROM billing_paymentattempt WHERE {ASKED_OUT}"  # noqa: S608  see above
EMPTY_ASKED = f"""
UPDATE billing_paymentattempt SET handle = '', visit = '' WHERE id = ANY(ARRAY(
  SELECT id FROM billing_paymentattempt WHERE {ASKED_OUT} LIMIT %(most)s FOR UPDATE SKIP LOCKED))
"""  # noqa: S608  made of constants


def _over(
    category: CategoryId, at: datetime, terms: Iterable[Past]
) -> Iterator[tuple[_Place, dict[str, Any]]]:
    """Yield the places of a category with what their statements ask for, term by term."""
    for past in terms:
        if past.cut is not None:
            yield from ((place, past.of_years(at)) for place in PLACES[category])


def _count(category: CategoryId, at: datetime, brand: BrandId | None = None) -> int:
    """Count the rows whose columns are over, of all brands or of one."""
    over = _over(category, at, past_terms_together(category, at, brand))
    return sum(ask_each((place.count(), asked) for place, asked in over))


def _is_any(category: CategoryId, at: datetime) -> bool:
    """Say whether any column is over: mostly none is, and then it is asked once for all places and brands."""
    over = _over(category, at, past_terms_together(category, at))
    return any(ask_each((place.is_any(), asked) for place, asked in over))


def _empty(category: CategoryId, act: Act, most: int) -> int:
    """End the columns that are over; return of how many rows."""
    if not _is_any(category, act.at):
        return 0
    done = 0
    with connection.cursor() as cursor:
        for place, asked in _over(category, act.at, past_terms(category, act.at)):
            cursor.execute(place.empty(), {**asked, "most": most - done})
            done += int(cursor.rowcount)
    return done


def _asked_due(at: datetime) -> int:
    """Count the attempts that nobody asks after any more and that still say what their gateway calls them."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_ASKED, {"at": at})
        return int(cursor.fetchone()[0])


def _empty_asked(act: Act, most: int) -> int:
    """Take the gateway's name off them."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY_ASKED, {"at": act.at, "most": most})
        return int(cursor.rowcount)


def _kept(person: Person) -> int:
    """Say 0: by itself an id or a country names nobody, and the books lawfully keep it for its years."""
    del person
    return 0


CLEAR: tuple[Store, ...] = (
    Store(
        name="billing.references",
        keep_class="fiscal",
        what=(
            "Ids of movements at banks and gateways, and the references that payers wrote; they are taken off"
            " when the years of payments are over, while amounts and dates stay."
        ),
        places=("billing_payment", "billing_refund", "billing_dispute", "billing_doubt", "billing_bankid"),
        list_due=lambda at: _count(REFERENCE, at),
        erase=lambda act, most: _empty(REFERENCE, act, most),
        forget=nothing,
        prove_absent=_kept,
        list_due_of=lambda at, brand: _count(REFERENCE, at, brand),
    ),
    Store(
        name="billing.places",
        keep_class="fiscal",
        what=(
            "The country and region whose tax a document bears, for tax returns; they are taken off when the"
            " document's years are over."
        ),
        places=("billing_taxdecision",),
        list_due=lambda at: _count(PARTY, at),
        erase=lambda act, most: _empty(PARTY, act, most),
        forget=nothing,
        prove_absent=_kept,
        list_due_of=lambda at, brand: _count(PARTY, at, brand),
    ),
    Store(
        name="billing.attempts",
        keep_class="fiscal",
        what=(
            "What a gateway calls an attempt to pay, and the address of its page for it; both are taken off"
            " after 90 days, when nobody asks after it any more; where nobody knows by then whether its money"
            " moved, when that is known."
        ),
        places=("billing_paymentattempt",),
        list_due=_asked_due,
        erase=_empty_asked,
        forget=nothing,
        prove_absent=_kept,
        list_due_of=lambda at, brand: count_of_brand("billing_paymentattempt", ASKED_OUT, at, brand),
    ),
)
