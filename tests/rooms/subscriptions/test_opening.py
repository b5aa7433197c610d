"""A subscription is opened once, counts from when its service runs, and ends once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import IntegrityError, connection, connections, transaction

from hostkeep.kernel.ids import InvoiceId, ServiceId
from hostkeep.kernel.money import EUR, Money
from hostkeep.runtime.models import Event
from hostkeep.subscriptions.actions import cancelling, opening
from hostkeep.subscriptions.actions.cancelling import cancel, end_subscription, undo_cancel
from hostkeep.subscriptions.actions.changing import align
from hostkeep.subscriptions.actions.opening import Opened, begin_subscription, open_subscription
from hostkeep.subscriptions.errors import BadPrice, BadTerm, DateOutOfReach, NoSuchMove, NoSuchSubscription, OpenedOtherwise
from hostkeep.subscriptions.models import Part, Period, Subscription
from hostkeep.subscriptions.queries.subscriptions import subscription_of_service
from hostkeep.subscriptions.rules.agreeing import Agreed
from hostkeep.subscriptions.rules.states import State
from hostkeep.subscriptions.rules.terms import Term
from tests.conftest import NOON
from tests.lockless import unlocked
from tests.meeting import Together
from tests.rooms.subscriptions.having import MONTH, act_at, after, all_of, opens_account, runs, takes
from tests.told import told

ENDS = datetime(2026, 4, 1, 12, tzinfo=UTC) - timedelta(hours=1)
"""Of a month from noon of March 1st: clocks changed meanwhile."""

AGREED = Agreed("hexa-s", "monthly", "Hexa S", {"system": "debian"}, MONTH, Money(1200, EUR))


def opens(agreed: Agreed = AGREED, *, once: str = "", service=None, who=None, at=NOON):
    account, subject = who or opens_account(at=at)
    return open_subscription(
        act_at(at=at), account=account, subject=subject, service=service or ServiceId(uuid4()), agreed=agreed,
        once=once or uuid4().hex,
    )  # fmt: skip


def test_it_counts_from_when_the_service_runs(db) -> None:
    taker = takes(begun=False)
    assert (taker.row.state, taker.periods(), taker.row.renew_at) == (State.WAITING, [], None)
    paid = InvoiceId(uuid4())
    begin_subscription(act_at(at=after(3)), service=taker.service, invoice=paid)
    ends = datetime(2026, 4, 4, 11, tzinfo=UTC)  # noon in Amsterdam is an hour earlier after March 29th
    assert taker.periods() == [(after(3), ends, paid)]
    assert taker.row.renew_at == ends - timedelta(days=14)
    assert told(taker.row).told.title == "Hexa S: Debian 13"


def test_a_service_that_is_activated_twice_sets_nothing_twice(db) -> None:
    taker = takes()
    before = all_of(taker)
    begin_subscription(act_at(at=after(5)), service=taker.service, invoice=InvoiceId(uuid4()))
    again = all_of(taker)
    assert {f.name: getattr(before, f.name) for f in before._meta.fields if f.name != "told"} == {
        f.name: getattr(again, f.name) for f in again._meta.fields if f.name != "told"
    }
    assert len(taker.periods()) == 1


def test_the_same_key_is_one_subscription_and_other_content_is_refused(db) -> None:
    who, service = opens_account(), ServiceId(uuid4())
    first = opens(once="k", service=service, who=who)
    assert opens(once="k", service=service, who=who).id == first.id
    assert Part.objects.filter(subscription_id=first.id).count() == 1
    with pytest.raises(OpenedOtherwise):
        opens(once="k", service=ServiceId(uuid4()), who=who)


@pytest.mark.parametrize(("agreed", "error"), [
    (replace(AGREED, price=Money(-1, EUR)), BadPrice),
    (replace(AGREED, price=Money(10**15 + 1, EUR)), BadPrice),
    (replace(AGREED, term=Term("month", 0)), BadTerm),
    (replace(AGREED, term=Term("fortnight", 1)), BadTerm),
    (replace(AGREED, trial_days=-1), BadTerm),
    (replace(AGREED, trial_days=400), BadTerm),
])  # fmt: skip
def test_what_cannot_be_agreed_on_is_refused_and_nothing_is_written(db, agreed: Agreed, error) -> None:
    with pytest.raises(error):
        opens(agreed)
    assert not Subscription.objects.exists()


def test_the_end_of_time_is_refused(db) -> None:
    taker = takes(begun=False)
    with pytest.raises(DateOutOfReach):
        begin_subscription(
            act_at(at=datetime(9999, 12, 31, tzinfo=UTC)), service=taker.service, invoice=InvoiceId(uuid4())
        )
    assert taker.row.state is State.WAITING


def test_another_accounts_is_none(db) -> None:
    taker = takes()
    stranger, _ = opens_account()
    with pytest.raises(NoSuchSubscription):
        subscription_of_service(taker.service, of=stranger)
    with pytest.raises(NoSuchSubscription):
        align(act_at(), subscription=taker.id, of=stranger, day=1)
    for deed in (
        lambda: cancel(act_at("vpn"), subscription=taker.id, ends_at=ENDS, reason="customer"),
        lambda: undo_cancel(act_at("vpn"), subscription=taker.id),
        lambda: end_subscription(act_at("vpn"), subscription=taker.id, reason="customer"),
    ):
        with pytest.raises(NoSuchSubscription):
            deed()
    assert taker.row.state is State.ACTIVE


def test_cancelled_at_the_end_nothing_more_is_billed_and_it_can_be_taken_back(db) -> None:
    taker = takes()
    cancel(act_at(at=after(1)), subscription=taker.id, ends_at=ENDS, reason="customer")
    assert (taker.row.state, taker.row.ends_at, taker.row.renew_at) == (State.ENDING, ENDS, None)
    assert runs(after(25)) == 0
    undo_cancel(act_at(at=after(26)), subscription=taker.id)
    assert (taker.row.state, taker.row.ends_at) == (State.ACTIVE, None)
    assert runs(after(26)) == 1
    assert len(taker.periods()) == 2


@pytest.mark.parametrize("days", [-1, 0, 30, 32, 400])
def test_an_end_that_is_no_end_of_a_billed_period_is_refused(db, days: int) -> None:
    taker = takes()
    with pytest.raises(BadTerm):
        cancel(act_at(), subscription=taker.id, ends_at=after(days), reason="customer")


def test_an_end_that_has_come_is_not_taken_back(db) -> None:
    taker = takes()
    cancel(act_at(), subscription=taker.id, ends_at=ENDS, reason="customer")
    with pytest.raises(NoSuchMove):
        undo_cancel(act_at(at=ENDS), subscription=taker.id)
    end_subscription(act_at(at=ENDS), subscription=taker.id, reason="customer")
    end_subscription(act_at(at=after(32)), subscription=taker.id, reason="service")
    assert Event.objects.filter(kind="SubscriptionEnded").count() == 1
    assert all_of(taker).ended_at == ENDS
    assert runs(after(100)) == 0


def test_brought_to_a_day_the_next_period_is_cut_short_and_costs_its_days(db) -> None:
    from hostkeep.billing.models import Invoice

    taker = takes(price=3100)  # March 1st; billed to April 1st, noon
    align(act_at(), subscription=taker.id, of=taker.account, day=11)
    runs(after(60))
    starts = [start for start, _, _ in taker.periods()]
    assert starts[1] == ENDS
    assert starts[2] == datetime(2026, 4, 10, 22, tzinfo=UTC)  # midnight of the 11th in Amsterdam
    first, second = Invoice.objects.filter(account=taker.account).order_by("number")[:2]
    assert (first.net_minor, second.net_minor) == (1033, 3100)  # 10 of 30 days


def test_a_billed_period_stays_and_none_overlaps(db) -> None:
    taker = takes()
    for statement in (
        "UPDATE subscriptions_period SET ends_at = ends_at + interval '1 day'",
        "DELETE FROM subscriptions_period",
        "UPDATE subscriptions_period SET invoice = gen_random_uuid()",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    for start in (0, 1, 30):
        with pytest.raises(IntegrityError), transaction.atomic():
            Period.objects.create(
                subscription_id=taker.id, starts_at=after(start), ends_at=after(start + 5), billed_at=NOON
            )


AT_ONCE = 8


def at_once(deed: Callable[[], object]) -> list[object]:
    """What a deed said to each of so many who did it at once: its answer, or the database's refusal."""

    def alone(_: int) -> object:
        try:
            return deed()
        except IntegrityError as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(alone, range(AT_ONCE)))


def ended_events() -> int:
    return Event.objects.filter(kind="SubscriptionEnded").count()


def test_many_at_once_open_one_and_begin_and_end_it_once(committed: str) -> None:
    who, service = opens_account(), ServiceId(uuid4())
    opened = at_once(lambda: opens(once="k", service=service, who=who))
    assert {type(done) for done in opened} == {Opened}
    (name,) = {done.id for done in opened}
    assert Part.objects.count() == 1
    begun = at_once(lambda: begin_subscription(act_at(), service=service, invoice=InvoiceId(uuid4())))
    assert [done.state for done in begun] == [State.ACTIVE] * AT_ONCE
    assert Period.objects.count() == 1
    ended = at_once(lambda: end_subscription(act_at(at=after(1)), subscription=name, reason="customer"))
    assert [done.state for done in ended] == [State.ENDED] * AT_ONCE
    assert ended_events() == 1
    assert NOON + timedelta(days=1) == Subscription.objects.get().ended_at


def test_without_the_key_that_is_one_in_the_table_as_many_are_opened(committed: str, pg, monkeypatch) -> None:
    """The proof that the test of many who open can fail: all have looked for the key before one writes it."""
    who, service = opens_account(), ServiceId(uuid4())
    with psycopg.connect(pg.url("postgres", committed), autocommit=True) as line:
        line.execute("ALTER TABLE subscriptions_subscription DROP CONSTRAINT subscriptions_subscription_once_key")
        line.execute("ALTER TABLE subscriptions_subscription DROP CONSTRAINT subscriptions_subscription_service_key")
    monkeypatch.setattr(opening, "objects_of", Together(AT_ONCE).after(opening.objects_of))
    opened = at_once(lambda: opens(once="k", service=service, who=who))
    assert len({done.id for done in opened}) == AT_ONCE
    assert Part.objects.count() == AT_ONCE


def test_without_the_lock_it_begins_for_many_and_the_database_alone_is_in_the_way(committed: str, monkeypatch) -> None:
    """The proof that the test of many who begin can fail."""
    taker = takes(begun=False)
    monkeypatch.setattr(opening, "promised", Together(AT_ONCE).after(opening.promised))
    with unlocked():
        begun = at_once(lambda: begin_subscription(act_at(), service=taker.service, invoice=InvoiceId(uuid4())))
    assert sum(isinstance(done, IntegrityError) for done in begun) == AT_ONCE - 1


def test_without_the_lock_it_ends_for_many_and_each_tells_the_house(committed: str, monkeypatch) -> None:
    """The proof that the test of many who end can fail."""
    taker = takes()
    monkeypatch.setattr(cancelling, "held", Together(AT_ONCE).after(cancelling.held))
    with unlocked():
        at_once(lambda: end_subscription(act_at(at=after(1)), subscription=taker.id, reason="customer"))
    assert ended_events() == AT_ONCE
