"""Money that came by bank transfer, and payments that wait for somebody to say whose they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from django.db.models import Q, QuerySet

from hostkeep.audit.alarms import raise_with_deed
from hostkeep.audit.recorded import recorded
from hostkeep.billing.bank_ids import end_doubt, keep_ids, payment_known_as
from hostkeep.billing.booking import before, settle
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.errors.payments import AlreadyMatched, NoSuchPayment, PaymentDiffers, SetAside
from hostkeep.billing.models import BankFile, Payment
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.aside import OPEN
from hostkeep.billing.transfers import Receipt, Transfer, doubted, payable, receipt_of, write_down
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ClauseId, InvoiceId, PaymentId, Ref
from hostkeep.kernel.money import money
from hostkeep.ledger.rules import Leg
from hostkeep.runtime.transactions import take_turns

WENT_BACK = "money_went_back"
"""The alarm about money that went back to its payer without our asking."""


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
    also under an id of another file's, changes nothing.  One that may be a payment of the same day and amount
    which is known by ids of other kinds alone is not booked: it waits for a person (actions.doubting), or for
    a file that tells ids of both.  Writes a Payment, its ledger entry and events, or a Doubt; and the ids.
    Raises PaymentDiffers: its proof stood for other money before, or of its parts only some are there.
    """
    move = transfer.at(act.brand)
    ids = (*move.ids, *transfer.whole)  # another file may tell it by any of them
    # Nor may two files that tell it by different ids be read at once: neither would see the other's.
    alike = f"transfer:{act.brand}:{move.booked_on}:{move.amount.minor}:{move.amount.currency.code}"
    take_turns({alike, *(f"transfer:{act.brand}:{_entry(each)}" for each in ids)})
    if (stands := _stands(act, transfer) or payment_known_as(move)) is not None:
        if stands.minor == transfer.amount.minor:  # not of a batch that another file tells as one
            keep_ids(stands, transfer.told)
            end_doubt(move, stands, act.at)
        return receipt_of(before(stands), "")
    if (doubt := doubted(act, transfer, move)) is not None:
        known = receipt_of(before(doubt.payment), "")
        return replace(known, doubt=doubt.id) if doubt.state == "waiting" else known
    return write_down(act, transfer)


@recorded("billing.payment.matched")
def match_payment(act: Act, *, payment: PaymentId, invoice: InvoiceId) -> Receipt:
    """Say which invoice an unmatched payment was for.

    What is owed on it is paid first, the rest becomes the account's credit.
    One that was put away is taken out by that.
    Raises NoSuchPayment, NoSuchInvoice (also for another brand's), AlreadyMatched, SetAside (it goes back).
    """
    sheet = payable(act).filter(id=invoice).first()
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
