"""Services that stand still over an invoice: which stops are still of account, and which letters are theirs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hostkeep.billing.actions.dunning import spare_account
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.models import DunningAgenda, DunningStep
from hostkeep.billing.queries import dunning as rows
from hostkeep.billing.queries.dunned import dunned
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.events import InvoicePaid
from hostkeep.drivers.payments import Settled, Unknown
from hostkeep.flows import dunning, foretelling, playing_ahead, standing_still
from hostkeep.kernel.ids import InvoiceId
from hostkeep.provisioning.actions.asking import queue_action, retry_action
from hostkeep.provisioning.errors import NotParked
from hostkeep.provisioning.models import Action
from hostkeep.provisioning.rules.work import Verb
from tests.conftest import NOON, make_act
from tests.flows.debtors import DAY, machines, passes, work
from tests.flows.test_dunning import DUE, STRIDE, mailer, owing

__all__ = ["mailer"]


@pytest.fixture
def fake(db) -> Iterator:
    with machines() as found:
        yield found


def test_a_stop_that_was_given_up_is_tried_again_by_nobody_once_it_is_paid(fake) -> None:
    ann, invoice = owing(4)
    fake.tricks = ["refuse"]
    passes(DUE + 4 * DAY, DUE + 6 * DAY, STRIDE)
    (stop,) = Action.objects.filter(verb="suspend")
    assert (ann.state, stop.stage) == ("active", "parked")
    ann.pays(invoice, DUE + 6 * DAY)
    work(DUE + 6 * DAY)
    with pytest.raises(NotParked):
        retry_action(ann.act("engineer", "service", at=DUE + 6 * DAY), action=stop.id)
    work(DUE + 7 * DAY)
    assert ann.state == "active"


def test_a_stop_by_staff_writes_no_letter_about_an_old_invoice(fake) -> None:
    ann, invoice = owing(4)
    at = DUE + 5 * DAY
    dunning.run_due(make_act(brand="", at=at))  # asked, and called off before a driver began
    begun = begin_payment(ann.act(at=at), of=ann.account, invoice=invoice, gateway="testpay")
    record_outcome(ann.act(at=at), attempt=begun.attempt, outcome=Settled("p-1", begun.amount))
    standing_still.on_invoice_paid(make_act(brand="vps6", at=at), InvoicePaid(invoice, ann.account))
    work(at)
    assert DunningStep.objects.get(invoice=invoice, kind="suspend").outcome == "over"
    at = DUE + 10 * DAY
    for verb in (Verb.SUSPEND, Verb.RESUME):
        queue_action(ann.act("engineer", "service", at=at), service=ann.service, verb=verb, once=f"staff:{verb}")
        work(at)
    assert {"billing/suspended", "billing/resumed"} & set(ann.mails()) == set()


def test_a_stop_over_an_invoice_and_its_end_are_told_once_each(fake) -> None:
    ann, invoice = owing(6)
    ann.pays(invoice, DUE + 6 * DAY)
    assert ann.mails().count("billing/suspended") == ann.mails().count("billing/resumed") == 1


def test_old_debts_hide_nobody_who_is_spared(fake, monkeypatch) -> None:
    ann, invoice = owing(6)
    bob, _ = owing(6)
    assert (ann.state, bob.state) == ("suspended", "suspended")
    at = DUE + 8 * DAY
    spare_account(ann.act("billing", at=at), account=bob.account, kind="promise", until=at + 5 * DAY, reason="asked")
    found = rows.stops_free(at, first=1)
    assert [rows.brand_of(each.invoice) for each in found] == ["vps6"]
    assert [each.invoice for each in found] == [step.invoice_id for step in DunningStep.objects.filter(invoice__account=bob.account, kind="suspend")]
    standing_still.sweep_due(make_act(brand="", at=at))
    work(at)
    assert (ann.state, bob.state) == ("suspended", "active")


def test_what_is_gone_is_no_stop_any_more_and_is_looked_at_no_more(fake) -> None:
    """A second invoice of a service that was ended over the first: it is owed, and nothing is left to stop."""
    ann, first = owing(2)
    at = DUE + 2 * DAY
    spare_account(ann.act("billing", at=at), account=ann.account, kind="never_stop", until=at + 32 * DAY, reason="asked")
    passes(at, DUE + 80 * DAY, STRIDE)
    assert ann.state == "closed"
    owed = [row for row in ann.invoices() if sheet(InvoiceId(row.id), of=ann.account).owed.minor]
    assert len(owed) == 2
    assert not DunningStep.objects.filter(kind="suspend", outcome="asked").exists()
    assert not DunningAgenda.objects.exclude(next_at=None).exists()


def test_what_is_disputed_or_not_known_is_not_played_hour_by_hour(fake, monkeypatch) -> None:
    ann, invoice = owing(2)
    at = DUE + 2 * DAY
    begun = begin_payment(ann.act(at=at), of=ann.account, invoice=invoice, gateway="testpay")
    record_outcome(ann.act(at=at), attempt=begun.attempt, outcome=Unknown())
    assert dunned(invoice, at=at).held
    rounds = []
    real = playing_ahead.steps_due
    monkeypatch.setattr(playing_ahead, "steps_due", lambda *given: rounds.append(given) or real(*given))
    assert foretelling.preview_invoice(ann.act(at=at), invoice, of=ann.account) == ()
    assert len(rounds) < 50
