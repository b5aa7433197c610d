"""Handing documents in to the national system of electronic invoices that a brand names.

What the system is to have of the buyer is sealed when the document is issued, and goes through the disclosure
gate.  A document whose answer was lost is looked up before it is handed in again.  A note waits for what it
corrects, and is an adjustment to the system: nothing that is registered is ever taken back there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import cast

import structlog

from hostkeep.audit.rounds import go_through, note_failure
from hostkeep.billing.actions.registering import begin_registration, record_registration
from hostkeep.billing.boxing import PARTY
from hostkeep.billing.calls.einvoices import hand_in, look_up, system_for
from hostkeep.billing.einvoice.handing import BUYER, ask_of, slot_of
from hostkeep.billing.errors.registrations import NotSetDownYet
from hostkeep.billing.events import InvoiceIssued
from hostkeep.billing.queries.invoices import InvoiceSheet, SheetTold, sheet
from hostkeep.billing.queries.registrations import RegistrationRow, due, registration_of
from hostkeep.billing.rules.numbering import CREDIT_NOTE, DEBIT_NOTE, INVOICE
from hostkeep.billing.rules.party import Party, from_json
from hostkeep.billing.rules.reasons import SAID, Reason
from hostkeep.brands.queries import brand
from hostkeep.brands.rules.einvoices import read_einvoices
from hostkeep.drivers.einvoices import Before, ElectronicInvoices, Found, NoAnswer, Refused
from hostkeep.flows.needing import package_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, PurposeId
from hostkeep.runtime.outbox import is_under_way
from hostkeep.vault import door
from hostkeep.vault.column_door import use_columns
from hostkeep.vault.disclosing import NotDisclosed, OnceTaken

log = structlog.get_logger()

BILLING = PurposeId("billing")
KINDS = frozenset({INVOICE, CREDIT_NOTE, DEBIT_NOTE})
MOST = 100
"""Documents in one round."""


def on_invoice_issued(act: Act, event: InvoiceIssued) -> None:
    """Set a new document down for its brand's system, where it has one.

    A note on a document that no system was told of is none of its business; one whose document is yet to be
    set down comes again.  Raises NotSetDownYet.
    """
    settings = read_einvoices(brand(act.brand).words)
    if settings is None:
        return
    found = sheet(event.invoice, of=event.account)
    if found.kind not in KINDS:
        return
    if found.corrects is not None and found.kind != INVOICE and not _is_set_down(found.corrects, event):
        log.info("einvoice.of_nothing_registered", document=str(found.id), trace=act.trace)
        return
    begin_registration(
        act, document=event.invoice, system=settings.system, stated=_stated(act, event.account, event.invoice)
    )


def _is_set_down(document: InvoiceId, event: InvoiceIssued) -> bool:
    """Say whether a document that a note corrects was set down.  Raises NotSetDownYet.

    News come in any order: the note's may be there while the document's waits to be tried again.
    """
    if is_under_way(InvoiceIssued(document, event.account), on_invoice_issued):
        raise NotSetDownYet
    return registration_of(document) is not None


def run_due(act: Act) -> int:
    """Hand in what waits and look up what is unknown; return how many were asked about.

    What goes wrong at one keeps no other waiting.
    """
    rows = due(act.at, first=MOST)
    go_through(
        act, rows, lambda row: _one(act, row), event="einvoice.not_noted", about=lambda row: row.document
    )
    return len(rows)


def _one(act: Act, row: RegistrationRow) -> None:
    """Ask about one and write down what was said; of one that goes wrong, that there is no answer."""
    under = act.of_brand(row.brand).in_role("system").for_purpose(BILLING)
    try:
        record_registration(under, document=row.document, answer=_asked(under, row))
    except Exception as error:  # noqa: BLE001  it must be asked about again, and later
        code = note_failure(act, error, event="einvoice.failed", about=row.document)
        record_registration(under, document=row.document, answer=NoAnswer(code))


def _asked(act: Act, row: RegistrationRow) -> Found:
    """Ask a brand's system about a document, in the order that loses and doubles nothing."""
    system = system_for(row.brand)
    if system is None or system.manifest.name != row.system:
        return NoAnswer("not_set_up") if row.state == "unknown" else Refused("not_set_up")
    if row.state == "unknown":
        return look_up(system, row.once)
    try:
        return _handed(act, row, system)
    except (NotDisclosed, OnceTaken) as refusal:
        log.info("einvoice.not_disclosed", code=refusal.code, trace=act.trace)
        return Refused("not_disclosed")


def _handed(act: Act, row: RegistrationRow, system: ElectronicInvoices) -> Found:
    """Hand a document in.  Raises NotDisclosed, OnceTaken."""
    found = sheet(row.document, of=row.account)
    package = package_for(
        act, system.manifest, of=row.account, purpose=BILLING, ticket=slot_of(row.document),
        once=slot_of(row.document),
    )  # fmt: skip
    return hand_in(system, ask_of(found, once=row.once, before=_before(act, found), package=package))


def _before(act: Act, found: InvoiceSheet) -> Before | None:
    """Return what a note corrects, as the system knows it; None for what is no note."""
    known = registration_of(found.corrects) if found.corrects and found.kind != INVOICE else None
    if known is None:
        return None
    words = SAID.get(brand(act.brand).languages[0], SAID["en"])
    reason = words.get(cast("Reason", found.reason), found.reason)
    return Before(known.number, sheet(known.document, of=known.account).issued_at, reason)


def _stated(act: Act, account: AccountId, document: InvoiceId) -> str:
    """Write what the system is to have of the buyer and of what was sold, as it stands at issue."""
    under = act.in_role("system").for_purpose(BILLING)
    found = sheet(document, of=account)
    buyer = door.use(under, subject=found.subject, category=PARTY, slot=str(document), fn=from_json)

    def written(told: tuple[SheetTold | None, ...]) -> str:
        titles = [line.title for line in told[0].lines] if told[0] else []
        return json.dumps({"buyer": _narrowed(buyer), "titles": titles}, ensure_ascii=False, sort_keys=True)

    return use_columns(under, wishes=[found.wish], fn=written)


def _narrowed(buyer: Party | None) -> Mapping[str, str]:
    """Leave of a buyer's block what stands on the paper: no proofs of place, nothing of how they paid."""
    said = asdict(buyer) if buyer else {}
    return {key: said[key] for key in BUYER if said.get(key)}
