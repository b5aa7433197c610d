"""One person's values in every place where an epoch's or a person's key seals them, and what of it opens.

Run by itself: `python -m tests.real.vault_filling fill`, `... count`, `... erase HANDLE`, `... cut_off HANDLE`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import django
from django.db import connection

EMAIL, NAME = "ann.canary@example.test", "Ann Canary"
NUMBER = "NL123456789B01"
BRAND = "vps6"


def act():
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.kernel.ids import BrandId

    return act_of_operator(brand=BrandId(BRAND), purpose="account").in_role("system")


def fill() -> dict[str, str]:
    from allauth.mfa.models import Authenticator

    from hostkeep.people.models import Account, ApiCall, ApiKey, LoginAddress, Membership, PassingAddress, Session, User
    from hostkeep.runtime import brand as running_brand
    from hostkeep.billing.models import NumberCheck
    from hostkeep.billing.queries import number_checks
    from hostkeep.vault import boxes, keeping, nyms, old_values, putting, sealing, wall

    now = act().at
    with running_brand.during(BRAND):
        login = User.objects.create(brand=BRAND, created_at=now)
        LoginAddress.objects.create(user=login, email=EMAIL, verified=True, primary=True)
        account = Account.objects.create(brand=BRAND, number="K-1", subject=login.subject, opened_at=now)
        Membership.objects.create(user=login, account=account)
    Authenticator.objects.create(user=login, type="totp", data={"secret": sealing.seal_for("totp", "JBSWY3DP")})
    Session.objects.create(key="a" * 64, brand=BRAND, box=sealing.seal_for("session", json.dumps({"a": 1})), started_at=now, used_at=now, expires_at=now + timedelta(days=3))
    PassingAddress.objects.create(user=login, use="new", address=sealing.seal_for("passing", EMAIL), made_at=now, expires_at=now + timedelta(days=1))
    key = ApiKey.objects.create(brand=BRAND, user=login, account=account, role="customer", number=1, prefix="p", secret="s", scopes=[], made_at=now)
    ApiCall.objects.create(key=key, once="o" * 64, content=sealing.dated_hash("api-call", "x"), turn=login.id, leased_to=now, answer={"name": NAME}, expires_at=now + timedelta(days=1))
    putting.put(act(), subject=login.subject, category="name", value=NAME)
    putting.put(act(), subject=login.subject, category="email", value=EMAIL)
    nyms.nym_of(login.subject)
    with wall.opened():
        keeping.keep(act(), boxes.Row(
            subject=login.subject, category="email", slot=f"{old_values.ARCHIVED}{login.id}", keep_class=old_values.ARCHIVE,
            value="ann.before@example.test", digest="d" * 64, channel="web", since=now, expires_at=None, why="changed",
        ))  # fmt: skip
    NumberCheck.objects.create(account=account.id, brand=BRAND, mark=number_checks.mark_of(BRAND, NUMBER), state="valid", proof="", checked_at=now)
    return {"subject": str(login.subject)}


def count() -> dict[str, int]:
    """How many things of each place open, be found or recognised with the keyring that is there now."""
    from hostkeep.runtime import migrating

    with migrating.as_owner(), connection.cursor() as cursor:
        cursor.execute("SET ROLE hk_owner")
        return {name: _opened(cursor, *one) for name, one in _places().items()}


def _places() -> dict[str, tuple[str, Callable[..., object]]]:
    """Name, what to read, and a function that raises or returns nothing where the row is shut."""
    from hostkeep.billing.queries import number_checks
    from hostkeep.vault import cipher, column_epochs, keys, marks, nyms, sealing
    from tests.real import column_filling

    def item(subject: UUID, category: str, slot: str, keep_class: str, box: bytes, row: UUID, key: UUID, epoch: int, wrapped: bytes | None) -> object:
        about = f"{key}|{subject}|{keep_class}|{epoch}".encode()
        return keys.unwrap(bytes(wrapped or b""), epoch=epoch, about=about)

    def secret(data: str) -> object:
        return sealing.unseal_for("totp", json.loads(data)["secret"])

    def marked(mark: bytes, category: str) -> object:
        value = EMAIL if category == "email" else NAME
        text = marks.normal(category, value)
        return bytes(mark) in [marks._mark(n, BRAND, category, text) for n in keys.epochs()]

    def named(mark: bytes, subject: UUID) -> object:
        return bytes(mark) in [nyms._mark(keys.key_of(n, "nym"), subject) for n in keys.epochs()]

    def number_marked(mark: str) -> object:
        return mark in sealing.dated_hashes(number_checks.USE, f"{BRAND}|{NUMBER}")

    def call_known(content: str) -> object:
        return content in sealing.dated_hashes("api-call", "x")

    found: dict[str, tuple[str, Callable[..., object]]] = {
        **column_filling.places(),
        "number marks": ("SELECT mark FROM billing_numbercheck", number_marked),
        "api calls": ("SELECT content FROM people_apicall", call_known),
        "items": (
            "SELECT i.subject, i.category, i.slot, i.keep_class, i.box, i.id, k.id, k.epoch, k.wrapped FROM vault.vault_item i"
            " JOIN vault.vault_subjectkey k ON k.subject = i.subject AND k.keep_class = i.keep_class", item),
        "logins": ("SELECT email FROM account_emailaddress", sealing.unseal_login),
        "factors": ("SELECT data::text FROM mfa_authenticator", secret),
        "sessions": ("SELECT box FROM people_session", lambda box: sealing.unseal_for("session", box)),
        "passing": ("SELECT address FROM people_passingaddress", lambda text: sealing.unseal_for("passing", text)),
        "marks": ("SELECT mark, category FROM vault.vault_mark WHERE category = 'email'", marked),
        "nyms": ("SELECT n.mark, u.subject FROM vault.vault_nym n CROSS JOIN people_user u", named),
    }
    for table, _, column in column_epochs.sealed_columns():
        where = f"{table}.{column}"
        found[f"{where}, before the door" if where in found else where] = (
            f"SELECT {column} FROM {table} WHERE {column} LIKE 'c1.%%'",
            lambda text, where=where: cipher.unseal_column(text, place=where),
        )
    return found


def _opened(cursor, statement: str, opens: Callable[..., object]) -> int:
    """Count rows that open."""
    cursor.execute(statement)
    count = 0
    for row in cursor.fetchall():
        try:
            count += bool(opens(*row))
        except Exception:
            continue
    return count


def erase(subject: str) -> dict[str, bool]:
    from hostkeep.kernel.ids import SubjectId
    from hostkeep.vault import erasing
    from hostkeep.vault.models import SubjectKey
    from hostkeep.vault.wall import opened

    with opened():
        classes = frozenset(SubjectKey.objects.filter(subject=subject).values_list("keep_class", flat=True))
    done = erasing.erase(act(), subject=SubjectId(UUID(subject)), classes=classes, why="request")
    return {"erased": bool(done.erasure)}


def plan(subject: str) -> object:
    """What to plant in the sealed columns of all tables, and which there are."""
    from tests.real import column_filling

    found = column_filling.rows_for(act(), subject)
    return {"rows": found, "declared": column_filling.declared()}


def export(subject: str) -> dict[str, str]:
    """Make an export as its owner does; the key is theirs and stays nowhere."""
    from hostkeep.kernel.ids import SubjectId
    from hostkeep.vault import exports

    mine = act().in_role("customer")
    who = SubjectId(UUID(subject))
    made = exports.keep_export(replace(mine, own=who), subject=who, data=NAME.encode() * 9)
    return {"key": made.key}


def cut_off(subject: str) -> dict[str, bool]:
    """Begin an erasure and die by SIGKILL where its line in the ledger should be written."""
    import os
    import signal

    from hostkeep.vault import erasure_ledger

    erasure_ledger.add = lambda **_: os.kill(os.getpid(), signal.SIGKILL)
    return erase(subject)


def cut_off_again() -> dict[str, bool]:
    """Carry on as a start does, and die by SIGKILL when the line is written and no key is destroyed yet."""
    import os
    import signal

    from hostkeep.faces.cli import setting_up
    from hostkeep.vault import destroying

    destroying.carry_out = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
    setting_up.complete_erasures()
    return {"erased": True}


def certificate(subject: str) -> dict[str, str]:
    from hostkeep.kernel.ids import SubjectId
    from hostkeep.vault import certificates

    (paper,) = certificates.certificates_of(act(), subject=SubjectId(UUID(subject)))
    return {name: str(getattr(paper, name)) for name in ("live_at", "wal_at", "backups_at")}


if __name__ == "__main__":
    django.setup()
    what, *about = sys.argv[1:]
    print(json.dumps({"fill": fill, "plan": plan, "export": export, "count": count, "erase": erase, "cut_off": cut_off, "cut_off_again": cut_off_again, "certificate": certificate}[what](*about)))
