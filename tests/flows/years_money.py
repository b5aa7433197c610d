"""Years of a brand, with its money: paid whole, in part, late, twice and too much; given back, disputed, put in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as some
from hypothesis.stateful import initialize, rule

from hostkeep.billing.actions.by_hand import Taken, record_by_hand
from hostkeep.billing.actions.correcting import Part, credit_lines
from hostkeep.billing.actions.crediting import give_credit, take_credit, use_credit
from hostkeep.billing.actions.disputing import record_dispute
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.actions.receiving import match_payment, record_transfer
from hostkeep.billing.transfers import Transfer
from hostkeep.billing.actions.refunding import begin_refund, record_refund
from hostkeep.billing.actions.topping import begin_top_up, begin_top_up_payment
from hostkeep.billing.models import Dispute, Invoice, Payment, PaymentAttempt, Refund
from hostkeep.billing.queries.corrections import lines_left
from hostkeep.billing.queries.refunds import room_of
from hostkeep.drivers.payments import Declined, Disputed, Outcome, Settled, Unknown, Waiting
from hostkeep.flows.bank_files import import_bank_file
from hostkeep.kernel.ids import BrandId, InvoiceId, PaymentId
from hostkeep.kernel.money import CURRENCIES, Money
from tests.drivers.bank_files import Entry, camt
from tests.flows.years import WHICH, Years
from tests.flows.years_house import BEGINNINGS, BRAND, make_codes

PARTS = some.sampled_from([1, 1, 1, 2, 3])
SAID = some.sampled_from(["settled", "declined", "waiting", "unknown", "other"])
EVERY = ("invoice", "debit_note", "proforma")
IBAN = "DE50000000000123456789"
"""The brand's own account: files of another are refused."""


def amount(minor: int, currency: str) -> Money:
    return Money(minor, CURRENCIES[currency])


class YearsOfMoney(Years):
    """The same brand; whatever can become of money becomes of it."""

    @initialize(begin=some.sampled_from(BEGINNINGS), currency=some.sampled_from(["EUR", "USD", "VND"]), pays=some.booleans())
    def begins(self, begin: datetime, currency: str, pays: bool) -> None:
        """With what short plays would hardly come to: a code, a trial, an upgrade, ends set and undone, a refund."""
        self.at = begin
        make_codes(begin)
        for where in ("DE", "US"):
            self.joins(where, currency)
        self.orders(0, ["middle", "tried"], "monthly", False, "TENTH", False)
        self.pays_by_hand(0, 1)
        self.orders(1, ["counted"], "monthly", True, "", False)
        self.pays_by_card(0, "settled")
        self.time_passes(24 * 3, True)
        self.asks_for_a_change(0, "upgrade", 0)
        self.time_passes(24 * 17, True)
        self.cancels_at_its_end(0, False)
        self.keeps_it(0, False)
        self.reads_a_meter(0, 150)
        if pays:
            self.pays_by_card(0, "settled")
            self.asks_for_money_back(0, 2, "declined")
        self.is_given_credit(0, 300)

    def owed(self, which: int) -> tuple[Any, int] | None:
        """A document that asks for money, and how much."""
        books = self.books
        found = [each for person in self.people for each in books.asking(person.account)]
        if not found:
            return None
        name = found[which % len(found)]
        return books.documents[name], books.open(name)

    def some_row(self, which: int, found: Any, at: str) -> Any:
        """One of some rows, in the order in which they came; at: the column that tells it."""
        amount = "gross_minor" if found.model is Invoice else "minor"
        rows = list(found.order_by(at, amount))
        return rows[which % len(rows)] if rows else None

    @rule(which=WHICH, part=PARTS)
    def pays_by_hand(self, which: int, part: int) -> None:
        """What is open, whole or in part."""
        if found := self.owed(which):
            row, left = found
            self.takes("pay" if part == 1 else "pay a part", row, max(1, left // part))

    def takes(self, name: str, row: Any, minor: int) -> None:
        given = Taken(amount(minor, row.currency), "cash", self.at.date(), uuid4().hex)
        for _ in range(2):
            self.tried(name, lambda: record_by_hand(self.act(), invoice=InvoiceId(row.id), taken=given))

    @rule(which=WHICH)
    def pays_what_nobody_owes(self, which: int) -> None:
        """A transfer that comes late, for what was withdrawn, taken back or paid before."""
        books = self.books
        mine = Invoice.objects.filter(brand=BRAND, kind__in=EVERY)
        row = self.some_row(which, mine.filter(id__in=[each for each in books.documents if not books.open(each)]), "issued_at")
        if row is not None:
            self.takes("late", row, row.gross_minor or 1)

    @rule(which=WHICH, over=some.integers(-500, 500))
    def pays_by_bank(self, which: int, over: int) -> None:
        """By its reference, twice told, and not the amount that is owed."""
        if found := self.owed(which):
            row, left = found
            said = Transfer("bank_transfer", uuid4().hex, amount(max(1, left + over), row.currency), self.at.date(), frozenset({reference_of(row.id)}))
            for _ in range(2):
                self.tried("pay by bank", lambda: record_transfer(self.act(), transfer=said))

    @rule(which=WHICH, over=some.integers(-500, 500))
    def pays_by_a_bank_file(self, which: int, over: int) -> None:
        """What is owed, not to the cent, beside a row that says nothing; the file is read twice, and its rows come again."""
        found = self.owed(which)
        if found is None:
            return
        row, left = found
        paid, day = amount(max(1, left + over), row.currency), self.at.date().isoformat()
        rows = [
            Entry(digits(paid), reference_of(row.id), uuid4().hex[:16], row.currency, day=day),
            Entry("3.07", "", uuid4().hex[:16], day=day),
        ]  # fmt: skip
        first, more = (camt(*some, account=IBAN, id_=uuid4().hex[:8]) for some in (rows, [*rows, replace(rows[1], ref=uuid4().hex[:16])]))
        before = Payment.objects.count()
        for body, come in ((first, 2), (first, 2), (more, 3)):
            self.tried("pay by file", lambda body=body: import_bank_file(self.act(), body=body))
            assert Payment.objects.count() - before == come, "a row of a file is booked once"

    @rule(which=WHICH, minor=some.integers(1, 5000))
    def a_transfer_is_matched(self, which: int, minor: int) -> None:
        """Without a reference: staff say what it is for."""
        if found := self.owed(which):
            said = Transfer("bank_transfer", uuid4().hex, amount(minor, found[0].currency), self.at.date(), frozenset())
            came = self.tried("lost", lambda: record_transfer(self.act(), transfer=said))
            self.tried("match", lambda: match_payment(self.act(), payment=came.booked.payment, invoice=InvoiceId(found[0].id)))

    @rule(which=WHICH, said=SAID)
    def pays_by_card(self, which: int, said: str) -> None:
        if found := self.owed(which):
            row = found[0]
            person = next(each for each in self.people if each.account == row.account)
            begun = self.tried("begin", lambda: begin_payment(
                person.act(self.at, "billing"), of=row.account, invoice=InvoiceId(row.id), gateway="testpay"
            ))  # fmt: skip
            if begun:
                self.the_gateway_says(begun.attempt, begun.amount, said)

    @rule(which=WHICH, said=SAID)
    def the_gateway_tells(self, which: int, said: str) -> None:
        """Late, again, or something else than before."""
        row = self.some_row(which, PaymentAttempt.objects.filter(brand=BRAND), "created_at")
        if row is not None:
            self.the_gateway_says(row.id, amount(row.minor, row.currency), said)

    def the_gateway_says(self, attempt: UUID, asked: Money, said: str) -> None:
        outcome = said_of(said, f"p-{attempt}", asked)
        self.tried(f"card {said}", lambda: record_outcome(self.act("system"), attempt=attempt, outcome=outcome))

    @rule(who=WHICH, minor=some.integers(500, 6000), said=SAID)
    def tops_up(self, who: int, minor: int, said: str) -> None:
        person = self.somebody(who)
        act = person.act(self.at, "billing")
        begun = self.tried("top up", lambda: begin_top_up(act, of=person.account, amount=Money(minor, person.of), once=uuid4().hex))
        paying = begun and self.tried("top up", lambda: begin_top_up_payment(act, of=person.account, top_up=begun.id, gateway="testpay"))
        if paying:
            self.the_gateway_says(paying.attempt, paying.amount, said)

    @rule(who=WHICH, minor=some.integers(1, 3000))
    def is_given_credit(self, who: int, minor: int) -> None:
        person, once = self.somebody(who), uuid4().hex
        gift = Money(minor, person.of)
        self.given[person.account, person.of.code] += minor
        for _ in range(2):
            self.tried("gift", lambda: give_credit(self.act(), account=person.account, amount=gift, kind="gift", once=once))

    @rule(who=WHICH, minor=some.integers(1, 3000))
    def has_credit_taken(self, who: int, minor: int) -> None:
        person = self.somebody(who)
        taken = Money(minor, person.of)
        if self.tried("taken", lambda: take_credit(self.act(), account=person.account, amount=taken, once=uuid4().hex, reason="twice")):
            self.given[person.account, person.of.code] -= minor

    @rule(which=WHICH, minor=some.none() | some.integers(1, 3000))
    def uses_credit(self, which: int, minor: int | None) -> None:
        if found := self.owed(which):
            row = found[0]
            most = amount(minor, row.currency) if minor else None
            self.tried("use credit", lambda: use_credit(
                self.act(), account=row.account, invoice=InvoiceId(row.id), amount=most, once=uuid4().hex
            ))  # fmt: skip

    @rule(which=WHICH, line=WHICH, part=some.integers(1, 4))
    def is_credited(self, which: int, line: int, part: int) -> None:
        """Staff take something off an invoice, out of good will; up to all of a line."""
        row = self.some_row(which, Invoice.objects.filter(brand=BRAND, kind="invoice"), "issued_at")
        left = [each for each in lines_left(InvoiceId(row.id)) if each.left.minor > 0] if row else []
        if left:
            of = left[line % len(left)]
            parts = [Part(of.position, Money(max(1, of.left.minor // part), of.left.currency))]
            self.tried("good will", lambda: credit_lines(
                self.act(), invoice=InvoiceId(row.id), parts=parts, reason="goodwill", once=f"goodwill:{uuid4()}"
            ))  # fmt: skip

    @rule(which=WHICH, part=PARTS, said=SAID)
    def asks_for_money_back(self, which: int, part: int, said: str) -> None:
        row = self.some_row(which, Payment.objects.filter(brand=BRAND).exclude(account=None), "received_at")
        if row is None:
            return
        _, room = room_of(PaymentId(row.id), brand=BrandId(BRAND))
        back = Money(max(1, room.now.minor // part), room.now.currency)
        begun = self.tried("refund", lambda: begin_refund(self.act(), payment=PaymentId(row.id), amount=back, once=uuid4().hex))
        if begun:
            self.hears(begun.id, back, said)

    @rule(which=WHICH, said=SAID)
    def hears_of_a_refund(self, which: int, said: str) -> None:
        row = self.some_row(which, Refund.objects.filter(payment__brand=BRAND), "created_at")
        if row is not None:
            self.hears(row.id, amount(row.minor, row.currency), said)

    def hears(self, refund: UUID, asked: Money, said: str) -> None:
        outcome = said_of(said, f"r-{refund}", asked)
        self.tried(f"refund {said}", lambda: record_refund(self.act("system"), refund=refund, outcome=outcome))

    @rule(which=WHICH, fee=some.integers(0, 1500))
    def has_a_payment_taken_back(self, which: int, fee: int) -> None:
        row = self.some_row(which, Payment.objects.filter(brand=BRAND, gateway="testpay"), "received_at")
        if row is not None and not Dispute.objects.filter(payment=row).exists():
            said = Disputed(uuid4().hex, row.proof, amount(row.minor, row.currency), fee, "open")
            self.tried("dispute", lambda: record_dispute(self.act("system"), gateway=row.gateway, said=said))

    @rule(which=WHICH, state=some.sampled_from(["open", "won", "lost"]))
    def hears_of_a_dispute(self, which: int, state: str) -> None:
        row = self.some_row(which, Dispute.objects.filter(brand=BRAND), "opened_at")
        if row is not None:
            said = Disputed(row.proof, row.payment.proof, amount(row.minor, row.currency), row.fee_minor, state)
            self.tried(f"dispute {state}", lambda: record_dispute(self.act("system"), gateway="testpay", said=said))


def said_of(said: str, proof: str, asked: Money) -> Outcome:
    """What a gateway says, in a word; "other": it moved another amount."""
    outcomes: dict[str, Outcome] = {
        "settled": Settled(proof, asked), "declined": Declined("refused"), "waiting": Waiting(None),
        "unknown": Unknown(), "other": Settled(f"{proof}-other", asked.times(2)),
    }  # fmt: skip
    return outcomes[said]


def digits(paid: Money) -> str:
    """An amount as banks write it."""
    whole, rest = divmod(paid.minor, 10**paid.currency.places)
    return f"{whole}.{rest:0{paid.currency.places}}" if paid.currency.places else str(whole)


def reference_of(document: UUID) -> str:
    return str(Invoice.objects.get(id=document).reference)
