"""What was billed at an old price while a change waited: gone after like any other invoice of its service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from hostkeep.billing.models import Invoice
from hostkeep.billing.queries.invoices import sheet
from hostkeep.flows import cancelling, changing
from hostkeep.flows.foretelling import preview_invoice
from hostkeep.flows.overdue import look
from hostkeep.kernel.ids import InvoiceId
from hostkeep.kernel.money import EUR, Money
from hostkeep.messaging.calls import handing
from hostkeep.provisioning.models import Action
from hostkeep.subscriptions.actions.changing import ask_change
from hostkeep.subscriptions.models import Change
from hostkeep.subscriptions.queries.changes import preview
from hostkeep.subscriptions.queries.subscriptions import periods_of
from hostkeep.subscriptions.rules.agreeing import Agreed
from hostkeep.subscriptions.rules.changing import Wanted
from hostkeep.subscriptions.rules.terms import Term
from tests.conftest import NOON
from tests.flows.debtors import DAY, HOUR, Debtor, machines, passes
from tests.flows.test_mailing import FakeMailer

STRIDE = 6 * HOUR


@pytest.fixture(autouse=True)
def house(db, monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(handing, "_makers", [lambda _brand, taking=FakeMailer(): taking])
    with machines():
        yield


def moves_up(
    term: Term = Term("month", 1), *, asked: float = 16.5, paid: float = 18
) -> tuple[Debtor, Invoice, Invoice]:
    """Somebody whose next period was billed while an upgrade waited: its own invoice, and what it costs more."""
    ann = Debtor(term=term).starts()
    passes(NOON, NOON + asked * DAY, STRIDE)
    act = ann.act("customer", "service", at=NOON + asked * DAY)
    wanted = Wanted(Agreed("hexa-m", "monthly", "Hexa M", {}, term, Money(2000, EUR)), {})
    due = preview(act, ann.subscription.id, of=ann.account, wanted=wanted.agreed).turn.due
    ask_change(act, subscription=ann.subscription.id, of=ann.account, wanted=wanted, expected=due, once="x")
    change = Change.objects.get()
    changing.settle(act, change.id)
    change.refresh_from_db()
    passes(NOON + asked * DAY, NOON + paid * DAY, STRIDE)
    ann.pays(InvoiceId(change.invoice), NOON + paid * DAY)
    Action.objects.filter(verb="change").update(stage="done", due_at=None, ended_at=NOON)  # as staff do it
    late = Invoice.objects.get(once=f"late:{change.id}")
    ahead = periods_of(ann.subscription.id)[0]
    assert late.net_minor == 800
    return ann, Invoice.objects.get(id=ahead.invoice), late


def owed(ann: Debtor, invoice: Invoice) -> int:
    return sheet(InvoiceId(invoice.id), of=ann.account).owed.minor


def at(invoice: Invoice, days: float) -> datetime:
    return invoice.due_at + timedelta(days=days)


def test_it_is_one_of_the_service_for_its_calendar_and_for_what_is_foretold() -> None:
    ann, ahead, late = moves_up()
    case = look(InvoiceId(late.id), NOON + 19 * DAY)
    assert (case.facts.about, case.facts.runs, [each.id for each in case.services]) == ("renewal", True, [ann.service])
    own = look(InvoiceId(ahead.id), NOON + 19 * DAY)
    assert (case.period, case.facts.due_at) == (own.period, own.facts.due_at)
    told = [each.what for each in preview_invoice(ann.act(at=NOON + 19 * DAY), InvoiceId(late.id), of=ann.account)]
    assert told[-1] == "end"
    assert "suspend" in told


def test_who_pays_all_but_that_is_reminded_and_stopped_and_runs_again_once_it_is_paid() -> None:
    ann, ahead, late = moves_up()
    ann.pays(InvoiceId(ahead.id), NOON + 19 * DAY)
    passes(NOON + 19 * DAY, at(late, 6), STRIDE)
    assert [kind for _, kind, _ in ann.steps(late.id)].count("reminder") >= 3
    assert (ann.state, ann.mails().count("billing/suspended")) == ("suspended", 1)
    ann.pays(InvoiceId(late.id), at(late, 6))
    assert (ann.state, ann.mails()[-1]) == ("active", "billing/resumed")


def test_who_never_pays_it_loses_the_service_and_owes_the_period_that_had_begun() -> None:
    ann, ahead, late = moves_up()
    ann.pays(InvoiceId(ahead.id), NOON + 19 * DAY)
    passes(NOON + 19 * DAY, at(late, 40), STRIDE)
    assert (ann.state, ann.subscription.end_reason, ann.mails().count("billing/ended")) == ("closed", "unpaid", 1)
    assert owed(ann, late) == late.gross_minor


def test_an_end_amid_the_period_leaves_it_owed_as_the_plan_s_own_invoice_is() -> None:
    ann, ahead, late = moves_up()
    passes(NOON + 19 * DAY, at(late, 2), STRIDE)
    cancelling.cancel_now(ann.act("customer", "service", at=at(late, 2)), of=ann.account, service=ann.service)
    passes(at(late, 2), at(late, 3), HOUR)
    assert ann.subscription.ended_at is not None
    assert (owed(ann, ahead), owed(ann, late)) == (ahead.gross_minor, late.gross_minor)


def test_of_a_period_that_began_while_the_service_stood_still_nothing_is_owed() -> None:
    ann, ahead, late = moves_up(Term("day", 10), asked=13, paid=15.5)
    stopped_over = next(each for each in ann.invoices() if each.due_at == ahead.due_at - 10 * DAY)
    passes(NOON + 15.5 * DAY, at(stopped_over, 40), STRIDE)
    assert ann.state == "closed"
    assert owed(ann, stopped_over) > 0
    assert (owed(ann, ahead), owed(ann, late)) == (0, 0)
