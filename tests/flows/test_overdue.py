"""What the calendar looks at of an invoice, and with how many questions."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hostkeep.flows.overdue import look
from hostkeep.people.models import Account
from tests.conftest import NOON
from tests.flows.debtors import Debtor, machines


@pytest.fixture
def debtor(db):
    with machines():
        yield Debtor()


def test_whose_it_is_is_asked_once_an_invoice(debtor: Debtor) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert not look(debtor.first, NOON).facts.lapsed
    assert len([each for each in asked if 'FROM "people_account"' in each["sql"]]) == 1


def test_nobody_has_to_pay_what_a_canary_was_billed(debtor: Debtor) -> None:
    Account.objects.filter(id=debtor.account).update(canary=True)
    assert look(debtor.first, NOON).facts.lapsed


def test_findings_about_an_account_are_found_without_reading_all(db) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM billing_finding WHERE about = '00000000-0000-0000-0000-000000000001'")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "finding_about" in plan
