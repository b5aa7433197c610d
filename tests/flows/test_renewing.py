"""The renewal run: every period billed once, what goes wrong parked, nothing told in clear."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.audit.recorded import digest_of
from hostkeep.billing.models import Invoice, InvoiceLine, InvoiceTax
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.events import InvoiceIssued
from hostkeep.flows import cancelling, renewing
from hostkeep.flows.handlers import HANDLERS
from hostkeep.kernel.ids import InvoiceId
from hostkeep.ledger.models import Entry as Booked
from hostkeep.people.models import Account
from hostkeep.runtime.models import Delivery, Event
from hostkeep.runtime.outbox import name_of
from hostkeep.subscriptions.actions.renewing import put_back_renewal
from hostkeep.subscriptions.models import Part, Period, PriceChange, Subscription
from hostkeep.subscriptions.queries.subscriptions import stopped
from hostkeep.subscriptions.rules.states import State
from hostkeep.subscriptions.rules.terms import Term
from hostkeep.vault.column_door import seal_columns
from tests.conftest import NOON, make_act
from tests.rooms.subscriptions.having import act_at, after, all_of, opens_account, runs, takes
from tests.told import told


def invoices(taker) -> list[Invoice]:
    return list(Invoice.objects.filter(account=taker.account).order_by("issued_at", "number"))


def test_a_period_is_billed_ahead_and_once(db) -> None:
    taker = takes()
    assert runs(after(16.9)) == 0
    assert runs(after(17)) == 1  # 31 days of March less the 14 of the brand's lead
    assert runs(after(17)) == runs(after(20)) == 0
    (first, second) = taker.periods()
    assert first[1] == second[0]
    (invoice,) = invoices(taker)
    assert second[2] == invoice.id
    assert invoice.due_at == second[0]
    assert invoice.net_minor == 1200
    shown = sheet(InvoiceId(invoice.id), of=taker.account)
    line = InvoiceLine.objects.get(invoice=invoice)
    assert (line.about_kind, line.about_id) == ("subscriptions.subscription", taker.id)
    assert (line.starts_at, line.ends_at) == second[:2]
    assert told(shown).lines[0].title == "Hexa S: Debian 13"


def test_what_was_missed_is_made_up_for_period_by_period(db) -> None:
    taker = takes()
    assert runs(after(400)) == 13
    spans = [(start, end) for start, end, _ in taker.periods()]
    assert all(one[1] == two[0] for one, two in zip(spans, spans[1:], strict=False))
    assert spans[0][0] == NOON
    assert spans[-1][1] > after(400)
    numbers = sorted(i.number for i in invoices(taker))
    assert len(numbers) == len(set(numbers)) == 13


def test_a_run_writes_what_one_invoice_writes(db) -> None:
    takers = [takes() for _ in range(3)]
    runs(after(20))
    for taker in takers:
        (invoice,) = invoices(taker)
        entry = Booked.objects.get(key=f"invoice:{invoice.id}")
        assert sum(p.minor for p in entry.postings.all()) == 0
        assert InvoiceTax.objects.get(invoice=invoice).net_minor == invoice.net_minor
        event = Event.objects.get(kind="InvoiceIssued", body__invoice=str(invoice.id))
        told_to = set(Delivery.objects.filter(event=event).values_list("handler", flat=True))
        assert told_to == {name_of(handler) for handler in HANDLERS[InvoiceIssued]} >= {"flows.notices.on_invoice_issued"}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM procrastinate_jobs j JOIN runtime_delivery d ON j.args->'deliveries' ? d.id::text"
                " WHERE d.event_id = %s", [event.id],
            )  # fmt: skip
            assert cursor.fetchone()[0] == len(told_to)


def test_a_chunk_is_one_entry_that_stands_for_exactly_these(db) -> None:
    takers = [takes() for _ in range(3)]
    runs(after(20))
    (periods,) = Entry.objects.filter(verb="subscriptions.period.billed")
    (issued,) = Entry.objects.filter(verb="billing.invoice.issued")
    assert periods.count == issued.count == 3
    assert periods.thing == digest_of(taker.id for taker in takers)
    assert issued.thing == digest_of(invoices(taker)[0].id for taker in takers)
    assert periods.trace == issued.trace
    assert periods.trace.startswith("renewals:")


def test_what_goes_wrong_is_parked_and_shown_and_the_others_go_on(db) -> None:
    takers = [takes() for _ in range(5)]
    bad = takers[2]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE subscriptions_part SET title = overlay(title placing 'AAAA' from 120) WHERE subscription_id = %s", [bad.id]
        )
    assert runs(after(20)) == 4
    (row,) = stopped()
    assert (row.id, row.stopped) == (bad.id, "BrokenSeal")
    assert [len(invoices(t)) for t in takers] == [1, 1, 0, 1, 1]
    assert runs(after(21)) == 0
    numbers = sorted(int(i.number[-6:]) for t in takers for i in invoices(t))
    assert numbers == [1, 2, 3, 4]

    box = seal_columns(
        act_at(bad.brand), subject=bad.subject, category="chosen_service", table="subscriptions_part",
        row=str(Part.objects.get(subscription_id=bad.id).id), values={"title": "Hexa S"},
    )["title"]  # fmt: skip
    Part.objects.filter(subscription_id=bad.id).update(title=box)
    put_back_renewal(make_act("billing", "billing", at=after(21), actor="staff:test"), subscription=bad.id)
    assert runs(after(21)) == 1
    assert stopped() == ()


def spoils(taker) -> None:
    """No run can read what a subscription is of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE subscriptions_part SET title = overlay(title placing 'AAAA' from 120) WHERE subscription_id = %s", [taker.id]
        )


def test_where_nothing_can_be_renewed_one_alarm_rings_however_often_it_is_tried(db) -> None:
    halted = Entry.objects.using(APART).filter(verb="alarm.renewals_halted.raised", brand="vps6")
    before = halted.count()
    for taker in [takes() for _ in range(renewing.CLOGGED)]:
        spoils(taker)
    for minute in range(4):
        assert runs(after(20 + minute / 1440)) == 0
    assert (halted.count() - before, stopped()) == (1, ()), "nobody is given up for what is not theirs"
    assert runs(after(21.1)) == 0
    assert halted.count() - before == 2, "a day later it still lasts"

    takes()
    assert runs(after(21.2)) == 1
    assert (halted.count() - before, len(stopped())) == (2, renewing.CLOGGED)
    for taker in [takes() for _ in range(renewing.CLOGGED)]:
        spoils(taker)
    for minute in range(3):
        assert runs(after(21.3 + minute / 1440)) == 0
    assert halted.count() - before == 3, "it was over, and came back"


def test_who_stands_behind_many_that_cannot_be_renewed_is_renewed_all_the_same(db) -> None:
    """The oldest of one product, set up wrongly, do not keep everybody else from being billed."""
    halted = Entry.objects.using(APART).filter(verb="alarm.renewals_halted.raised", brand="vps6")
    before = halted.count()
    sound = takes()
    for taker in [takes() for _ in range(3 * renewing.CLOGGED)]:
        spoils(taker)
        Subscription.objects.filter(id=taker.id).update(renew_at=F("renew_at") - timedelta(hours=1))
    assert runs(after(21.2)) == 1
    assert len(invoices(sound)) == 1
    assert (halted.count() - before, len(stopped())) == (0, 3 * renewing.CLOGGED)


def test_a_fault_that_only_the_database_sees_is_that_of_its_chunk(db) -> None:
    takers = [takes() for _ in range(3)]
    Period.objects.create(
        subscription_id=takers[0].id, starts_at=after(40), ends_at=after(41), invoice=uuid4(), billed_at=NOON
    )
    assert runs(after(20)) == 2
    assert [row.id for row in stopped()] == [takers[0].id]


def test_who_is_closing_gets_no_invoice(db) -> None:
    from hostkeep.people.models import Account

    one, two = takes(), takes()
    Account.objects.filter(id=one.account).update(state="closing")
    assert runs(after(20)) == 1
    assert invoices(one) == []
    assert [row.stopped for row in stopped()] == ["people.account.not_open"]
    assert len(invoices(two)) == 1


def test_what_costs_nothing_is_renewed_without_an_invoice_unless_the_brand_wants_one(db, monkeypatch) -> None:
    free = takes(price=0)
    assert runs(after(20)) == 1
    assert invoices(free) == []
    assert [invoice for _, _, invoice in free.periods()][1] is None

    from dataclasses import replace

    from hostkeep.brands.queries import brand as real

    wanting = replace(real("vps6"), words={**real("vps6").words, "invoice_over_nothing": True})
    for module in ("hostkeep.subscriptions.actions.renewing",):
        monkeypatch.setattr(f"{module}.brand", lambda _: wanting)
    other = takes(price=0)
    assert runs(after(20)) == 1
    (invoice,) = invoices(other)
    assert invoice.net_minor == 0
    kinds = set(Event.objects.filter(body__invoice=str(invoice.id)).values_list("kind", flat=True))
    assert kinds == {"InvoiceIssued", "InvoicePaid"}


def test_a_discount_holds_for_its_periods_and_takes_no_more_than_its_plan(db) -> None:
    from hostkeep.subscriptions.holding import add_part

    taker = takes(price=1000)
    row = all_of(taker)
    add_part(act_at(), row, kind="add_on", title="Backups", unit=200, quantity=2)
    add_part(act_at(), row, kind="discount", title="SPRING", unit=-5000, cycles=2)
    runs(after(120))
    assert [i.net_minor for i in invoices(taker)] == [400, 400, 1400, 1400], "add-ons are not discounted"
    assert [invoice is None for _, _, invoice in taker.periods()] == [False] * 5
    assert Part.objects.get(subscription=row, kind="discount").ended_at is not None


def test_hours_are_billed_when_half_of_those_before_them_are_over(db) -> None:
    taker = takes(term=Term("hour", 6), price=60)
    assert runs(NOON + timedelta(hours=2, minutes=59)) == 0
    assert runs(NOON + timedelta(hours=3)) == 1
    assert runs(NOON + timedelta(hours=8, minutes=59)) == 0
    assert runs(NOON + timedelta(hours=9)) == 1
    invoice = invoices(taker)[0]
    assert invoice.due_at == NOON + timedelta(hours=6)


def test_a_trial_is_free_and_its_first_period_comes_after_it(db) -> None:
    taker = takes(trial=30)
    assert taker.row.state is State.TRIAL
    assert taker.periods() == []
    assert runs(after(15)) == 0
    assert runs(after(16)) == 1
    ((start, _, invoice),) = taker.periods()
    assert start == after(30)
    assert invoice is not None
    assert taker.row.state is State.ACTIVE


def test_a_new_price_holds_from_the_first_period_after_its_notice(db) -> None:
    taker, later = takes(price=1000), takes(price=1000, at=after(2))
    PriceChange.objects.create(
        brand="vps6", product="hexa-s", plan="monthly", currency="EUR", minor=1300, set_by="staff:test",
        announced_at=after(1), effective_at=after(40),
    )  # fmt: skip
    other = takes(price=1000, product="hexa-m")
    runs(after(100))
    assert [i.net_minor for i in invoices(taker)][:3] == [1000, 1300, 1300]
    assert {i.net_minor for i in invoices(later)} == {i.net_minor for i in invoices(other)} == {1000}
    assert taker.row.price.minor == 1300
    assert told(sheet(InvoiceId(invoices(taker)[1].id), of=taker.account)).lines[0].title == "Hexa S: Debian 13"


def test_what_was_taken_is_told_nowhere_in_clear(db) -> None:
    from tests.house.test_chosen_services import holding

    who = opens_account("vpn")
    taker = takes("vpn", who=who, product="solo-kestrel", plan="one-year-kestrel")
    runs(after(40))
    assert len(invoices(taker)) == 1
    assert holding({"solo-kestrel", "one-year-kestrel", "Hexa S: Debian 13", "debian"}) == set()


@pytest.mark.parametrize("brand", ["photonvps", "vietnam-server", "vpn", "vps6", "vpsfast"])
def test_a_year_at_every_brand(db, brand: str) -> None:
    taker = takes(brand, price=1000)
    for day in range(0, 366, 7):
        runs(after(day))
    spans = [(start, end) for start, end, _ in taker.periods()]
    assert all(one[1] == two[0] for one, two in zip(spans, spans[1:], strict=False))
    assert len(spans) == 13
    assert len(invoices(taker)) == 12
    assert stopped() == ()


def test_the_flow_leaves_other_brands_alone(db) -> None:
    here, there = takes("vps6"), takes("vpn")
    act = make_act("system", "billing", brand="vps6", at=after(20))
    assert renewing.renew_brand(act) == 1
    assert len(here.periods()) == 2
    assert len(there.periods()) == 1


def test_an_account_that_closes_holds_up_nobody_else(db) -> None:
    closing, other = opens_account(), opens_account()
    held = [takes(who=closing) for _ in range(9)]
    free = takes(who=other, at=NOON + timedelta(minutes=1))
    Account.objects.filter(id=closing[0]).update(state="closed")

    runs(after(20))

    assert len(free.periods()) == 2
    assert {len(taker.periods()) for taker in held} == {1}
    assert {taker.row.stopped for taker in held} == {"people.account.not_open"}


def test_a_trial_whose_first_period_is_billed_ahead_can_be_ended_with_its_free_time(db) -> None:
    taker = takes(trial=30)
    runs(after(20))
    assert taker.row.state is State.ACTIVE
    (invoice,) = [InvoiceId(found) for _, _, found in taker.periods()]
    act = make_act("customer", "service", brand=taker.brand, at=after(21))
    seen = cancelling.outlook(act, of=taker.account, service=taker.service)
    assert (seen.ends_at, seen.unpaid) == (after(30), (invoice,))
    assert cancelling.cancel_at_end(act, of=taker.account, service=taker.service).ends_at == after(30)
    assert sheet(invoice, of=taker.account).owed.minor == 0
    cancelling.end_due(make_act(brand="", at=after(30)))
    assert taker.row.state is State.ENDED
