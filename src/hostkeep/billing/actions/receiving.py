"""Money that came by bank transfer, and payments that wait for somebody to say whose they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from django.db.models import Q, QuerySet

from hostkeep.audit.alarms import raise_with_deed
from hostkeep.audit.recorded import recorded
from hostkeep.billing.booking import Booked, Came, before, receive, settle
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.errors.payments import AlreadyMatched, NoSuchPayment, PaymentDiffers, SetAside
from hostkeep.billing.models import BankFile, Invoice, Payment, TopUp
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.aside import OPEN
from hostkeep.billing.rules.numbering import CREDIT_NOTE
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ClauseId, InvoiceId, PaymentId, Ref
from hostkeep.kernel.money import Money, money
from hostkeep.ledger.rules import Leg
from hostkeep.runtime.transactions import take_turns

WENT_BACK = "money_went_back"
"""The alarm about money that went back to its payer without our asking."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One credit on the brand's account, without the person who sent it.

    gateway     the driver that read it
    proof       account and the bank's own id for it
    references  everything in the payer's words that reads as a reference of ours
    alike       other proofs under which this very money, of this day and amount, may stand
    whole       proofs of the bank's entry that this is one transfer of; of: the money of that entry
    """

    gateway: str
    proof: str
    amount: Money
    booked_on: date
    references: frozenset[str]
    alike: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    of: Money | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transfer that was written down.  number: the invoice's, or empty while it is unmatched."""

    booked: Booked
    number: str

    @property
    def ref(self) -> Ref:
        """The payment."""
        return Ref("billing.payment", self.booked.payment)


@dataclass(frozen=True, slots=True)
class FileKept:
    """A bank file that was read to its end.  again: whether the very same file was read before."""

    id: UUID
    again: bool

    @property
    def ref(self) -> Ref:
        """The file's entry."""
        return Ref("billing.bank_file", self.id)


@recorded("billing.transfer.recorded")
def record_transfer(act: Act, *, transfer: Transfer) -> Receipt:
    """Write a transfer down and use it on the invoice, or the top-up, that its reference names.

    No reference, an unknown one or several: the money is kept unmatched, for staff.  The same transfer again,
    also under an id of another file's, changes nothing.  Writes a Payment, its ledger entry and events.
    Raises PaymentDiffers: its proof stood for other money before, or of its parts only some are there.
    """
    ids = (transfer.proof, *transfer.alike, *transfer.whole)  # another file may tell it by any of them
    take_turns(f"transfer:{act.brand}:{_entry(each)}" for each in ids)
    if (stands := _stands(act, transfer)) is not None:
        return _receipt(before(stands), "")
    found: list[Invoice | TopUp] = [*_named(act, transfer.references), *_top_ups(act, transfer.references)]
    one = found[0] if len(found) == 1 else None
    said = one.reference if one else min(transfer.references, default="")
    came = Came(
        transfer.gateway, transfer.proof, transfer.amount, reference=said, booked_on=transfer.booked_on
    )
    invoice = one if isinstance(one, Invoice) else None
    booked = receive(act, came, invoice=invoice, top_up=one if isinstance(one, TopUp) else None)
    return _receipt(booked, invoice.number if invoice and not booked.again else "")


@recorded("billing.payment.matched")
def match_payment(act: Act, *, payment: PaymentId, invoice: InvoiceId) -> Receipt:
    """Say which invoice an unmatched payment was for.

    What is owed on it is paid first, the rest becomes the account's credit.
    One that was put away is taken out by that.
    Raises NoSuchPayment, NoSuchInvoice (also for another brand's), AlreadyMatched, SetAside (it goes back).
    """
    sheet = _payable(act).filter(id=invoice).first()
    if sheet is None:
        raise NoSuchInvoice
    row = Payment.objects.select_for_update().filter(id=payment, brand=act.brand).first()
    if row is None:
        raise NoSuchPayment
    if row.account is not None:
        raise AlreadyMatched(payment=str(payment))
    if row.aside not in OPEN:
        raise SetAside
    row.account, row.matched_at, row.aside, row.aside_why = sheet.account, act.at, "", ""
    row.save(update_fields=["account", "matched_at", "aside", "aside_why"])
    source = Leg(chart.unmatched(act.brand), money(row.minor, row.currency))
    booked = settle(act, row, invoice=sheet, source=source, key=_match_key(row))
    return Receipt(booked, sheet.number)


def _match_key(row: Payment) -> str:
    """Return the key of a match: one a turn, for a match may be taken back and made anew."""
    return f"match:{row.id}:{row.turns}" if row.turns else f"match:{row.id}"


@recorded("billing.bank_file.read")
def record_bank_file(act: Act, *, digest: str, entries: int, went_back: bool = False) -> FileKept:
    """Remember that a file was read to its end, by its digest alone.

    digest     SHA-256 in hex
    entries    how many credits it held
    went_back  it tells that money was taken back: an alarm rings, once a file
    """
    file = BankFile(id=uuid4(), brand=act.brand, digest=digest, entries=entries, at=act.at)
    BankFile.objects.bulk_create([file], ignore_conflicts=True)
    stands = BankFile.objects.only("id").get(brand=act.brand, digest=digest)
    kept = FileKept(stands.id, again=stands.id != file.id)
    if went_back and not kept.again:
        raise_with_deed(act, kind=WENT_BACK, about=kept.ref, clause=ClauseId(""))
    return kept


def _receipt(booked: Booked, number: str) -> Receipt:
    """Return a transfer's receipt; of one that was known, with the number of what it went on."""
    if booked.again and booked.invoice:
        number = Invoice.objects.values_list("number", flat=True).get(id=booked.invoice)
    return Receipt(booked, number)


def _entry(proof: str) -> str:
    """Return what all proofs of one entry of the bank begin with: account and the bank's id, or its head."""
    return "/".join(proof.split("/")[:2])


def _stands(act: Act, transfer: Transfer) -> Payment | None:
    """Return the payment that a transfer is already, under another proof; None where it is new.

    The same amount on the same day, where another file says its id otherwise; or the bank's entry as a whole
    where this is a part of it, and the reverse.  Raises PaymentDiffers.
    """
    known = Payment.objects.filter(
        brand=act.brand, gateway=transfer.gateway, booked_on=transfer.booked_on,
        currency=transfer.amount.currency.code,
    )  # fmt: skip
    same = Q(minor=transfer.amount.minor, proof__in=transfer.alike)
    if transfer.of is not None:
        same |= Q(minor=transfer.of.minor, proof__in=transfer.whole)
    return known.filter(same).order_by("proof").first() or _in_parts(known, transfer)


def _in_parts(known: QuerySet[Payment], transfer: Transfer) -> Payment | None:
    """Return the first part of the bank's entry that a transfer is, where another file told it in its parts.

    Raises PaymentDiffers where they are not all of the money: one is lacking, or the ids mean something else.
    """
    proofs = (transfer.proof, *transfer.alike)
    first = known.filter(proof__in=[f"{proof}/1" for proof in proofs]).order_by("proof").first()
    if first is None:
        return None
    parts = known.filter(proof__regex=f"^{re.escape(first.proof.removesuffix('/1'))}/[0-9]+$")
    if sum(parts.values_list("minor", flat=True)) != transfer.amount.minor:
        raise PaymentDiffers(payment=str(first.id))
    return first


def _named(act: Act, references: Iterable[str]) -> list[Invoice]:
    """Return the brand's invoices that the references name, locked."""
    wanted = sorted(references)
    if not wanted:
        return []
    return list(_payable(act).filter(reference__in=wanted).order_by("id"))


def _top_ups(act: Act, references: Iterable[str]) -> list[TopUp]:
    """Return the brand's top-ups that the references name, locked."""
    wanted = sorted(references)
    if not wanted:
        return []
    found = TopUp.objects.select_for_update().filter(brand=act.brand, reference__in=wanted)
    return list(found.order_by("id"))


def _payable(act: Act) -> QuerySet[Invoice]:
    """Return the brand's documents that money can come for, to be locked: nobody pays a credit note."""
    return Invoice.objects.select_for_update().filter(brand=act.brand).exclude(kind=CREDIT_NOTE)
