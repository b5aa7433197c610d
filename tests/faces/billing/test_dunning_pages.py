"""What follows an unpaid invoice, as its owner and staff see it; and who may change it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from hostkeep.billing import agenda
from hostkeep.billing.actions.dunning import Judge, note_untold, take_steps
from hostkeep.billing.models import DunningException, DunningStep
from hostkeep.billing.rules.dunning_steps import Kind, Step
from hostkeep.provisioning.actions.opening import Bought, open_service
from hostkeep.provisioning.models import Service
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.api.conftest import Program, program
from tests.faces.billing.conftest import Customer, Payments, a_customer
from tests.faces.services.conftest import Staff, staff
from tests.faces.shop.conftest import text
from tests.rooms.billing.making import line

__all__ = ["staff"]


def warned(who: Customer, issued) -> DunningStep:
    """A warning that nobody took."""
    at = clock.now()
    agenda.enlist(issued.id, at=at)
    act = make_act("system", "billing", brand=who.brand, at=at)
    steps = [Step(Kind.STOP_WARNING, 3)]
    take_steps(act, invoice=issued.id, judge=Judge(lambda: steps, lambda *_: "sent", lambda _: at + timedelta(days=1)))
    row = DunningStep.objects.get(invoice=issued.id)
    note_untold(act, step=row.id)
    return row


def test_an_open_invoice_says_what_follows(ann: Customer) -> None:
    page = text(ann.page(ann.owes(days_ago=5)))
    assert "If it stays open" in page
    assert "Reminder by mail" in page
    assert "Services stop" not in page  # nothing that runs hangs on it
    assert "Your money is here mostly the next working day." in page
    assert "Your service starts when" not in page, "it pays for no order"


def test_who_pays_for_an_order_is_told_when_the_service_starts_and_not_once_it_runs(ann: Customer) -> None:
    issued, starts = ann.owes(), "Your service starts when the money arrives, mostly the next working day."
    opened = open_service(
        make_act("system", "service", brand=ann.brand, at=clock.now()), account=ann.buyer.account, subject=ann.buyer.subject,
        invoice=issued.id, order_line=uuid4(), bought=Bought("Hexa S", "hexa-s", "manual", {}), once=uuid4().hex,
    )  # fmt: skip
    assert starts in text(ann.page(issued))
    Service.objects.filter(id=opened.id).update(state="active", activated_at=clock.now())
    page = text(ann.page(issued))
    assert starts not in page
    assert "Your money is here mostly the next working day." in page


def test_a_program_reads_what_follows_and_of_its_own_invoices_alone(payments: Payments, db) -> None:
    mine = program()
    other = a_customer("vps6").owes()
    assert mine.get(f"/invoices/{other.id}/outlook").status_code == 404
    from tests.rooms.billing.making import Buyer

    issued = Buyer("vps6", mine.account.id, mine.account.subject).owes(at=clock.now() - timedelta(days=1))
    told = mine.get(f"/invoices/{issued.id}/outlook").json()["items"]
    assert [each["what"] for each in told] == ["reminder"] * 5


def test_staff_see_what_needs_them_and_tell_it_by_hand(ann: Customer, staff: Staff) -> None:
    issued = ann.owes(days_ago=10)
    row = warned(ann, issued)
    staff.signs_in("billing")
    page = staff.get("/staff/dunning/")
    assert issued.number in text(page)
    assert "Nobody took this letter" in text(page)
    assert staff.posts(page, f"/staff/dunning/steps/{row.id}/told/").status_code == 302
    assert DunningStep.objects.filter(invoice=issued.id, kind=Kind.STOP_TOLD.value, outcome="by_hand").count() == 1
    assert "Nobody took this letter" not in text(staff.get("/staff/dunning/"))
    assert staff.posts(page, f"/staff/dunning/steps/{row.id}/told/").status_code == 409
    assert staff.posts(page, f"/staff/dunning/steps/{uuid4()}/told/").status_code == 409


def test_staff_spare_an_account_with_a_reason_and_end_it(ann: Customer, staff: Staff) -> None:
    agenda.enlist(ann.owes(days_ago=5).id, at=clock.now())
    staff.signs_in("billing")
    there = f"/staff/accounts/{ann.buyer.account}/"
    page = staff.get(f"{there}outlook/")
    assert "Reminder by mail" in text(page)
    day = (clock.now() + timedelta(days=20)).strftime("%Y-%m-%d")
    for bad in (
        {"kind": "promise", "until": "", "reason": "asked"}, {"kind": "promise", "until": "2000-01-01", "reason": "asked"},
        {"kind": "promise", "until": "9999-12-31", "reason": "asked"}, {"kind": "promise", "until": "soon", "reason": "asked"},
        {"kind": "promise", "until": "2026-13-45", "reason": "asked"}, {"kind": "never", "until": day, "reason": "asked"},
        {"kind": "never_end", "until": "", "reason": "because I like them"},
    ):  # fmt: skip
        assert staff.posts(page, f"{there}spare/", **bad).status_code == 422
    assert not DunningException.objects.exists()
    assert staff.posts(page, f"{there}spare/", kind="promise", until=day, reason="on_its_way").status_code == 302
    row = DunningException.objects.get()
    assert (row.account, row.reason, row.set_by.split()[0]) == (ann.buyer.account, "on_its_way", "billing")
    page = staff.get(f"{there}outlook/")
    assert "Promise to pay" in text(page)
    assert staff.posts(page, f"/staff/dunning/exceptions/{row.id}/lift/").status_code == 302
    assert staff.posts(page, f"/staff/dunning/exceptions/{row.id}/lift/").status_code == 404


@pytest.mark.parametrize("role", ["support", "engineer", "sales", "privacy"])
def test_nobody_else_spares_anybody(ann: Customer, staff: Staff, role: str) -> None:
    row = warned(ann, ann.owes(days_ago=10))
    staff.signs_in(role)
    page = staff.get("/staff/keys/")
    there = f"/staff/accounts/{ann.buyer.account}/"
    assert staff.get(f"{there}outlook/").status_code == 403
    assert staff.posts(page, f"{there}spare/", kind="never_stop", until="", reason="asked").status_code == 403
    assert staff.posts(page, f"/staff/dunning/steps/{row.id}/told/").status_code == 403
    assert not DunningException.objects.exists()
    assert not DunningStep.objects.filter(kind=Kind.STOP_TOLD.value).exists()


def test_the_first_page_says_what_an_overdue_invoice_leads_to(ann: Customer, monkeypatch) -> None:
    ann.owes(line(), days_ago=10)
    page = text(ann.browser.get("/account/"))
    assert "is overdue" in page
    assert "Services stop" not in page


def test_staff_see_what_falls_due_while_its_payer_is_at_a_page(ann: Customer, staff: Staff) -> None:
    issued, said = ann.owes(days_ago=10), "The payer is at a payment company's page."
    agenda.enlist(issued.id, at=clock.now())
    staff.signs_in("billing")
    before = text(staff.get("/staff/dunning/"))
    assert issued.number in before and "Reminder by mail" in before and said not in before
    assert ann.pays(issued).status_code == 302
    page = text(staff.get("/staff/dunning/"))
    assert issued.number in page and "Reminder by mail" in page and said in page
