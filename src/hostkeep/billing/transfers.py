"""What billing's actions share: a transfer of a bank file, booked or put in doubt, inside their transaction.

Only modules of `billing.actions` call the functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from hostkeep.billing.bank_ids import Movement, doubt_known_as, keep_ids, keep_ids_of_doubt, may_stand_as
from hostkeep.billing.booking import Booked, Came, receive
from hostkeep.billing.errors.payments import PaymentDiffers
from hostkeep.billing.models import Doubt, Invoice, Payment, TopUp
from hostkeep.billing.rules.numbering import CREDIT_NOTE
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref
from hostkeep.kernel.money import Money
from hostkeep.runtime.inserting import insert_new


@dataclass(frozen=True, slots=True)
class Transfer:
    """One credit on the brand's account, without the person who sent it.

    gateway     the driver that read it
    proof       account and the bank's own id for it
    references  everything in the payer's words that reads as a reference of ours
    alike       other proofs under which this very money, of this day and amount, may stand
    whole       proofs of the bank's entry that this is one transfer of; of: the money of that entry
    told        kind and proof of each id that the file tells of it; see billing.models.BankId
    beside      proofs of what else of this day and amount stands in the file
    """

    gateway: str
    proof: str
    amount: Money
    booked_on: date
    references: frozenset[str]
    alike: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    of: Money | None = None
    told: tuple[tuple[str, str], ...] = ()
    beside: frozenset[str] = frozenset()

    def at(self, brand: BrandId) -> Movement:
        """Return it as it is looked for among what a brand has."""
        ids = frozenset({self.proof, *self.alike, *(proof for _, proof in self.told)})
        return Movement(
            brand, self.gateway, self.amount, self.booked_on, self.told, ids, self.beside, self.references
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transfer that was written down.

    number  the invoice's, or empty while it is unmatched
    doubt   set where nobody can tell whether it is the payment in `booked`: it waits for a person, and
            nothing was booked for it
    """

    booked: Booked
    number: str
    doubt: UUID | None = None

    @property
    def ref(self) -> Ref:
        """The payment, or what is in doubt."""
        if self.doubt is not None:
            return Ref("billing.doubt", self.doubt)
        return Ref("billing.payment", self.booked.payment)


def write_down(act: Act, transfer: Transfer) -> Receipt:
    """Book a transfer that is known to be one of its own, in the caller's transaction and turn."""
    found: list[Invoice | TopUp] = [*top_ups(act, transfer.references), *named(act, transfer.references)]
    one = found[0] if len(found) == 1 else None
    said = one.reference if one else min(transfer.references, default="")
    came = Came(
        transfer.gateway, transfer.proof, transfer.amount, reference=said, booked_on=transfer.booked_on
    )
    invoice = one if isinstance(one, Invoice) else None
    booked = receive(act, came, invoice=invoice, top_up=one if isinstance(one, TopUp) else None)
    if transfer.told:
        keep_ids(Payment.objects.get(id=booked.payment), transfer.told)
    return receipt_of(booked, invoice.number if invoice and not booked.again else "")


def doubted(act: Act, transfer: Transfer, move: Movement) -> Doubt | None:
    """Return what a transfer is put in doubt as, now or before; None where it is one of its own.

    One whose proof stands as a payment is none: receive knows it, or refuses it.
    """
    known = doubt_known_as(move)
    if known is not None or Payment.objects.filter(gateway=move.gateway, proof=transfer.proof).exists():
        return known
    payment = may_stand_as(move)
    if payment is None:
        return None
    meant: list[Invoice | TopUp] = [*top_ups(act, move.references), *named(act, move.references)]
    doubt = Doubt(
        brand=act.brand, gateway=move.gateway, proof=transfer.proof, minor=move.amount.minor,
        currency=move.amount.currency.code, booked_on=move.booked_on, payment=payment, seen_at=act.at,
        reference=meant[0].reference if len(meant) == 1 else "",
    )  # fmt: skip
    if not insert_new(doubt):  # its id stood for other money in doubt
        raise PaymentDiffers(payment=str(payment.id))
    keep_ids_of_doubt(doubt, transfer.told)
    return doubt


def receipt_of(booked: Booked, number: str) -> Receipt:
    """Return a transfer's receipt; of one that was known, with the number of what it went on."""
    if booked.again and booked.invoice:
        number = Invoice.objects.values_list("number", flat=True).get(id=booked.invoice)
    return Receipt(booked, number)


def named(act: Act, references: Iterable[str]) -> list[Invoice]:
    """Return the brand's invoices that the references name, locked."""
    wanted = sorted(references)
    if not wanted:
        return []
    return list(payable(act).filter(reference__in=wanted).order_by("id"))


def top_ups(act: Act, references: Iterable[str]) -> list[TopUp]:
    """Return the brand's top-ups that the references name, locked: before any document, as everywhere."""
    wanted = sorted(references)
    if not wanted:
        return []
    found = TopUp.objects.select_for_update().filter(brand=act.brand, reference__in=wanted)
    return list(found.order_by("id"))


def payable(act: Act) -> QuerySet[Invoice]:
    """Return the brand's documents that money can come for, to be locked: nobody pays a credit note."""
    return Invoice.objects.select_for_update().filter(brand=act.brand).exclude(kind=CREDIT_NOTE)
