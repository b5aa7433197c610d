"""An invoice is written once, with a number without a gap, or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.errors.documents import EmptyInvoice, IssuedDifferently, NoSuchInvoice
from hostkeep.billing.models import Invoice, InvoiceLine, InvoiceTax, Series, TaxDecision
from hostkeep.billing.queries.invoices import invoice_by_number, invoices_of, listed, sheet, unpaid_count
from hostkeep.billing.queries.unpaid import owing, unpaid_by_brand, unpaid_of
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.party import BilledTo, Party
from hostkeep.billing.rules.taxing.deciding import TaxDecided
from hostkeep.drivers.payments import Settled
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import AccountId, BrandId
from hostkeep.kernel.money import EUR, VND, Money
from hostkeep.kernel.period import Period
from hostkeep.ledger import book, statements
from hostkeep.runtime.models import Event
from hostkeep.vault.door import reveal
from tests.conftest import NOON
from tests.rooms.billing.making import WEEK, Buyer, billing_act, line
from tests.told import told


def constraints_hold() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_an_invoice_is_numbered_owed_and_told(db) -> None:
    buyer = Buyer()

    issued = buyer.owes(line(1990), line(400, quantity=2))

    constraints_hold()
    assert issued.number == "V6-2026-000001"
    assert issued.gross == Money(3376, EUR)
    shown = sheet(issued.id, of=buyer.account)
    assert (shown.net, shown.tax, shown.gross) == (Money(2790, EUR), Money(586, EUR), Money(3376, EUR))
    assert (shown.issued_at, shown.due_at) == (NOON, NOON + WEEK)
    assert [li.amount.minor for li in shown.lines] == [1990, 800]
    assert shown.reference.startswith("RF")
    assert shown.reference.endswith("V62026000001")
    assert not shown.is_paid
    assert shown.owed == shown.gross
    assert book.balance(f"receivable:{buyer.account}", EUR) == Money(3376, EUR)
    assert book.balance("sales:vps6", EUR) == Money(-2790, EUR)
    assert book.balance("tax:vps6", EUR) == Money(-586, EUR)
    events = list(Event.objects.values_list("kind", "body"))
    assert events == [("InvoiceIssued", {"invoice": str(issued.id), "account": str(buyer.account)})]


def test_prices_with_tax_in_them(db) -> None:
    buyer = Buyer("vpn")
    issued = buyer.owes(line(500, rate=240_000))
    constraints_hold()
    shown = sheet(issued.id, of=buyer.account)
    assert (shown.prices, shown.net, shown.tax) == ("gross", Money(403, EUR), Money(97, EUR))
    assert issued.gross == Money(500, EUR)


def test_the_dong(db) -> None:
    buyer = Buyer("vietnam-server")
    issued = buyer.owes(line(79_000, rate=100_000, currency=VND))
    assert issued.gross == Money(86_900, VND)
    assert issued.number == "VS-2026-000001"


def test_the_same_key_again_is_the_same_invoice(db) -> None:
    buyer, one = Buyer(), line()
    first = buyer.owes(one, once="order-1")
    again = buyer.owes(one, once="order-1")
    assert (again.id, again.number, again.gross) == (first.id, first.number, first.gross)
    assert (first.again, again.again) == (False, True)
    assert Invoice.objects.count() == 1


def test_the_same_key_with_other_content_is_refused(db) -> None:
    buyer = Buyer()
    first = buyer.owes(line(), once="order-1")
    for other in (line(1), line(1990, rate=0)):
        with pytest.raises(IssuedDifferently) as refusal:
            buyer.owes(other, once="order-1")
        assert refusal.value.facts["invoice"] == str(first.id)
    with pytest.raises(IssuedDifferently):
        Buyer().owes(line(), once="order-1")


def test_what_is_refused_takes_no_number(db) -> None:
    from hostkeep.billing.actions.issuing import issue_invoice

    buyer = Buyer()
    with pytest.raises(EmptyInvoice):
        issue_invoice(
            billing_act(), to=BilledTo(buyer.account, buyer.subject), lines=[], due_in=WEEK, once="x"
        )
    assert buyer.owes().number == "V6-2026-000001"


def test_each_brand_and_year_counts_for_itself(db) -> None:
    eve = datetime(2026, 12, 31, 20, tzinfo=UTC)
    assert Buyer("vps6").owes(at=eve).number == "V6-2026-000001"
    assert Buyer("vps6").owes(at=eve).number == "V6-2026-000002"
    assert Buyer("vietnam-server").owes(at=eve).number == "VS-2027-000001"
    assert Buyer("vps6").owes(at=eve + timedelta(hours=4)).number == "V6-2027-000001"


def test_the_buyers_block_is_sealed_as_it_stood(db) -> None:
    buyer = Buyer()
    party = Party("V6-1", name="Ann Frozen", address="1 Way", city="Utrecht", postal_code="3500", country="NL")
    issued = buyer.owes(party=party)
    sealed = reveal(buyer.act(), subject=buyer.subject, category="invoice_party", slot=str(issued.id))
    assert sealed is not None
    assert "Ann Frozen" in sealed.open()
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(i)::text || row_to_json(l)::text FROM billing_invoice i, billing_invoiceline l")
        assert all("Frozen" not in row[0] for row in cursor.fetchall())


def test_another_customer_does_not_see_it(db) -> None:
    buyer, other = Buyer(), Buyer()
    issued = buyer.owes(party=Party("V6-1", name="Ann"))
    with pytest.raises(NoSuchInvoice):
        sheet(issued.id, of=other.account)
    with pytest.raises(Foreseen):
        reveal(other.act(), subject=buyer.subject, category="invoice_party", slot=str(issued.id))


def test_an_invoice_over_nothing_is_paid_at_once(db) -> None:
    buyer = Buyer()
    issued = buyer.owes(line(1000), line(-1000))
    constraints_hold()
    assert sheet(issued.id, of=buyer.account).is_paid
    assert list(Event.objects.order_by("kind").values_list("kind", flat=True)) == ["InvoiceIssued", "InvoicePaid"]
    assert statements.statement(f"receivable:{buyer.account}") == ()


@pytest.mark.parametrize("table", ["billing_invoice", "billing_invoiceline", "billing_invoicetax"])
@pytest.mark.parametrize("what", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_nothing_on_it_ever_changes(db, table: str, what: str) -> None:
    Buyer().owes()
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(what.format(table))


def test_not_even_the_owner_empties_the_table(committed, pg) -> None:
    from tests import database

    Buyer().owes()
    database.point(committed, user="hk_owner", folder=pg.folder)
    for table in ("billing_invoice", "billing_invoiceline", "billing_invoicetax", "billing_allocation"):
        with pytest.raises(DatabaseError, match="written once"), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")
    database.point(committed, user="hk_app", folder=pg.folder)
    assert Invoice.objects.count() == 1


def test_a_line_cannot_be_added_later(committed) -> None:
    invoice = Invoice.objects.get(id=Buyer().owes().id)
    about = InvoiceLine.objects.get(invoice=invoice)
    with pytest.raises(IntegrityError, match="does not equal its lines"), transaction.atomic():
        InvoiceLine.objects.create(
            invoice=invoice, position=2, title=about.title, quantity=1, unit_minor=0, minor=0, tax_rate=0,
            about_kind="x", about_id=about.about_id,
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="does not equal its lines"), transaction.atomic():
        InvoiceTax.objects.create(invoice=invoice, rate=1, net_minor=5, tax_minor=0)


def test_numbers_go_up_one_by_one(db) -> None:
    Buyer().owes()
    for change in ({"last": 5}, {"last": 0}, {"year": 2030, "last": 2}):
        with pytest.raises(DatabaseError, match="one by one"), transaction.atomic():
            Series.objects.update(**change)


def test_twenty_hands_with_one_key_make_one_invoice(committed) -> None:
    buyer, one = Buyer(), line()

    def issue(_: int) -> str:
        try:
            return buyer.owes(one, once="order-1").number
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as issuers:
        numbers = set(issuers.map(issue, range(20)))

    assert numbers == {"V6-2026-000001"}
    assert Series.objects.get().last == 1
    assert book.balance(f"receivable:{buyer.account}", EUR) == Money(2408, EUR)


def test_a_list_takes_one_query(db, django_assert_num_queries) -> None:
    buyer = Buyer()
    numbers = [buyer.owes(line(100 * n), at=NOON + timedelta(days=n)).number for n in range(1, 8)]
    with django_assert_num_queries(1):
        page = invoices_of(buyer.account, first=3, skip=1)
    assert (page.total, page.unpaid) == (7, 7)
    assert [row.number for row in page.rows] == numbers[-2:-5:-1]
    assert told(page.rows[0]).title == "Server V-4"
    assert page.rows[0].more == 0
    assert invoices_of(AccountId(Buyer().account)).rows == ()
    assert unpaid_count(buyer.account) == 7


def things(*lines: Line) -> int:
    """How many things the list says an invoice bills besides the first; all three lists say the same."""
    buyer = Buyer()
    issued = buyer.owes(*lines)
    said = {invoices_of(buyer.account).rows[0].more, listed(issued.id).more, unpaid_of(buyer.account)[0].more}
    assert len(said) == 1
    return said.pop()


def test_a_list_counts_things_and_not_lines(db) -> None:
    term, later = Period(NOON, NOON + WEEK), Period(NOON + WEEK, NOON + 2 * WEEK)
    plan = replace(line(1990), period=term)
    off, setup = replace(plan, unit=Money(-500, EUR)), replace(plan, period=None)
    add_on = replace(line(300), period=term)
    assert things(plan, off) == 0
    assert things(plan, off, setup, add_on, replace(add_on, period=None), line(0)) == 2
    assert things(plan, replace(plan, period=later)) == 0, "a change that is billed for two periods"
    assert things(plan, replace(plan, unit=Money(7, EUR)), replace(plan, unit=Money(8, EUR))) == 2, "metered"
    assert things(setup, replace(setup, unit=Money(3, EUR))) == 1, "neither has a time"


def test_who_may_have_sent_just_this_amount(db) -> None:
    buyer = Buyer()
    issued = buyer.owes(line(1000))
    buyer.owes(line(1001))
    assert [row.number for row in owing(BrandId("vps6"), amount=Money(1210, EUR))] == [issued.number]
    assert owing(BrandId("vpsfast"), amount=Money(1210, EUR)) == ()
    assert invoice_by_number(BrandId("vps6"), issued.number.lower()) == issued.id
    assert invoice_by_number(BrandId("vpn"), issued.number) is None


def test_what_is_still_owed(db) -> None:
    buyer, other = Buyer(), Buyer("vpn")
    late, later = buyer.owes(at=NOON), buyer.owes(line(5), line(6), at=NOON + WEEK)
    buyer.owes(line(1000), line(-1000))
    other.owes(line(500))
    begun = begin_payment(buyer.act(), of=buyer.account, invoice=later.id, gateway="testpay")
    record_outcome(billing_act(), attempt=begun.attempt, outcome=Settled("p", Money(1, EUR)))
    rows = unpaid_of(buyer.account)
    assert [(row.number, row.more) for row in rows] == [(late.number, 0), (later.number, 1)]
    assert [row.owed for row in rows] == [Money(2408, EUR), Money(12, EUR)]
    assert unpaid_by_brand() == {"vps6": 2, "vpn": 1}


def test_why_it_bears_its_tax_is_written_with_it(db) -> None:
    abroad = replace(line(1000, rate=0), tax_category="AE", exemption="VATEX-EU-AE")
    decided = TaxDecided("reverse_charge", "DE", "", 0, "AE", "VATEX-EU-AE", ("address", "number"))
    buyer = Buyer()

    issued = buyer.owes(abroad, decision=decided)

    constraints_hold()
    shown = sheet(issued.id, of=buyer.account)
    assert [(r.category, r.exemption, r.rate, r.net.minor) for r in shown.rates] == [("AE", "VATEX-EU-AE", 0, 1000)]
    assert [(li.tax_category, li.exemption) for li in shown.lines] == [("AE", "VATEX-EU-AE")]
    row = TaxDecision.objects.values("rule", "country", "region", "proofs").get(invoice=issued.id)
    assert row == {"rule": "reverse_charge", "country": "DE", "region": "", "proofs": "address number"}
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        TaxDecision.objects.update(country="FR")
    buyer.owes(line())
    assert TaxDecision.objects.count() == 1
