"""Telling a national system of electronic invoices of a document, and writing down what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID, uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.billing.boxing import PARTY
from hostkeep.billing.einvoice.handing import slot_of
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.errors.registrations import NotRefused
from hostkeep.billing.models import Invoice, Registration
from hostkeep.billing.writing import as_system
from hostkeep.drivers.einvoices import Absent, Found, NoAnswer, Pending, Refused, Registered
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, Ref, SubjectId
from hostkeep.vault import door

LONGEST_WAIT = timedelta(hours=6)
LONGEST_ANSWER = 64


@dataclass(frozen=True, slots=True)
class Handing:
    """A document on its way to a national system.  state: of models.Registration."""

    document: UUID
    state: str

    @property
    def ref(self) -> Ref:
        """The document."""
        return Ref("billing.invoice", self.document)


@recorded("billing.registration.begun")
def begin_registration(act: Act, *, document: InvoiceId, system: str, stated: str) -> Handing:
    """Set a document of act.brand down to be handed in.  Again: changes nothing.

    system  name of a driver
    stated  what the system is to have of the buyer and of what was sold, as drivers.einvoices.STATED says;
            kept with the buyer's block, under the same class and key, so that it stands as it was at issue

    Writes a Registration and seals what is stated.  Raises NoSuchInvoice, vault refusals.
    """
    row = Invoice.objects.filter(id=document, brand=act.brand).first()
    if row is None:
        raise NoSuchInvoice
    known = Registration.objects.filter(document=row).first()
    if known is not None:
        return Handing(row.id, known.state)
    door.put(
        as_system(act), subject=SubjectId(row.subject), category=PARTY, value=stated, slot=slot_of(document)
    )
    Registration.objects.bulk_create(
        [
            Registration(
                document=row, brand=act.brand, system=system, once=str(uuid4()), created_at=act.at,
                next_at=act.at,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return Handing(row.id, "waiting")


@recorded("billing.registration.told")
def record_registration(act: Act, *, document: InvoiceId, answer: Found) -> Handing:
    """Write down what a system said of a document of act.brand.  What is registered stays as it is.

    Raises NoSuchInvoice.
    """
    row = _locked(act, document)
    if row.state == "registered":
        return Handing(row.document_id, row.state)
    row.tries += 1
    match answer:
        case Registered(number, code):
            row.state, row.number, row.code, row.answer = "registered", number, code, ""
            row.registered_at = act.at
        case Pending():
            row.state, row.answer = "unknown", "pending"
        case NoAnswer(code):
            row.state, row.answer = "unknown", code[:LONGEST_ANSWER]
        case Refused(code):
            row.state, row.answer = "refused", code[:LONGEST_ANSWER]
        case Absent():
            row.state, row.answer = "waiting", "absent"
        case _:
            assert_never(answer)
    row.next_at = _later(act.at, row.tries)
    row.save()
    return Handing(row.document_id, row.state)


@recorded("billing.registration.retried")
def retry_registration(act: Act, *, document: InvoiceId) -> Handing:
    """Hand a document of act.brand in again that the system refused, under the same key.

    Raises NoSuchInvoice, NotRefused.
    """
    row = _locked(act, document)
    if row.state != "refused":
        raise NotRefused
    row.state, row.tries, row.next_at = "waiting", 0, act.at
    row.save()
    return Handing(row.document_id, row.state)


def _locked(act: Act, document: InvoiceId) -> Registration:
    row = Registration.objects.select_for_update().filter(document=document, brand=act.brand).first()
    if row is None:
        raise NoSuchInvoice
    return row


def _later(at: datetime, tries: int) -> datetime:
    """Return when to try again: after 1, 2, 4 ... minutes, at most LONGEST_WAIT."""
    minutes = 2 ** min(tries - 1, 10)
    return at + min(timedelta(minutes=minutes), LONGEST_WAIT)
