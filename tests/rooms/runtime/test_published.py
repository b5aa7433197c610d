"""An event goes to all of its handlers with the deed, in as many statements whether one listens or many."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hostkeep.billing.events import InvoicePaid
from hostkeep.kernel.ids import AccountId, InvoiceId, MailId
from hostkeep.messaging.events import MailQueued
from hostkeep.runtime import outbox
from hostkeep.runtime.models import Delivery
from tests.conftest import make_act

pytestmark = pytest.mark.django_db


def jobs_of(deliveries: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args->>'delivery' FROM procrastinate_jobs WHERE args->>'delivery' = ANY(%s) AND scheduled_at IS NULL",
            [deliveries],
        )
        return sorted(row[0] for row in cursor.fetchall())


def published(event: object) -> tuple[int, list[str]]:
    """Publish; the statements it took, and the deliveries it made."""
    before = set(Delivery.objects.values_list("id", flat=True))
    with CaptureQueriesContext(connection) as asked:
        outbox.publish(make_act(brand="vps6"), event)
    return len(asked), sorted(str(i) for i in set(Delivery.objects.values_list("id", flat=True)) - before)


def test_many_handlers_cost_no_more_statements_than_one() -> None:
    one, to_one = published(MailQueued(mail=MailId(uuid4())))
    many, to_many = published(InvoicePaid(invoice=InvoiceId(uuid4()), account=AccountId(uuid4())))

    assert (len(to_one), len(to_many) > 3) == (1, True)
    assert one == many
    assert jobs_of(to_one) == to_one
    assert jobs_of(to_many) == to_many
