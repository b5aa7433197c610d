"""A marker planted as personal data is found in no other table and in no log line."""

from __future__ import annotations

import base64

import pytest
import structlog
from django.db import connection

from hostkeep.kernel.ids import CategoryId, SubjectId
from hostkeep.people.actions.joining import open_account
from hostkeep.people.models import User
from hostkeep.vault import door
from tests.conftest import make_act

CANARY = "Canary-Kestrel 4711"


def _forms(value: str) -> list[str]:
    raw = value.encode()
    return [value, value.upper(), value.lower(), base64.b64encode(raw).decode(), raw.hex()]


def _dump() -> str:
    """Every row of every table that the application may read, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND n.nspname IN ('public', 'audit', 'ledger')"
        )
        tables = cursor.fetchall()
        rows = []
        for schema, table in tables:
            cursor.execute(f'SELECT t::text FROM "{schema}"."{table}" t')
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(rows)


def test_a_canary_stays_in_its_cage(db: None, capfd: pytest.CaptureFixture[str]) -> None:
    user = User.objects.create(brand="vps6")
    act = make_act("visitor", "account", brand="vps6")
    joined = open_account(act, user=user.id, values={CategoryId("name"): CANARY}, language="en")
    as_owner = make_act("customer", "account", brand="vps6", own=joined.subject)

    sealed = door.reveal(as_owner, subject=joined.subject, category=CategoryId("name"))
    structlog.get_logger().warning("canary.read", name=sealed, unknown=CANARY)

    assert sealed is not None
    assert sealed.open() == CANARY
    told, dumped = capfd.readouterr(), _dump()
    assert "sealed name" in told.err
    for form in _forms(CANARY):
        assert form not in told.err + told.out
        assert form not in dumped


def test_another_customer_is_refused_and_the_refusal_stays(db: None) -> None:
    from hostkeep.audit.models import Entry
    from hostkeep.vault.nyms import nym_of

    user = User.objects.create(brand="vps6")
    joined = open_account(
        make_act("visitor", "account"), user=user.id, values={CategoryId("name"): CANARY}, language="en"
    )
    stranger = make_act("customer", "account", own=SubjectId(user.id))

    with pytest.raises(door.Refused):
        door.reveal(stranger, subject=joined.subject, category=CategoryId("name"))

    assert Entry.objects.using("audit").filter(verb="vault.value.refused", thing=nym_of(joined.subject)).count() == 1
