"""The book: every entry balances, none is ever changed.

The functions of the schema `ledger` are the only way in; each call here is one round trip to one of them.
Why it is made so: docs/ledger.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.db import connection

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import Currency, Money
from hostkeep.ledger.errors import EntryDiffers, NotCovered
from hostkeep.ledger.models import Posting
from hostkeep.ledger.rules import Leg, check, check_codes
from hostkeep.runtime.deeds import NewKey, Statement, leave


@dataclass(frozen=True, slots=True)
class Posted:
    """An entry that stands.  again: whether it stood before this call."""

    id: UUID
    again: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that is to be booked with others.

    key       idempotency key, at most 120 ASCII characters
    about     the thing that caused it
    postings  two or more, none zero, each currency summing to zero
    """

    key: str
    about: Ref
    postings: Sequence[Leg]


def post(act: Act, *, key: str, about: Ref, postings: Sequence[Leg]) -> Posted:
    """Book the legs as one entry of act.brand, in the caller's transaction, or where none runs in its own.

    key       idempotency key, at most 120 ASCII characters; the same legs again change nothing
    about     the thing that caused it
    postings  two or more, none zero, each currency summing to zero

    Writes an Entry and its Postings, or nothing.  The database checks the sum once more.
    Raises Unbalanced, EntryDiffers (the key stands for other legs).
    """
    return _post(act, Draft(key, about, postings), {})


def post_last(act: Act, *, key: NewKey, about: Ref, postings: Sequence[Leg]) -> None:
    """Book as `post` does, under a key that nobody used, as the running deed ends; outside a deed at once.

    For a deed that asks the book no more.  A key that stands after all fails the deed.  Raises Unbalanced.
    """
    check(postings)
    leave(_posted_last, _asked(act, Draft(key, about, postings), ()))


def post_covered(
    act: Act, *, key: str, about: Ref, postings: Sequence[Leg], floors: Mapping[str, Money]
) -> Posted:
    """Book as `post` does, but only if afterwards each account of `floors` still holds enough.

    floors  account code -> the least that must be left on it: credits less debits, what we hold for somebody,
            in the floor's currency.  {chart.credit(account): Money(0, EUR)} spends credit and no more

    Correct under any race between callers: the accounts of `floors` are locked to the end of the caller's
    transaction.  Whoever takes from such an account calls this; `post` asks nobody.
    A key that stands is answered as booked again, whatever is left today.
    Raises NotCovered, and what `post` raises.
    """
    return _post(act, Draft(key, about, postings), floors)


def post_many(act: Act, entries: Sequence[Draft]) -> tuple[Posted, ...]:
    """Book many entries of act.brand as `post` does each, in one round trip; answers in their order.

    For bulk runs, some hundred entries a call.  Raises Unbalanced, EntryDiffers; then the caller gives its
    transaction up, for other entries of the call may stand in it.
    """
    for entry in entries:
        check(entry.postings)
    if not entries:
        return ()
    ids = [uuid4() for _ in entries]
    owners = [new for new, entry in zip(ids, entries, strict=True) for _ in entry.postings]
    with connection.cursor() as cursor:
        cursor.execute(
            POST_MANY,
            [
                ids, [e.key for e in entries], act.brand, act.at, [e.about.kind for e in entries],
                [e.about.id for e in entries], [len(e.postings) for e in entries], owners,
                *_columns(leg for entry in entries for leg in entry.postings),
            ],
        )  # fmt: skip
        stand = [UUID(str(row[0])) for row in cursor.fetchall()]
    posted = tuple(Posted(is_, again=is_ != new) for is_, new in zip(stand, ids, strict=True))
    _check_again([(is_.id, e.postings) for is_, e in zip(posted, entries, strict=True) if is_.again])
    return posted


def balance(account: str, currency: Currency) -> Money:
    """Return what an account code stands at: debits less credits.  One query, however long its history is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger.balance(%s, %s)", [account, currency.code])
        return Money(int(cursor.fetchone()[0]), currency)


LEGS = """
%s, %s, %s, %s, %s, %s, string_to_array(%s, E'\\n'), %s::bigint[], string_to_array(%s, E'\\n'),
string_to_array(%s, E'\\n'), %s::bigint[], string_to_array(%s, E'\\n')
"""
POST = f"SELECT * FROM ledger.post({LEGS})"  # noqa: S608  made of our own text alone
POST_LAST = f"SELECT 1 / (outcome = 'new')::int FROM ledger.post({LEGS})"  # noqa: S608  our own text alone
"""Nobody reads its answer: a key that stands divides by nothing."""
POST_ALONE = f"CALL ledger.post_alone({LEGS}, NULL, NULL, NULL)"

POST_MANY = """
SELECT * FROM ledger.post_many(%s::uuid[], %s::text[], %s, %s, %s::text[], %s::uuid[], %s::integer[],
  %s::uuid[], %s::text[], %s::bigint[], %s::text[])
"""


def _post(act: Act, entry: Draft, floors: Mapping[str, Money]) -> Posted:
    """Book one entry if the floors hold."""
    check(entry.postings)
    check_codes(floors)
    # In one order for everybody, so that two callers never hold what the other waits for.
    least = [Leg(code, floors[code]) for code in sorted(floors)]
    asked = _asked(act, entry, least)
    # Values travel beside the statement, not in it: half the work of a post on our side was quoting them.
    with (
        connection.cursor() as line,
        connection.wrap_database_errors,
        psycopg.Cursor(line.connection) as cursor,
    ):
        cursor.execute(POST if connection.in_atomic_block else POST_ALONE, asked)
        ((stands, outcome, short),) = cursor.fetchall()
    if outcome == "short":
        raise NotCovered(account=short)
    if outcome == "differs":
        raise EntryDiffers(entry=str(stands))
    return Posted(UUID(str(stands)), again=outcome == "again")


def _asked(act: Act, entry: Draft, least: Sequence[Leg]) -> list[Any]:
    """Return the parameters of LEGS."""
    about = entry.about
    return [
        uuid4(), str(entry.key), act.brand, act.at, about.kind, about.id, *_texts(entry.postings),
        *_texts(least),
    ]  # fmt: skip


def _posted_last(entries: Sequence[list[Any]]) -> Statement:
    """Say how entries are booked whose keys are new."""
    return "; ".join([POST_LAST] * len(entries)), [value for each in entries for value in each]


def _columns(legs: Iterable[Leg]) -> tuple[list[str], list[int], list[str]]:
    """Return legs as the arrays in which the database takes them: codes, minor units, currencies."""
    rows = tuple(legs)
    return (
        [leg.account for leg in rows],
        [leg.amount.minor for leg in rows],
        [leg.amount.currency.code for leg in rows],
    )


def _texts(legs: Iterable[Leg]) -> tuple[str, str, str]:
    """Return the columns of legs as texts: a code is printable, so a line's end parts them."""
    codes, minors, moneys = _columns(legs)
    return "\n".join(codes), f"{{{','.join(map(str, minors))}}}", "\n".join(moneys)


def _check_again(used: Sequence[tuple[UUID, Sequence[Leg]]]) -> None:
    """Accept keys that were used before, if each was used for the same legs.  One query for all."""
    stands: dict[UUID, Counter[tuple[str, int, str]]] = {entry: Counter() for entry, _ in used}
    found = Posting.objects.filter(entry__in=stands) if used else ()
    for row in found:
        stands[row.entry_id][row.account, row.minor, row.currency] += 1
    for entry, legs in used:
        if stands[entry] != Counter(zip(*_columns(legs), strict=True)):
            raise EntryDiffers(entry=str(entry))
