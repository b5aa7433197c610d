"""What subscriptions keep of how a service was used, as stores for the sweeper.

A reading says when somebody used what.  It ends by the policy's term for `use_time`, counted from when it was
taken.  One that is older than that before its month is billed is added up first: only the sum stays, and is
billed.  What was used of a month in all belongs to its invoice and ends with the years that the policy keeps
documents; a month that cost nothing ends with its readings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.runtime.stores import Person, Store, ask_each, nothing
from hostkeep.subscriptions.adding_up import add_up
from hostkeep.vault.past_terms import Past, past_terms, past_terms_together

USE, PARTY = CategoryId("use_time"), CategoryId("invoice_party")

WHOSE = """
EXISTS (SELECT 1 FROM subscriptions_metered m JOIN subscriptions_subscription s ON s.id = m.subscription_id
  WHERE m.id = {row}.metered_id AND s.{told})
"""
OF_BRAND = WHOSE.replace("s.{told}", "s.brand = %(brand)s AND s.subject <> ALL(%(held)s)")

READINGS = f"r.taken_at < %(cut)s AND r.ends_at < %(cut)s AND {OF_BRAND.format(row='r')}"
BILLED = f"r.use_id IS NOT NULL AND {READINGS}"
ALERTS = f"""
a.reached_at < %(cut)s AND {OF_BRAND.format(row='a')} AND EXISTS (
  SELECT 1 FROM subscriptions_use u WHERE u.metered_id = a.metered_id AND u.starts_at = a.period_starts_at)
"""  # noqa: S608  made of constants
"""While its month is not billed, an alert keeps the next one of the same month from being told again."""

LATER = """
EXISTS (SELECT 1 FROM subscriptions_use n WHERE n.metered_id = u.metered_id AND n.starts_at > u.starts_at)
"""
UNREAD = "NOT EXISTS (SELECT 1 FROM subscriptions_reading r WHERE r.use_id = u.id)"
USES = f"""
u.billed_at < %(cut)s AND (u.invoice IS NULL) = %(free)s AND {UNREAD} AND {OF_BRAND.format(row='u')}
"""
OLDER_USES = f"{USES} AND {LATER}"
NEWEST_USES = f"{USES} AND NOT {LATER} AND (u.quantity, u.full_minor, u.minor) <> (0, 0, 0)"
"""The newest of a meter says from when on nothing is billed yet: its dates stay, what it says of use goes."""

COUNT = "SELECT count(*) FROM {table} {alias} WHERE {condition}"
IS_ANY = "SELECT EXISTS (SELECT 1 FROM {table} {alias} WHERE {condition})"
SOME = """id = ANY(ARRAY(
  SELECT {alias}.id FROM {table} {alias} WHERE {condition} LIMIT %(most)s FOR UPDATE OF {alias} SKIP LOCKED))
"""
DELETE = "DELETE FROM {table} WHERE " + SOME  # noqa: S608  made of constants
EMPTY = "UPDATE {table} SET quantity = 0, full_minor = 0, minor = 0 WHERE " + SOME  # noqa: S608  see above


def _place(table: str, alias: str, condition: str) -> Mapping[str, str]:
    """Return what the statements are made of.  All of it SQL of ours."""
    return {"table": f"subscriptions_{table}", "alias": alias, "condition": condition}


Terms = Callable[[CategoryId, datetime, BrandId | None], Iterable[Past]]
"""past_terms, or past_terms_together for what only counts."""


def _over(
    category: CategoryId, at: datetime, brand: BrandId | None = None, *, terms: Terms = past_terms
) -> Iterator[Past]:
    """Yield what of a category is past its term where a day decides it, of all brands or of one."""
    return (past for past in terms(category, at, brand) if past.cut is not None)


def _uses_over(
    at: datetime, brand: BrandId | None = None, *, terms: Terms = past_terms
) -> Iterator[dict[str, Any]]:
    """Yield what months are asked for: those of documents, and those that cost nothing."""
    yield from ({**past.of_years(at), "free": False} for past in _over(PARTY, at, brand, terms=terms))
    yield from ({**past.asked(), "free": True} for past in _over(USE, at, brand, terms=terms))


def _readings_asked(statement: str, at: datetime, brand: BrandId | None) -> list[int]:
    """Return what a statement says of readings and alerts past their term, of all brands or of one."""
    return ask_each(
        (statement.format(**place), past.asked())
        for past in _over(USE, at, brand, terms=past_terms_together)
        for place in (_place("reading", "r", READINGS), _place("alert", "a", ALERTS))
    )


def _uses_asked(statement: str, at: datetime, brand: BrandId | None) -> list[int]:
    """Return what a statement says of billed months past their term, of all brands or of one."""
    return ask_each(
        (statement.format(**place), asked)
        for asked in _uses_over(at, brand, terms=past_terms_together)
        for place in (_place("use", "u", OLDER_USES), _place("use", "u", NEWEST_USES))
    )


def _run(statement: str, place: Mapping[str, str], values: Mapping[str, Any]) -> int:
    """Run a statement; return the count that it says, or how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**place), values)
        return int(cursor.fetchone()[0]) if statement is COUNT else int(cursor.rowcount)


def _readings_due(at: datetime, brand: BrandId | None = None) -> int:
    """Count readings and alerts past their term, of all brands or of one."""
    return sum(_readings_asked(COUNT, at, brand))


def _erase_readings(act: Act, most: int) -> int:
    """Delete readings and alerts past their term, once what they came to is in a bill or a sum."""
    if not any(_readings_asked(IS_ANY, act.at, None)):  # nearly each time that the sweeper comes
        return 0
    done = 0
    for past in _over(USE, act.at):
        if past.cut is not None:
            done += add_up(past.brand, cut=past.cut, held=past.held, most=most - done)
        for place in (_place("reading", "r", BILLED), _place("alert", "a", ALERTS)):
            done += _run(DELETE, place, {**past.asked(), "most": most - done})
    return done


def _uses_due(at: datetime, brand: BrandId | None = None) -> int:
    """Count billed months past their term, of all brands or of one."""
    return sum(_uses_asked(COUNT, at, brand))


def _erase_uses(act: Act, most: int) -> int:
    """Delete billed months past their term; the newest of a meter is emptied."""
    if not any(_uses_asked(IS_ANY, act.at, None)):
        return 0
    done = 0
    for asked in _uses_over(act.at):
        done += _run(DELETE, _place("use", "u", OLDER_USES), {**asked, "most": most - done})
        done += _run(EMPTY, _place("use", "u", NEWEST_USES), {**asked, "most": most - done})
    return done


def _forget_readings(act: Act, person: Person) -> int:
    """Delete the readings and alerts of erased people; nothing can be billed by them any more."""
    del act
    with transaction.atomic():
        return _of_people(DELETE, person)


def _readings_left(person: Person) -> int:
    """Count the readings and alerts of people."""
    return _of_people(COUNT, person)


def _of_people(statement: str, person: Person) -> int:
    """Run a statement over the readings and alerts of people; return the sum."""
    theirs = WHOSE.format(row="t", told="account = ANY(%(accounts)s)")
    values = {"accounts": list(person.accounts), "most": None}
    return sum(_run(statement, _place(table, "t", theirs), values) for table in ("reading", "alert"))


def _uses_left(person: Person) -> int:
    """Say 0: what was billed is lawfully kept with its document."""
    del person
    return 0


STORES: tuple[Store, ...] = (
    Store(
        name="subscriptions.readings",
        keep_class="traffic",
        what=(
            "When how much of a service was used, and which limit was reached; as long as the policy keeps"
            " use, older ones of a month that is not billed yet are added up."
        ),
        places=("subscriptions_reading", "subscriptions_alert"),
        list_due=_readings_due,
        erase=_erase_readings,
        forget=_forget_readings,
        prove_absent=_readings_left,
        list_due_of=_readings_due,
    ),
    Store(
        name="subscriptions.uses",
        keep_class="fiscal",
        what=(
            "How much of a meter a month came to; as long as the policy keeps its invoice, and with the"
            " readings where the month cost nothing."
        ),
        places=("subscriptions_use",),
        list_due=_uses_due,
        erase=_erase_uses,
        forget=nothing,
        prove_absent=_uses_left,
        list_due_of=_uses_due,
    ),
)
