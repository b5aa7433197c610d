"""Pay-outs in the back office: what is in transit, what became of the others, and asking at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.drivers.payouts import Holding
from hostkeep.flows import paying_out
from hostkeep.kernel.money import EUR, Money
from hostkeep.runtime import jobs
from tests.conftest import NOON
from tests.drivers.bank_files import Entry, camt
from tests.faces.services.conftest import Staff, staff
from tests.faces.shop.conftest import text
from tests.flows.payer_of_gateways import PaysOut
from tests.flows.test_paying_out import PayoutLine, gateway, goes_round, out, paid
from hostkeep.flows.bank_files import import_bank_file
from tests.rooms.billing.making import billing_act

__all__ = ["gateway", "staff"]

PAGE = "/staff/payments/payouts/"


def shown(staff: Staff, where: str = PAGE) -> str:
    answer = staff.get(where)
    assert answer.status_code == 200
    return text(answer)


def test_what_is_in_transit_stands_first_and_leaves_when_the_bank_shows_it(staff: Staff, gateway: PaysOut) -> None:
    staff.signs_in("billing")
    assert "Nothing paid out yet" in shown(staff)
    gateway.told = [out(PayoutLine(paid(5000)[1], 4900, 100)), out(PayoutLine(paid(700)[1], 700), proof="po_2", state="failed")]
    goes_round()

    page = shown(staff)
    moving = page.split('id="moving"')[1].split("</section>")[0]
    assert "po_1" in moving and "49.00" in moving and "po_2" not in moving
    assert "Came back" in page

    import_bank_file(billing_act(role="billing"), body=camt(Entry("49.00", words="testpay po_1")))
    page = shown(staff)
    assert 'id="moving"' not in page and "The bank shows it" in page
    assert "po_1" not in shown(staff, f"{PAGE}?brand=vpsfast")


def test_a_gateway_that_holds_something_else_is_named_among_the_books(staff: Staff, gateway: PaysOut) -> None:
    staff.signs_in("billing")
    paid(5000)
    gateway.held = [Holding(Money(4000, EUR), 0)]
    for day in range(2):
        goes_round(NOON + timedelta(days=day))
    page = shown(staff, "/staff/books/")
    row = page.split("What a gateway says it holds")[1].split("</tr>")[0]
    assert "Test gateway" in row and "10.00" in row


def test_asking_at_once_sends_the_errand(staff: Staff, gateway: PaysOut) -> None:
    staff.signs_in("billing")
    assert staff.posts(staff.get(PAGE), f"{PAGE}ask/").status_code == 302
    assert jobs.is_sent(paying_out.ERRAND, paying_out.ALL)


@pytest.mark.parametrize("role", ["support", "engineer"])
def test_it_is_for_those_who_look_after_money(staff: Staff, gateway: PaysOut, role: str) -> None:
    staff.signs_in(role)
    assert staff.get(PAGE).status_code == 403
