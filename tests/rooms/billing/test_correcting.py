"""What was billed is corrected by new documents, never by more than it came to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connections, transaction

from hostkeep.billing import series
from hostkeep.billing.actions import correcting
from hostkeep.billing.actions.correcting import Part, credit_lines, credit_whole, debit_invoice
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.actions.receiving import record_transfer
from hostkeep.billing.transfers import Transfer
from hostkeep.billing.errors.documents import AlreadyPaid, BadLine, BadReason, IssuedDifferently, NoSuchInvoice, NotCorrectable, NothingToCredit, OverCredit, TwoCurrencies
from hostkeep.billing.models import Invoice, InvoiceLine, Series, TaxDecision
from hostkeep.billing.queries.corrections import relations_of
from hostkeep.billing.queries.invoices import invoices_of, sheet, unpaid_count
from hostkeep.billing.queries.unpaid import unpaid_by_brand
from hostkeep.billing.rules.party import Party
from hostkeep.billing.rules.taxing.deciding import TaxDecided
from hostkeep.drivers.payments import Settled
from hostkeep.kernel.ids import InvoiceId
from hostkeep.kernel.money import EUR, USD, VND, Money
from hostkeep.ledger import book, statements
from hostkeep.runtime.models import Event
from hostkeep.vault.door import reveal
from tests.conftest import NOON
from tests.lockless import unlocked
from tests.meeting import Together
from tests.rooms.billing.making import WEEK, Buyer, billing_act, line
from tests.rooms.billing.test_issuing import constraints_hold
from tests.told import told

def staff_act(brand: str = "vps6", at=NOON):
    return billing_act(brand, at, role="billing")


def eur(minor: int) -> Money:
    return Money(minor, EUR)


def stands(code: str) -> int:
    return book.balance(code, EUR).minor


def paid(buyer: Buyer, invoice: InvoiceId, amount: Money, proof: str = "p") -> None:
    begun = begin_payment(buyer.act(), of=buyer.account, invoice=invoice, gateway="testpay")
    record_outcome(billing_act(buyer.brand), attempt=begun.attempt, outcome=Settled(proof, amount))


def kinds() -> list[str]:
    return sorted(Event.objects.values_list("kind", flat=True))


def whole(invoice: InvoiceId, once: str = "", reason="cancelled", brand: str = "vps6"):
    return credit_whole(staff_act(brand), invoice=invoice, reason=reason, once=once or uuid4().hex)


def part(invoice: InvoiceId, *parts: tuple[int, int], once: str = "", reason="goodwill", brand: str = "vps6"):
    return credit_lines(
        staff_act(brand), invoice=invoice, parts=[Part(n, eur(minor)) for n, minor in parts], reason=reason,
        once=once or uuid4().hex,
    )  # fmt: skip


@pytest.fixture
def buyer(db) -> Buyer:
    return Buyer()


def test_a_full_note_undoes_an_unpaid_invoice(buyer: Buyer) -> None:
    invoice = buyer.owes(line(1990), line(400, quantity=2, rate=90_000))

    note = whole(invoice.id)

    constraints_hold()
    assert (note.number, note.gross) == ("V6-2026-C000001", invoice.gross)
    shown, corrected = sheet(note.id, of=buyer.account), sheet(invoice.id, of=buyer.account)
    assert (shown.kind, shown.corrects, shown.reason) == ("credit_note", invoice.id, "cancelled")
    assert (shown.net, shown.tax, shown.rates) == (corrected.net, corrected.tax, corrected.rates)
    assert told(shown).lines == told(corrected).lines
    assert (corrected.owed.minor, corrected.is_taken_back) == (0, True)
    for code in (f"receivable:{buyer.account}", f"credit:{buyer.account}", "sales:vps6", "tax:vps6"):
        assert stands(code) == 0
    assert kinds() == ["InvoiceIssued", "InvoiceIssued"], "what is taken back is not paid, and nobody builds it"
    assert (unpaid_count(buyer.account), unpaid_by_brand()) == (0, {})
    assert [row.kind for row in invoices_of(buyer.account).rows if row.owed.minor == 0] != []
    with pytest.raises(AlreadyPaid):
        begin_payment(buyer.act(), of=buyer.account, invoice=invoice.id, gateway="testpay")
    with pytest.raises(AlreadyPaid):
        begin_payment(buyer.act(), of=buyer.account, invoice=note.id, gateway="testpay")


def test_of_a_paid_invoice_it_becomes_credit(buyer: Buyer) -> None:
    invoice = buyer.owes(line(1990))
    paid(buyer, invoice.id, invoice.gross)
    part(invoice.id, (1, 1000))
    constraints_hold()
    assert stands(f"credit:{buyer.account}") == -1210
    assert (stands("sales:vps6"), stands("tax:vps6")) == (-990, -208)
    assert kinds().count("InvoicePaid") == 1


def test_what_is_open_goes_first_and_what_was_paid_in_part_is_then_paid(buyer: Buyer) -> None:
    invoice = buyer.owes(line(1000, rate=0))
    paid(buyer, invoice.id, eur(600))
    assert "InvoicePaid" not in kinds()
    part(invoice.id, (1, 500))
    constraints_hold()
    assert (stands(f"receivable:{buyer.account}"), stands(f"credit:{buyer.account}")) == (0, -100)
    assert kinds().count("InvoicePaid") == 1
    shown = sheet(invoice.id, of=buyer.account)
    assert [(p.gateway, p.amount.minor) for p in shown.payments] == [("testpay", 600), ("credit_note", 400)]
    assert (shown.is_paid, shown.is_taken_back) == (True, False)


def test_what_was_paid_in_part_and_is_taken_back_whole_is_built_by_nobody(buyer: Buyer) -> None:
    invoice = buyer.owes(line(1000, rate=0))
    paid(buyer, invoice.id, eur(1))
    whole(invoice.id)
    constraints_hold()
    assert (stands(f"receivable:{buyer.account}"), stands(f"credit:{buyer.account}")) == (0, -1)
    assert "InvoicePaid" not in kinds()


def test_notes_together_take_what_was_billed_and_no_more(buyer: Buyer) -> None:
    invoice = buyer.owes(line(333), line(334), line(10_000, rate=0))
    billed = sheet(invoice.id, of=buyer.account)
    notes = [part(invoice.id, (1, 111)), part(invoice.id, (2, 1), (1, 1)), whole(invoice.id)]
    constraints_hold()
    sheets = [sheet(note.id, of=buyer.account) for note in notes]
    assert sum(each.tax.minor for each in sheets) == billed.tax.minor
    assert sum(each.gross.minor for each in sheets) == billed.gross.minor
    assert [note.number for note in notes] == [f"V6-2026-C{n:06d}" for n in (1, 2, 3)]
    for again in (lambda: whole(invoice.id), lambda: part(invoice.id, (1, 1))):
        with pytest.raises((NothingToCredit, OverCredit)):
            again()
    assert Series.objects.get(kind="credit_note").last == 3, "what is refused takes no number"


def test_prices_with_tax_in_them(db) -> None:
    buyer = Buyer("vpn")
    invoice = buyer.owes(line(500, rate=240_000), line(501, rate=240_000))
    notes = [
        credit_lines(staff_act("vpn"), invoice=invoice.id, parts=[Part(1, eur(250))], reason="goodwill", once="a"),
        whole(invoice.id, brand="vpn"),
    ]
    constraints_hold()
    billed = sheet(invoice.id, of=buyer.account)
    sums = [sheet(note.id, of=buyer.account) for note in notes]
    assert sum(each.tax.minor for each in sums) == billed.tax.minor
    assert [each.gross.minor for each in sums] == [250, 751]


def test_the_buyer_and_the_reason_of_the_tax_are_copied_as_they_stood(buyer: Buyer) -> None:
    decided = TaxDecided("reverse_charge", "DE", "", 0, "AE", "VATEX-EU-AE", ("address",))
    abroad = replace(line(1000, rate=0), tax_category="AE", exemption="VATEX-EU-AE")
    invoice = buyer.owes(abroad, party=Party("V6-1", name="Ann Frozen", country="DE"), decision=decided)
    note = whole(invoice.id)
    sealed = reveal(buyer.act(), subject=buyer.subject, category="invoice_party", slot=str(note.id))
    assert sealed is not None
    assert "Ann Frozen" in sealed.open()
    assert TaxDecision.objects.get(invoice=note.id).rule == "reverse_charge"
    assert TaxDecision.objects.count() == 2
    assert [(r.category, r.exemption) for r in sheet(note.id, of=buyer.account).rates] == [("AE", "VATEX-EU-AE")]


def test_a_debit_note_is_owed_and_can_be_taken_back(buyer: Buyer) -> None:
    invoice = buyer.owes(line(1000))
    more = debit_invoice(
        staff_act(), invoice=invoice.id, lines=[line(100)], reason="more_used", due_in=WEEK, once="d"
    )
    constraints_hold()
    assert (more.number, more.gross.minor) == ("V6-2026-D000001", 121)
    assert stands(f"receivable:{buyer.account}") == 1331
    assert unpaid_count(buyer.account) == 2
    whole(more.id)
    assert (stands(f"receivable:{buyer.account}"), unpaid_count(buyer.account)) == (1210, 1)
    found = relations_of(more.id)
    assert found.corrects is not None
    assert (found.corrects.number, [each.kind for each in found.by]) == (invoice.number, ["credit_note"])
    assert [each.kind for each in relations_of(invoice.id).by] == ["debit_note"]
    with pytest.raises(NotCorrectable):
        debit_invoice(staff_act(), invoice=more.id, lines=[line(1)], reason="fee", due_in=WEEK, once="e")


def test_what_cannot_be(buyer: Buyer) -> None:
    invoice = buyer.owes(line(1000))
    note = part(invoice.id, (1, 1))
    refused = [
        (OverCredit, lambda: part(invoice.id, (1, 1000))),
        (OverCredit, lambda: part(invoice.id, (1, -1))),
        (BadLine, lambda: part(invoice.id, (1, 0))),
        (BadLine, lambda: part(invoice.id, (2, 5))),
        (BadLine, lambda: part(invoice.id, (1, 5), (1, 5))),
        (NothingToCredit, lambda: part(invoice.id)),
        (BadReason, lambda: part(invoice.id, (1, 5), reason="fee")),
        (BadReason, lambda: whole(invoice.id, reason="because")),
        (NotCorrectable, lambda: whole(note.id)),
        (NoSuchInvoice, lambda: whole(InvoiceId(uuid4()))),
        (NoSuchInvoice, lambda: whole(invoice.id, brand="vpsfast")),
    ]
    for error, attempt in refused:
        with pytest.raises(error), transaction.atomic():
            attempt()
    with pytest.raises(TwoCurrencies):
        credit_lines(
            staff_act(), invoice=invoice.id, parts=[Part(1, Money(5, USD))], reason="goodwill", once="x"
        )
    for lines, due in (([line(100, currency=VND)], WEEK), ([line(0)], WEEK), ([line(5)], timedelta(days=9999))):
        with pytest.raises((TwoCurrencies, BadLine)):
            debit_invoice(staff_act(), invoice=invoice.id, lines=lines, reason="fee", due_in=due, once="y")
    assert Invoice.objects.count() == 2
    assert all(total.minor == 0 for total in statements.totals())


def test_the_last_day_of_the_calendar(buyer: Buyer) -> None:
    last = datetime(9999, 12, 31, 12, tzinfo=UTC)
    invoice = buyer.owes(line(1000))
    note = credit_whole(staff_act(at=last), invoice=invoice.id, reason="cancelled", once="end")
    assert note.number == "V6-9999-C000001"


def test_the_same_post_twice_is_one_note(buyer: Buyer) -> None:
    invoice = buyer.owes(line(1000))
    first, again = part(invoice.id, (1, 100), once="k"), part(invoice.id, (1, 100), once="k")
    assert (again.id, again.again) == (first.id, True)
    for other in (lambda: part(invoice.id, (1, 101), once="k"), lambda: whole(invoice.id, once="k")):
        with pytest.raises(IssuedDifferently):
            other()
    assert Invoice.objects.filter(kind="credit_note").count() == 1


def test_nobody_pays_a_credit_note_by_its_reference(buyer: Buyer) -> None:
    invoice = buyer.owes(line(1000))
    note = sheet(part(invoice.id, (1, 100)).id, of=buyer.account)
    transfer = Transfer("bank_transfer", "b-1", eur(50), NOON.date(), frozenset({note.reference}))
    receipt = record_transfer(billing_act(), transfer=transfer)
    assert (receipt.number, receipt.booked.invoice) == ("", None)
    assert stands("unmatched:vps6") == -50


HANDS = 10


def at_once(many: int, attempt) -> list[object]:
    def run(n: int) -> object:
        try:
            return attempt(n)
        except (OverCredit, NothingToCredit, IntegrityError) as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(HANDS) as hands:
        return list(hands.map(run, range(many)))


def race() -> tuple[int, set[type]]:
    """Twenty take back three tenths of one invoice; return what they took, and how the others were refused."""
    buyer = Buyer()
    invoice = buyer.owes(line(1000, rate=0))
    before = stands("sales:vps6")
    done = at_once(20, lambda _: part(invoice.id, (1, 300)))
    return stands("sales:vps6") - before, {type(each) for each in done if isinstance(each, Exception)}


def test_twenty_who_credit_one_invoice_take_no_more_than_it_came_to(committed, monkeypatch) -> None:
    def read_only(act, invoice, kinds):
        return Invoice.objects.get(id=invoice)

    with monkeypatch.context() as patch:
        patch.setattr(correcting, "_locked", read_only)
        patch.setattr(correcting, "lines_left", Together(HANDS).after(correcting.lines_left))
        taken, refusals = race()
    assert IntegrityError in refusals, "the race was won without the lock"
    assert taken == 900, "even then the database takes no note over the document"
    assert race() == (900, {OverCredit})
    assert all(total.minor == 0 for total in statements.totals())


def numbers_of_twenty(buyer: Buyer) -> list[str]:
    invoices = [buyer.owes(line(100)).id for _ in range(20)]
    done = at_once(20, lambda n: whole(invoices[n]))
    return sorted(getattr(each, "number", "refused") for each in done)


def test_twenty_issuers_of_notes_leave_no_gap(committed, monkeypatch) -> None:
    whole(Buyer().owes(line(100)).id)  # the series is there
    with unlocked(), monkeypatch.context() as patch:
        patch.setattr(series, "lock_series", Together(HANDS).after(series.lock_series))
        assert "refused" in numbers_of_twenty(Buyer()), "the race was won without the lock"
    last = Series.objects.get(kind="credit_note").last
    assert last == Invoice.objects.filter(kind="credit_note").count(), "even then no gap, only refusals"
    numbers = numbers_of_twenty(Buyer())
    assert numbers == [f"V6-2026-C{n:06d}" for n in range(last + 1, last + 21)]


def test_the_database_takes_no_note_over_the_document(committed) -> None:
    buyer = Buyer()
    invoice = buyer.owes(line(1000, rate=0))
    note = Invoice.objects.get(id=part(invoice.id, (1, 600)).id)
    twin = InvoiceLine.objects.get(invoice=note)
    with pytest.raises(IntegrityError, match="taken back by more"), transaction.atomic():
        note.id, note.once, note.number, note.reference = uuid4(), "x", "V6-X", "RF00X"
        Invoice.objects.bulk_create([note])
        twin.pk, twin.invoice = None, note
        InvoiceLine.objects.bulk_create([twin])
        from hostkeep.billing.models import InvoiceTax

        InvoiceTax.objects.create(invoice=note, rate=0, net_minor=600, tax_minor=0)


def test_with_a_discount_at_another_rate_the_whole_is_the_limit_too(buyer: Buyer) -> None:
    """19 % on what is given, none on the discount: by line and rate 119 is left, of the document 99."""
    invoice = buyer.owes(line(10_000, rate=190_000), line(-2_000, rate=0))
    assert invoice.gross == eur(9_900)
    with pytest.raises(OverCredit):
        part(invoice.id, (1, 10_000))
    part(invoice.id, (1, 8_000))
    with pytest.raises(OverCredit):
        part(invoice.id, (1, 1_000))
    whole(invoice.id)
    constraints_hold()
    assert sheet(invoice.id, of=buyer.account).is_taken_back


def test_nobody_pays_a_credit_note_or_a_canarys_invoice_by_hand(buyer: Buyer, monkeypatch) -> None:
    from hostkeep.billing.actions.by_hand import Taken, record_by_hand
    from hostkeep.billing.models import Payment

    note = whole(buyer.owes().id)
    tried = Buyer()
    monkeypatch.setattr("hostkeep.billing.actions.issuing.canary_accounts", lambda: {tried.account})
    canary = tried.owes()
    given = Taken(eur(100), "cash", NOON.date(), "once")
    for each in (note, canary):
        with pytest.raises(NoSuchInvoice):
            record_by_hand(staff_act(), invoice=each.id, taken=given)
    assert not Payment.objects.exists()
