"""An event goes to all of its handlers with the deed, by one job, in as many statements whether one listens or many."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hostkeep.billing.events import InvoicePaid
from hostkeep.kernel.ids import AccountId, InvoiceId, MailId
from hostkeep.messaging.events import MailQueued
from hostkeep.runtime import jobs, outbox
from hostkeep.runtime.models import Delivery
from tests.conftest import make_act

pytestmark = pytest.mark.django_db


def jobs_of(deliveries: list[str]) -> list[list[str]]:
    """What each job carries that carries some of these."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args->'deliveries' FROM procrastinate_jobs WHERE args->'deliveries' ?| %s AND scheduled_at IS NULL ORDER BY id",
            [deliveries],
        )
        return [sorted(json.loads(row[0])) for row in cursor.fetchall()]


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
    assert jobs_of(to_one) == [to_one]
    assert jobs_of(to_many) == [to_many]


def test_of_many_events_a_job_carries_some_each_with_all_its_deliveries() -> None:
    events = [InvoicePaid(invoice=InvoiceId(uuid4()), account=AccountId(uuid4())) for _ in range(outbox.A_JOB * 2 + 1)]
    outbox.publish_many(make_act(brand="vps6"), events)

    carried = jobs_of([str(each) for each in Delivery.objects.values_list("id", flat=True)])
    each = len(outbox._handlers["InvoicePaid"])
    assert [len(some) for some in carried] == [outbox.A_JOB * each, outbox.A_JOB * each, each]
    of = {str(row.id): row.event_id for row in Delivery.objects.all()}
    assert [len({of[one] for one in some}) for some in carried] == [outbox.A_JOB, outbox.A_JOB, 1]


def test_what_fails_in_a_job_stops_nothing_else_in_it_and_comes_again_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def breaks(*_: object) -> None:
        raise LookupError("no")

    def hears(name: str) -> Callable[..., None]:
        return lambda *_: told.append(name)

    monkeypatch.setitem(outbox._handlers, "InvoicePaid", {"a": hears("a"), "b": breaks, "c": hears("c")})
    _, to_all = published(InvoicePaid(invoice=InvoiceId(uuid4()), account=AccountId(uuid4())))
    (carried,) = jobs_of(to_all)
    jobs.deliver(carried)

    assert sorted(told) == ["a", "c"]
    (left,) = Delivery.objects.filter(id__in=to_all, state=Delivery.WAITING)
    assert (left.handler, left.attempts, left.last_code) == ("b", 1, "LookupError")
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->'deliveries' FROM procrastinate_jobs WHERE scheduled_at IS NOT NULL")
        assert [json.loads(row[0]) for row in cursor.fetchall()] == [[str(left.id)]]

    jobs.deliver(carried)
    assert sorted(told) == ["a", "c"]
    left.refresh_from_db()
    assert left.attempts == 2


@pytest.mark.parametrize(("seen_for", "handed_over", "reads"), [(0.0, ["a", "c"], 3), (3600.0, ["a", "b", "c"], 1)])
def test_what_another_worker_did_meanwhile_is_left_out_where_the_look_at_it_is_old(
    monkeypatch: pytest.MonkeyPatch, seen_for: float, handed_over: list[str], reads: int
) -> None:
    """A job is another's too once its worker is believed dead; while a look is young, none is asked for again."""
    told: list[str] = []

    def hears(name: str) -> Callable[..., None]:
        return lambda *_: told.append(name)

    def overtaken(*_: object) -> None:
        told.append("a")
        Delivery.objects.filter(handler="b").update(state=Delivery.DONE)

    monkeypatch.setattr(outbox, "SEEN_FOR", seen_for)
    monkeypatch.setitem(outbox._handlers, "InvoicePaid", {"a": overtaken, "b": hears("b"), "c": hears("c")})
    published(InvoicePaid(invoice=InvoiceId(uuid4()), account=AccountId(uuid4())))
    carried = [str(Delivery.objects.get(handler=each).id) for each in ("a", "b", "c")]
    with CaptureQueriesContext(connection) as asked:
        jobs.deliver(carried)

    assert told == handed_over
    read = [each for each in asked if each["sql"].startswith("SELECT") and 'FROM "runtime_delivery"' in each["sql"]]
    assert len(read) == reads
