"""Sealing anew what stands under an old epoch's key: login addresses, second factors, sessions, calls.

Each function takes (old epoch, new epoch, most rows) and returns how many rows it did, 0 when none is left
under the old epoch; the roll of the keys calls them until then.  Rows that somebody else has locked are left
for the next call, so each of them may run while the house is open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from django.db import IntegrityError, connection, transaction

from hostkeep.people.models import ApiCall, SecondFactor
from hostkeep.vault import sealing

SECRETS = ("secret", "seed")
"""Where the library's rows hold one sealed text; "migrated_codes" holds a list of them."""

CODES = "migrated_codes"

# Texts sealed before seals named their epoch have no dot: they belong to the first one.
OLD = "({column} LIKE %(begins)s || '.%%' OR (%(begins)s = '1' AND {column} NOT LIKE '%%.%%'))"

TEXTS = """
SELECT {key}, {column} FROM {table} WHERE {old} ORDER BY {key} LIMIT %(most)s FOR UPDATE SKIP LOCKED
"""
SET_TEXTS = """
UPDATE {table} t SET {column} = n.text FROM unnest(%s::{kind}[], %s::text[]) AS n (key, text)
WHERE t.{key} = n.key
"""


def reseal_logins(old: int, new: int, most: int) -> int:
    """Seal login addresses anew.

    Of two rows of one address, confirmed on the two sides of a roll, one stays confirmed.
    """
    del new
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, email FROM account_emailaddress WHERE email LIKE %s ORDER BY id LIMIT %s"
            " FOR UPDATE SKIP LOCKED",
            [f"s{old}.%", most],
        )
        rows: list[tuple[int, str]] = cursor.fetchall()
        for row, sealed in rows:
            _move_login(row, _opened_or_gone(sealed))
    return len(rows)


def _opened_or_gone(sealed: str) -> str:
    """Return an address sealed anew; one that does not open can never be signed in with: it keeps a mark."""
    try:
        return sealing.reseal_login(sealed)
    except sealing.BrokenSeal:
        return f"broken.{sealed}"[:254]


MOVES = (
    "UPDATE account_emailaddress SET email = %(sealed)s WHERE id = %(row)s",
    "UPDATE account_emailaddress SET email = %(sealed)s, verified = false WHERE id = %(row)s",
    "DELETE FROM account_emailaddress WHERE id = %(row)s",
)
"""What is tried with an address, one after the other: another row may have confirmed the same meanwhile."""


def _move_login(row: int, sealed: str) -> None:
    """Store one address, or give way to the row that stands in its way."""
    with connection.cursor() as cursor:
        for statement in MOVES:
            with suppress(IntegrityError), transaction.atomic():
                cursor.execute(statement, {"sealed": sealed, "row": row})
                return


def reseal_sessions(old: int, new: int, most: int) -> int:
    """Seal the content of sessions anew; one that does not open is ended."""
    del new
    return _reseal_texts("session", ("people_session", "key", "varchar", "box"), old, most)


def reseal_passing(old: int, new: int, most: int) -> int:
    """Seal addresses that a mail still has to reach anew."""
    del new
    return _reseal_texts("passing", ("people_passingaddress", "id", "uuid", "address"), old, most)


def _reseal_texts(use: str, where: tuple[str, str, str, str], old: int, most: int) -> int:
    """Seal the texts of a column anew; broken rows are deleted.

    where  table, key, the key's type, column
    """
    table, key, kind, column = where
    names = {"table": table, "key": key, "kind": kind, "column": column, "old": OLD.format(column=column)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TEXTS.format(**names), {"begins": str(old), "most": most})
        rows = cursor.fetchall()
        fresh = {row: _again(use, text) for row, text in rows}
        good = {row: text for row, text in fresh.items() if text is not None}
        cursor.execute(SET_TEXTS.format(**names), [list(good), list(good.values())])
        broken = [row for row in fresh if row not in good]
        if broken:
            cursor.execute(f"DELETE FROM {table} WHERE {key} = ANY(%s)", [broken])  # noqa: S608  names of ours
    return len(rows)


def _again(use: str, text: str) -> str | None:
    """Return a text sealed anew, or None where it does not open."""
    try:
        return sealing.seal_for(use, sealing.unseal_for(use, text))
    except sealing.BrokenSeal:
        return None


def reseal_factors(old: int, new: int, most: int) -> int:
    """Seal the secrets of second factors anew."""
    del new
    done = 0
    with transaction.atomic():
        found = SecondFactor.objects.select_for_update(skip_locked=True).exclude(type="webauthn")
        for row in found.order_by("id").iterator(chunk_size=500):
            fresh = _factor_again(row.data, old)
            if fresh != row.data:
                SecondFactor.objects.filter(pk=row.pk).update(data=fresh)
                done += 1
            if done >= most:
                break
    return done


def _factor_again(data: Mapping[str, Any], old: int) -> dict[str, Any]:
    """Return a second factor's data with what was sealed under an old epoch sealed anew."""
    fresh = dict(data)
    for name in SECRETS:
        if isinstance(fresh.get(name), str):
            fresh[name] = _secret_again(fresh[name], old)
    if isinstance(fresh.get(CODES), list):
        fresh[CODES] = [_secret_again(code, old) for code in fresh[CODES]]
    return fresh


def _secret_again(text: str, old: int) -> str:
    """Seal one secret anew where it stands under an old epoch; one that does not open stays as it is."""
    if not text or sealing.epoch_of(text) != old:
        return text
    return _again("totp", text) or text


def forget_hashes(old: int, new: int, most: int) -> int:
    """Take the hash of what a call said from calls under an old epoch: nothing else tells what it was.

    Asked again under its key, such a call gets the answer that was kept, whatever it says now.
    """
    del new
    with transaction.atomic():
        dated = ApiCall.objects.filter(content__startswith=sealing.date_of(old)).order_by("id")
        ids = list(dated.select_for_update(skip_locked=True).values_list("id", flat=True)[:most])
        return ApiCall.objects.filter(id__in=ids).update(content="")


PLACES: Mapping[str, Callable[[int, int, int], int]] = MappingProxyType({
    "people.logins": reseal_logins,
    "people.second_factors": reseal_factors,
    "people.sessions": reseal_sessions,
    "people.passing_addresses": reseal_passing,
    "people.api_calls": forget_hashes,
})
"""What people tells the roll of the keys."""
