"""An invoice by hand: looked at with its tax, made once a page, for an open account, by who looks after money."""

from __future__ import annotations

import re

import pytest

from hostkeep.audit.models import Entry
from hostkeep.billing.models import Invoice, InvoiceLine
from hostkeep.billing.queries.invoices import sheet
from hostkeep.flows import overdue
from hostkeep.kernel.ids import InvoiceId
from hostkeep.people.models import Account
from tests.faces.client.conftest import Member
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import text

pytestmark = pytest.mark.django_db(databases="__all__")

WORK = {"what-1": "Moving a mailbox", "pieces-1": "3", "price-1": "20,00", "currency": "EUR", "due": "10"}


def path(ann: Member) -> str:
    return f"/staff/accounts/{ann.account.id}/invoice/"


def hidden_of(page) -> dict[str, str]:
    form = page.content.decode().split('id="look"')[1].split("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def test_it_is_looked_at_then_made_once_and_owed(ann: Member, staff: Staff) -> None:
    staff.signs_in("billing")
    assert path(ann) in text(staff.get(f"/staff/accounts/{ann.account.id}/documents/"))
    blank = staff.get(path(ann))
    looked = staff.posts(blank, path(ann), do="look", **WORK, **{"what-2": "Cable", "price-2": "0.50"})
    page = text(looked)
    for words in ("3 × €20.00", "€60.50", "Tax 21 %", "€12.71", "€73.21", "in 10 days"):
        assert words in page, words
    assert not Invoice.objects.exists()

    fields = {**hidden_of(looked), "do": "make"}
    first, second = (staff.posts(looked, path(ann), **fields) for _ in range(2))
    assert first.status_code == second.status_code == 302
    [made] = Invoice.objects.all()
    assert first["Location"] == second["Location"] == f"/staff/documents/{made.id}/"
    assert (made.kind, made.gross_minor, (made.due_at - made.issued_at).days) == ("invoice", 7321, 10)
    assert list(InvoiceLine.objects.order_by("position").values_list("quantity", "minor")) == [(3, 6000), (1, 50)]
    assert Entry.objects.filter(verb="billing.invoice.issued", actor__startswith="staff:").exists()
    assert "Moving a mailbox" in text(ann.get(f"/account/invoices/{made.id}/"))
    assert sheet(made.id, of=ann.account.id).owed.minor == 7321
    assert overdue.look(InvoiceId(made.id), made.issued_at).services == (), "nothing that runs hangs on it"

    changed = staff.posts(looked, path(ann), **{**fields, "price-1": "21"})
    assert changed.status_code == 422 and "Open the page anew" in text(changed)
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize(("wrong", "said"), [
    ({"price-1": "1.001"}, "Each line needs"), ({"price-1": "-5"}, "Each line needs"), ({"what-1": " "}, "Each line needs"),
    ({"pieces-1": "0"}, "Each line needs"), ({"pieces-1": "1000000"}, "Each line needs"), ({"what-1": "x" * 201}, "Each line needs"),
    ({"price-1": "0"}, "more than nothing"), ({"what-1": "", "price-1": ""}, "at least one line"), ({"due": "366"}, "0 to 365"),
    ({"due": "-1"}, "0 to 365"), ({"currency": "VND"}, "currency of the brand"), ({"currency": "XXX"}, "currency of the brand"),
])  # fmt: skip
def test_what_makes_no_invoice_is_said_and_stays_typed(ann: Member, staff: Staff, wrong: dict[str, str], said: str) -> None:
    staff.signs_in("owner")
    page = staff.get(path(ann))
    for do in ("look", "make"):
        answer = staff.posts(page, path(ann), do=do, **{**WORK, **wrong})
        assert answer.status_code == 422
        assert said in text(answer)
        assert 'name="pieces-1"' in text(answer)
    assert not Invoice.objects.exists()


def test_who_does_not_look_after_money_makes_none(ann: Member, staff: Staff) -> None:
    staff.signs_in("support")
    assert staff.get(path(ann)).status_code == 403
    assert staff.posts(staff.get("/staff/keys/"), path(ann), do="make", **WORK).status_code == 403
    assert not Invoice.objects.exists()


def test_an_account_that_is_not_open_is_billed_nothing(ann: Member, staff: Staff) -> None:
    staff.signs_in("billing")
    page = staff.get(path(ann))
    Account.objects.filter(id=ann.account.id).update(state="closing")
    assert staff.posts(page, path(ann), do="make", **WORK).status_code == 404
    assert path(ann) not in text(staff.get(f"/staff/accounts/{ann.account.id}/documents/"))
    assert not Invoice.objects.exists()
