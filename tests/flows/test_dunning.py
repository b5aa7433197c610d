"""What follows an unpaid invoice, from the first reminder to the end; and what never follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hostkeep.drivers.mail import Bounced
from hostkeep.messaging.calls import handing
from hostkeep.billing import agenda
from hostkeep.billing.actions.dunning import lift_exception, put_back, spare_account, tell_by_hand
from hostkeep.billing.errors.dunning import NotOnHold
from hostkeep.billing.models import DunningAgenda, DunningStep, Invoice
from hostkeep.billing.queries import dunned as dunned_rows
from hostkeep.billing.queries import dunning as rows
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.events import InvoicePaid
from hostkeep.drivers.payments import Declined, Settled, Unknown, Waiting
from hostkeep.flows import dunning, standing_still
from hostkeep.flows.foretelling import preview, today
from hostkeep.flows.overdue import look
from hostkeep.kernel.ids import InvoiceId
from hostkeep.messaging.models import Mail
from hostkeep.people.models import Account
from hostkeep.provisioning import queries
from tests.conftest import NOON, make_act
from tests.flows.debtors import DAY, HOUR, Debtor, carry, machines, passes, work
from tests.flows.test_mailing import FakeMailer

STRIDE = 6 * HOUR


@pytest.fixture
def fake(db) -> Iterator:
    with machines() as found:
        yield found


@pytest.fixture(autouse=True)
def mailer(monkeypatch) -> FakeMailer:
    taking = FakeMailer()
    monkeypatch.setattr(handing, "_makers", [lambda _brand: taking])
    return taking


def test_from_the_first_reminder_to_the_end(fake, mailer) -> None:
    ann = Debtor().starts()
    passes(NOON, NOON + 75 * DAY, STRIDE)
    invoice = ann.invoices()[1]
    assert ann.steps(invoice.id) == [
        (-7, "reminder", "sent"), (-3, "reminder", "sent"), (-1, "reminder", "sent"), (1, "reminder", "sent"),
        (3, "reminder", "folded"), (3, "suspend_warning", "sent"), (5, "suspend", "over"), (7, "reminder", "sent"),
        (23, "end_warning", "sent"), (29, "end_warning", "sent"), (30, "end", "asked"),
    ]  # fmt: skip
    assert ann.state == "closed"
    assert str(ann.subscription.state) == "ended"
    assert ann.subscription.end_reason == "unpaid"
    mails = ann.mails()
    assert [mails.count(f"billing/{kind}") for kind in ("suspended", "ended", "resumed", "suspend_warning", "end_warning")] == [1, 1, 0, 1, 2]


def happened(ann: Debtor, since) -> list[tuple[str, str]]:
    """What really came to pass: day and what, the calendar's own words, and invoices that were made."""
    steps = DunningStep.objects.filter(invoice__account=ann.account, at__gte=since).exclude(kind__endswith="_told")
    found = [(row.at, row.kind) for row in steps if row.outcome not in {"folded", "missed"}]
    found += [(row.issued_at, "invoice") for row in ann.invoices() if row.issued_at >= since]
    return sorted((f"{at:%m-%d}", what) for at, what in found)


def foretold(ann: Debtor, at, until, **how) -> list[tuple[str, str]]:
    told = preview(ann.act("billing", at=at), ann.account, **how)
    assert not told.is_cut
    return sorted((f"{each.at:%m-%d}", each.what) for each in told.events if each.at < until and each.what != "paid")


@pytest.mark.parametrize("days", [0, 34])
def test_what_is_foretold_is_what_comes(fake, days: int) -> None:
    ann, now, until = Debtor().starts(), NOON + days * DAY + HOUR, NOON + 100 * DAY
    passes(NOON, now, STRIDE)
    told = foretold(ann, now, until)
    assert len(told) > 3
    passes(now, until, STRIDE)
    assert happened(ann, now) == told


def test_who_pays_in_time_is_foretold_invoices_and_reminders_alone(fake) -> None:
    ann, until = Debtor().starts(), NOON + 70 * DAY
    told = foretold(ann, NOON + HOUR, until, assumed="on_time")
    assert {what for _, what in told} == {"invoice", "reminder"}
    at = NOON
    while at < until:
        passes(at, at + STRIDE, STRIDE)
        for row in ann.invoices():
            if row.due_at <= at and not sheet(InvoiceId(row.id), of=ann.account).is_paid:
                ann.pays(InvoiceId(row.id), at)
        at += STRIDE
    assert happened(ann, NOON + HOUR) == told
    assert ann.state == "active"


def test_looking_ahead_writes_nothing(fake) -> None:
    ann = Debtor().starts()
    passes(NOON, NOON + 20 * DAY, STRIDE)
    with CaptureQueriesContext(connection) as seen:
        preview(ann.act("billing", at=NOON + 20 * DAY), ann.account)
    writes = [each["sql"] for each in seen if not each["sql"].lstrip().upper().startswith(("SELECT", "SAVEPOINT", "RELEASE"))]
    assert writes == []


def test_an_invoice_that_lapsed_is_looked_past(fake) -> None:
    ann, invoice = owing(6)
    Account.objects.filter(id=ann.account).update(state="closed")
    told = preview(ann.act("billing", at=DUE + 6 * DAY), ann.account, assumed="on_time")
    assert invoice not in [each.invoice for each in told.events if each.what == "paid"]


def owing(days: float = 0, **how) -> tuple[Debtor, InvoiceId]:
    """A customer whose second month is billed, and days from its due date on 1 April."""
    ann = Debtor(**how).starts()
    passes(NOON, DUE + days * DAY, STRIDE)
    return ann, InvoiceId(ann.invoices()[1].id)


DUE = NOON + 31 * DAY


def test_a_payment_lets_services_run_again_and_nothing_more_happens(fake) -> None:
    ann, invoice = owing(6)
    assert ann.state == "suspended"
    ann.pays(invoice, DUE + 6 * DAY)
    assert ann.state == "active"
    assert ann.mails()[-2:] == ["billing/paid", "billing/resumed"]
    steps = [step[:2] for step in ann.steps(invoice)]
    passes(DUE + 6 * DAY, DUE + 15 * DAY, STRIDE)
    assert [step[:2] for step in ann.steps(invoice)] == steps
    assert DunningAgenda.objects.get(invoice=invoice).next_at is None


def test_a_stop_that_no_driver_began_is_called_off_when_the_invoice_is_paid(fake) -> None:
    ann, invoice = owing(4)
    at = DUE + 5 * DAY
    dunning.run_due(make_act(brand="", at=at))  # asked, and no worker has carried it yet
    assert (5, "suspend", "asked") in ann.steps(invoice)
    assert ann.state == "active"
    begun = begin_payment(ann.act(at=at), of=ann.account, invoice=invoice, gateway="testpay")
    record_outcome(ann.act(at=at), attempt=begun.attempt, outcome=Settled("p-1", begun.amount))
    standing_still.on_invoice_paid(make_act(brand="vps6", at=at), InvoicePaid(invoice, ann.account))
    work(at)
    assert ann.state == "active"
    assert "billing/suspended" not in ann.mails()


def test_a_service_that_another_invoice_pays_for_runs_on(fake) -> None:
    ann = Debtor().starts()
    other, first = ann.orders(at=NOON + DAY)
    ann.pays(first, NOON + DAY)
    passes(NOON, DUE + 6 * DAY, STRIDE, down=[(NOON + 17 * DAY, NOON + 17 * DAY + HOUR)])
    late = [row for row in ann.invoices() if row.id != first and not sheet(InvoiceId(row.id), of=ann.account).is_paid]
    ann.pays(InvoiceId(late[1].id), DUE + 6 * DAY)  # the other one's second month
    passes(DUE + 6 * DAY, DUE + 8 * DAY, STRIDE)
    assert ann.state == "suspended"
    assert str(queries.service(other).state) == "active"


def test_nothing_ends_whose_warning_came_back_until_staff_told_it(fake, mailer) -> None:
    ann, invoice = owing(8)
    mailer.hand_over = lambda _letter: Bounced("550 5.1.1")
    passes(DUE + 8 * DAY, DUE + 60 * DAY, STRIDE)
    assert ann.state == "suspended"
    (held,) = [row for row in rows.on_hold() if row.invoice == invoice]
    assert held.code == "end_warning"
    with pytest.raises(NotOnHold):
        tell_by_hand(make_act("billing", "billing", brand="vpn", at=DUE + 60 * DAY), step=held.step)
    tell_by_hand(ann.act("billing", at=DUE + 60 * DAY), step=held.step)
    assert [row for row in rows.on_hold() if row.invoice == invoice] == []
    with pytest.raises(NotOnHold):
        tell_by_hand(ann.act("billing", at=DUE + 60 * DAY), step=held.step)
    passes(DUE + 60 * DAY, DUE + 70 * DAY, STRIDE)
    assert ann.state == "suspended"  # the second warning came back too
    (held,) = [row for row in rows.on_hold() if row.invoice == invoice]
    tell_by_hand(ann.act("billing", at=DUE + 70 * DAY), step=held.step)
    passes(DUE + 70 * DAY, DUE + 72 * DAY, STRIDE)
    assert ann.state == "closed"


def test_a_promise_lets_the_service_run_and_then_it_is_warned_again(fake) -> None:
    ann, invoice = owing(6)
    at = DUE + 6 * DAY
    spared = spare_account(
        ann.act("billing", at=at), account=ann.account, kind="promise", until=at + 10 * DAY, reason="asked"
    )
    work(at)
    assert ann.state == "active"
    passes(at, at + 11 * DAY, STRIDE)
    assert ann.state == "active"
    passes(at + 11 * DAY, at + 14 * DAY, STRIDE)
    assert ann.state == "suspended"
    assert [kind for _, kind, _ in ann.steps(invoice)].count("suspend_warning") == 2
    row = rows.exception_row(spared.id)
    assert (row.set_by, row.reason) == ("billing staff:test", "asked")


def test_an_order_that_nobody_pays_is_cancelled_and_owed_no_more(fake) -> None:
    ann = Debtor()
    passes(NOON, NOON + 10 * DAY, STRIDE)
    assert ann.steps() == [(-3, "reminder", "sent"), (-1, "reminder", "sent"), (1, "cancel", "sent")]
    assert ann.state == "closed"
    assert sheet(ann.first, of=ann.account).owed.minor == 0
    assert ann.mails()[-1] == "billing/order_cancelled"
    assert "billing/paid" not in ann.mails()


def test_one_that_goes_wrong_is_tried_again_parked_shown_and_put_back(fake, monkeypatch) -> None:
    ann, bob = Debtor(), Debtor()
    real = dunned_rows.dunned_each

    def poisoned(invoices, *, at):
        if ann.first in invoices:
            raise RuntimeError("poison")
        return real(invoices, at=at)

    monkeypatch.setattr(dunned_rows, "dunned_each", poisoned)
    passes(NOON, NOON + 10 * DAY, STRIDE)
    assert bob.state == "closed"
    (held,) = rows.on_hold()
    assert (held.invoice, held.code, held.step) == (ann.first, "RuntimeError", None)
    assert not agenda.falls_due(NOON + 99 * DAY)
    monkeypatch.undo()
    with pytest.raises(NotOnHold):
        put_back(make_act("billing", "billing", brand="vpn", at=NOON + 10 * DAY), invoice=ann.first)
    put_back(ann.act("billing", at=NOON + 10 * DAY), invoice=ann.first)
    work(NOON + 10 * DAY)
    assert ann.state == "closed"


def test_who_is_at_the_page_of_a_gateway_is_foretold_what_comes_if_it_is_left_unpaid(fake) -> None:
    ann = Debtor()

    def foretold() -> list[tuple[str, str]]:
        found = preview(ann.act(at=NOON + HOUR), ann.account, assumed="unpaid").events
        return [(event.what, f"{event.at:%m-%d}") for event in found]

    before = foretold()
    begun = begin_payment(ann.act(at=NOON + HOUR), of=ann.account, invoice=ann.first, gateway="testpay")
    record_outcome(ann.act(at=NOON + HOUR), attempt=begun.attempt, outcome=Waiting("https://pay.example.test/"))

    assert dunned_rows.dunned(ann.first, at=NOON + HOUR).held
    assert foretold() == before != []

    record_outcome(ann.act(at=NOON + HOUR), attempt=begun.attempt, outcome=Unknown())
    assert foretold() == []


def test_who_opens_the_page_of_a_gateway_again_and_again_is_dunned_all_the_same(fake) -> None:
    """Anyone who has a link to pay by can; the stored way to pay is never charged beside an open page."""
    ann = Debtor()
    due = first_reminder(ann)
    opened = [due + number * timedelta(minutes=29) for number in range(-1, 9)]
    for at in opened:
        begun = begin_payment(ann.act(at=at), of=ann.account, invoice=ann.first, gateway="testpay")
        record_outcome(ann.act(at=at), attempt=begun.attempt, outcome=Waiting("https://pay.example.test/"))
        work(at)
        assert dunned_rows.dunned(ann.first, at=at).held_until == at + timedelta(minutes=30)
        assert bool(ann.steps()) is (at - due >= 3 * HOUR), at - due
        foretold = preview(ann.act(at=at), ann.account, assumed="unpaid").events
        assert foretold[0].at >= at
    assert [kind for _, kind, _ in ann.steps()] == ["reminder"]


def test_what_falls_due_within_a_day_is_listed_while_its_payer_is_at_a_page_too(fake) -> None:
    ann, other = Debtor(), Debtor()
    due = first_reminder(ann)
    assert first_reminder(other) == due

    def listed(at: datetime) -> dict[InvoiceId, tuple[datetime, bool, list[str]]]:
        found = today(make_act(brand="", at=at))
        return {each.id: (each.at, each.is_paying, [step.kind.value for step in each.steps]) for each in found}

    for at in (due - 23 * HOUR, due - HOUR, due - HOUR / 6, due + HOUR, due + 2 * HOUR + HOUR * 5 / 6):
        DunningAgenda.objects.update(next_at=at)
        before = listed(at)
        assert before[ann.first] == before[other.first] == (max(at, due), False, ["reminder"])
        begun = begin_payment(ann.act(at=at), of=ann.account, invoice=ann.first, gateway="testpay")
        record_outcome(ann.act(at=at), attempt=begun.attempt, outcome=Waiting("https://pay.example.test/"))
        left = min(at + HOUR / 2, due + 3 * HOUR)
        assert listed(at) == before | {ann.first: (max(left, due), True, ["reminder"])}, at - due
        record_outcome(ann.act(at=at), attempt=begun.attempt, outcome=Declined("declined"))
        assert listed(at) == before
    at = due + 4 * HOUR
    begun = begin_payment(ann.act(at=at), of=ann.account, invoice=ann.first, gateway="testpay")
    record_outcome(ann.act(at=at), attempt=begun.attempt, outcome=Waiting("https://pay.example.test/"))
    assert listed(at)[ann.first] == (at, True, ["reminder"]), "it waits no longer"
    record_outcome(ann.act(at=at), attempt=begun.attempt, outcome=Unknown())
    assert ann.first not in listed(at), "nobody knows whether it is paid"


def test_a_charge_whose_outcome_nobody_knows_keeps_the_calendar_back_longer_than_a_page(fake) -> None:
    ann = Debtor()
    due = first_reminder(ann)
    begun = begin_payment(ann.act(at=due - HOUR), of=ann.account, invoice=ann.first, gateway="testpay")
    record_outcome(ann.act(at=due - HOUR), attempt=begun.attempt, outcome=Unknown())
    for hours in range(24):
        work(due + hours * HOUR)
    assert ann.steps() == []


def test_many_about_which_nothing_is_to_be_done_cost_no_more_queries_than_one(fake) -> None:
    def asked_of(more: int) -> int:
        for _ in range(more):
            Debtor()
        DunningAgenda.objects.update(next_at=NOON + HOUR)
        with CaptureQueriesContext(connection) as asked:
            assert dunning.run_due(make_act(brand="", at=NOON + HOUR)) == DunningAgenda.objects.count()
        assert not agenda.falls_due(NOON + HOUR)
        return len(asked)

    assert asked_of(1) == asked_of(4) < 20


def test_a_look_asks_each_room_in_one_way_to_the_server(fake) -> None:
    """Thirteen questions in eight texts: billing is asked for five together, subscriptions for two."""
    ann = Debtor().starts()
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert look(ann.first, NOON + HOUR).row.id == ann.first
    assert len(asked) <= 8


def first_reminder(ann: Debtor) -> datetime:
    """When the first is due; the run that looks at the invoice for the first time puts that down."""
    work(NOON + HOUR)
    found = DunningAgenda.objects.get(invoice=ann.first).next_at
    assert found is not None and ann.steps() == []
    return found


def test_a_letter_is_decided_by_two_looks_and_the_second_has_the_invoice_held(fake, monkeypatch) -> None:
    ann, looks = Debtor(), []
    at, real = first_reminder(ann), dunned_rows.dunned_each
    monkeypatch.setattr(dunned_rows, "dunned_each", lambda some, *, at: looks.append(list(some)) or real(some, at=at))
    with CaptureQueriesContext(connection) as asked:
        dunning.run_due(make_act(brand="", at=at))
    assert [each[2] for each in ann.steps()] == ["sent"]
    assert looks == [[ann.first], [ann.first]]
    assert len([each for each in asked if "SAVEPOINT" not in each["sql"]]) <= 25


def test_who_pays_while_others_are_gone_after_gets_no_letter(fake, monkeypatch) -> None:
    """How an invoice was seen with the others says whether to hold it, and not what is done."""
    ann = Debtor()
    at, real = first_reminder(ann), dunning.look_at_each

    def paid_meanwhile(invoices, at):
        found = real(invoices, at)
        ann.pays(ann.first, at)
        return found

    monkeypatch.setattr(dunning, "look_at_each", paid_meanwhile)
    dunning.run_due(make_act(brand="", at=at))
    assert ann.steps() == []
    assert "billing/reminder" not in ann.mails()


def test_news_that_come_while_invoices_are_looked_at_are_not_lost(fake, monkeypatch) -> None:
    """They were looked at before the news; who puts them down for later must not put the news down with them."""
    ann, bob = Debtor(), Debtor()
    at, later = NOON + HOUR, NOON + HOUR + timedelta(seconds=1)
    DunningAgenda.objects.update(next_at=at)
    real = dunning.look_at_each

    def overtaken(invoices, at):
        found = real(invoices, at)
        agenda.look_now(later, invoice=ann.first)
        return found

    monkeypatch.setattr(dunning, "look_at_each", overtaken)
    dunning.run_due(make_act(brand="", at=at))
    assert DunningAgenda.objects.get(invoice=ann.first).next_at == later
    assert DunningAgenda.objects.get(invoice=bob.first).next_at > later


@pytest.mark.parametrize("brand", ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"])
def test_every_brand_writes_every_letter_in_both_languages(fake, mailer, brand) -> None:
    for language in ("en", "vi"):
        ann = Debtor(brand, language=language).starts()
        passes(NOON, DUE + 33 * DAY, STRIDE)
        assert ann.state == "closed"
    kinds = {template.removeprefix("billing/") for template in ann.mails()}
    wanted = {"reminder", "overdue", "suspend_warning", "suspended", "end_warning", "ended"}
    if brand == "vietnam-server":  # its policy ends the account with its last service, and its mails with it
        kinds, wanted = {mailer.read(number)["Subject"] for number in range(len(mailer.letters))}, set()
        assert len(kinds) >= 10
    assert kinds >= wanted
    refused = Mail.objects.filter(state__in=["refused", "bounced"])
    if brand == "vietnam-server":
        refused = refused.exclude(template="billing/ended")  # the login may be gone before that letter leaves
    assert not refused.exists()
    for number in range(len(mailer.letters)):
        text = mailer.read(number).get_body(("plain",)).get_content()
        assert "{{" not in text
        assert "None" not in text
