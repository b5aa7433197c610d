"""A document's letter sent once more by staff: as it stands now, recorded, not twice in an hour, three times a day."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from hostkeep.audit.models import Entry
from hostkeep.billing.actions.correcting import Part, credit_whole, debit_lines
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.actions.proforma import issue_proforma
from hostkeep.billing.actions.withdrawing import withdraw_proforma
from hostkeep.billing.errors.documents import NoSuchInvoice, Withdrawn
from hostkeep.billing.rules.party import BilledTo
from hostkeep.drivers.payments import Settled
from hostkeep.flows.mail_contents import said_by
from hostkeep.flows.sending_again import send_again
from hostkeep.brands.queries import brand
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, Money
from hostkeep.messaging.errors import NoAddress, SentLately
from hostkeep.messaging.models import Mail
from hostkeep.messaging.queries import mail
from hostkeep.people.models import Membership
from hostkeep.runtime import clock
from tests.conftest import make_act
from tests.faces.billing.conftest import Customer
from tests.faces.billing.test_staff_payments import staff
from tests.faces.shop.conftest import text
from tests.rooms.billing.making import WEEK, billing_act, line

HOUR = timedelta(hours=1)


def again(invoice, hours: float = 0) -> None:
    send_again(make_act("billing", "billing", brand="vps6", at=clock.now() + hours * HOUR, actor="staff:test"), invoice=invoice)


def letters() -> list[str]:
    return list(Mail.objects.filter(template__startswith="billing/").order_by("queued_at").values_list("template", flat=True))


def test_it_leaves_once_more_and_the_book_says_who_wanted_it(ann: Customer) -> None:
    issued, member = ann.owes(), staff()
    page = member.get(f"/staff/documents/{issued.id}/")
    assert "Send its letter again" in text(page)
    path = f"/staff/documents/{issued.id}/send/"
    assert member.posts(page, path).status_code == 302
    assert letters() == ["billing/invoice"]
    assert "The letter is on its way once more." in text(member.get(f"/staff/documents/{issued.id}/"))
    assert member.posts(page, path).status_code == 302
    assert "Give it an hour" in text(member.get(f"/staff/documents/{issued.id}/"))
    assert letters() == ["billing/invoice"], "pressed twice it leaves once"
    (row,) = Mail.objects.filter(template="billing/invoice")
    said = said_by(make_act(brand="vps6", at=clock.now()), mail(row.id), brand(BrandId("vps6")))
    assert said["number"] == issued.number
    entry = Entry.objects.filter(verb="messaging.mail.queued").order_by("-id").first()
    assert entry is not None and (entry.thing, entry.role) == (row.id, "billing")
    assert staff("support").posts(page, path).status_code in (403, 404)


def test_an_hour_apart_and_three_a_day(ann: Customer) -> None:
    issued = ann.owes()
    again(issued.id)
    for hours, why in ((0.9, "soon"), (1, ""), (2.1, ""), (3.2, "often"), (23, "often"), (24.5, "")):
        if not why:
            again(issued.id, hours)
            continue
        with pytest.raises(SentLately) as no:
            again(issued.id, hours)
        assert no.value.facts["why"] == why
    assert letters() == ["billing/invoice"] * 4
    assert len(set(Mail.objects.values_list("once", flat=True))) == Mail.objects.count()


def test_it_tells_the_document_as_it_stands(ann: Customer) -> None:
    paid, credited = ann.owes(), ann.owes()
    begun = begin_payment(ann.buyer.act(clock.now()), of=ann.buyer.account, invoice=paid.id, gateway="testpay")
    record_outcome(billing_act(at=clock.now()), attempt=begun.attempt, outcome=Settled("p-1", begun.amount))
    note = credit_whole(billing_act(at=clock.now()), invoice=credited.id, reason="cancelled", once="n-1")
    for each in (paid.id, note.id):
        again(each)
    assert letters() == ["billing/paid", "billing/credit_note"]


def test_nobody_is_asked_to_pay_or_thanked_for_what_is_taken_back_or_paid_in_another_way(ann: Customer) -> None:
    act = billing_act(role="billing", at=clock.now())
    to = BilledTo(ann.buyer.account, ann.buyer.subject, "")
    whole, asked, dropped, debited = ann.owes(), *(
        issue_proforma(act, to=to, lines=[line()], due_in=WEEK, once=uuid4().hex) for _ in range(2)
    ), ann.owes()  # fmt: skip
    credit_whole(act, invoice=whole.id, reason="cancelled", once="n-1")
    withdraw_proforma(act, proforma=dropped.id, reason="cancelled")
    for each in (whole, dropped):
        with pytest.raises(Withdrawn):
            again(each.id)
    member = staff()
    assert member.posts(member.get(f"/staff/documents/{whole.id}/"), f"/staff/documents/{whole.id}/send/").status_code == 302
    assert "Nothing is to be paid for it." in text(member.get(f"/staff/documents/{whole.id}/"))
    assert letters() == []
    debit = debit_lines(act, invoice=debited.id, parts=[Part(1, Money(500, EUR))], reason="fee", due_in=WEEK, once="d-1")
    for each in (asked, debit):
        begun = begin_payment(ann.buyer.act(clock.now()), of=ann.buyer.account, invoice=each.id, gateway="testpay")
        record_outcome(act, attempt=begun.attempt, outcome=Settled(uuid4().hex, begun.amount))
        again(each.id)
    assert letters() == ["billing/paid"] * 2


def test_nobody_sends_another_brands_and_nobody_is_written_to_who_is_gone(ann: Customer) -> None:
    issued = ann.owes()
    with pytest.raises(NoSuchInvoice):
        send_again(make_act("billing", "billing", brand="vpn", at=clock.now()), invoice=issued.id)
    Membership.objects.filter(account_id=ann.buyer.account).delete()
    with pytest.raises(NoAddress):
        again(issued.id)
    assert letters() == []
