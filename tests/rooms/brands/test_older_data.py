"""A house from before versions obeyed their notice: its versions keep what they promised."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections

from hostkeep.runtime import roles
from tests import database
from tests.rooms.brands.announcements import shipped

DAY = timedelta(days=1)
FLOW = "- {id: X, clauses: [{kind: change_notice, mode: mail, period: P14D, by: [email]}]}"
BEFORE = "# We had mode: page and period: P1D once.\n- id: A\n  kind: retain\n  plus: P90D\n"

TEXTS = [
    (shipped("vpsfast"), "page", 0 * DAY),
    (shipped("vps6"), "ahead", 30 * DAY),
    (shipped("photonvps"), "page", 0 * DAY),
    (shipped("vpn"), "mail", 14 * DAY),
    (shipped("vietnam-server"), "attempt", 0 * DAY),
    (FLOW, "mail", 14 * DAY),
    (BEFORE + '- id: B\n  kind: change_notice\n  mode: "ahead"\n  period: "P30D"\n', "ahead", 30 * DAY),
    (BEFORE + "- id: B\n  kind: change_notice\n  mode: ahead\n  period: P2W\n", "ahead", 14 * DAY),
    (BEFORE + "- id: B\n  kind: change_notice\n  period: P1Y2D\n  mode: ahead\n", "ahead", 367 * DAY),
    ('{"clauses": [{"kind": "change_notice", "mode": "mail", "period": "P14D"}]}', "mail", 14 * DAY),
    ("no policy at all", "page", 0 * DAY),
]


@pytest.fixture
def older(pg, django_db_blocker) -> Iterator[str]:
    """A database of the release before, with a version of each text."""
    before = dict(connections["default"].settings_dict)
    name = f"hk_{uuid.uuid4().hex[:12]}"
    with django_db_blocker.unblock(), psycopg.connect(pg.url("postgres", "postgres"), autocommit=True) as line:
        for statement in roles.database_sql(name):
            line.execute(statement)
        database.point(name, user="hk_owner", folder=pg.folder)
        with connection.cursor() as cursor:
            cursor.execute(roles.OWNER_SQL)
        call_command("migrate", "brands", "0002", verbosity=0)
        with connection.cursor() as cursor:
            for number, (text, _, _) in enumerate(TEXTS):
                cursor.execute("INSERT INTO brands_brand VALUES (%s, 'x', 'UTC', '{}')", [f"b{number}"])
                for version in (1, 2):
                    cursor.execute(
                        "INSERT INTO brands_policyversion (brand_id, version, digest, source, announced_at, effective_at)"
                        " VALUES (%s, %s, repeat('0', 64), %s, '2026-01-01', '2026-02-01')",
                        [f"b{number}", version, text],
                    )
        yield name
        database.point(before["NAME"], user="hk_app", folder=Path(before["HOST"]))
        line.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_older_versions_are_held_to_the_notice_that_their_text_promises(older: str) -> None:
    call_command("migrate", "brands", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT brand, version, weight, mode, period, handle FROM brands_policyversion ORDER BY substr(brand, 2)::int, version"
        )
        rows = cursor.fetchall()
    assert len({row[5] for row in rows}) == len(rows) == 2 * len(TEXTS)
    assert [(row[3], row[4]) for row in rows[::2]] == [(mode, period) for _, mode, period in TEXTS]
    assert {row[2] for row in rows[::2]} == {"first"} and {row[2] for row in rows[1::2]} == {"material"}
    with connection.cursor() as cursor, pytest.raises(Exception, match="written once"):
        cursor.execute("UPDATE brands_policyversion SET period = '0'")
