"""Why each text column of billing may stand where it stands."""

from __future__ import annotations

from hostkeep.kernel.columns import Columns, not_personal, personal

PLAIN: Columns = {
    "Series.brand": not_personal("slug of a brand"),
    "Series.kind": not_personal("kind of document, a word of ours"),
    "Invoice.once": not_personal("idempotency key of ours"),
    "Invoice.fingerprint": personal(
        "invoice_party",
        sealed="by vault.columns: a digest over product titles, which a catalogue would help to guess",
    ),
    "Invoice.brand": not_personal("slug of a brand"),
    "Invoice.kind": not_personal("kind of document, a word of ours"),
    "Invoice.number": not_personal("our own number"),
    "Invoice.reference": not_personal("our own number with check digits"),
    "Invoice.currency": not_personal("ISO 4217"),
    "Invoice.prices": not_personal("net or gross"),
    "Invoice.reason": not_personal("why a note corrects, a word of ours"),
    "ProformaEnded.reason": not_personal("why it asks for nothing more, a word of ours"),
    "InvoiceLine.title": personal("invoice_party", sealed="by vault.columns: what somebody bought"),
    "InvoiceLine.about_kind": not_personal("kind of the thing billed, a word of ours"),
    "PaymentAttempt.once": not_personal("idempotency key of ours"),
    "PaymentAttempt.gateway": not_personal("name of a driver"),
    "PaymentAttempt.currency": not_personal("ISO 4217"),
    "PaymentAttempt.state": not_personal("one of four words"),
    "PaymentAttempt.code": not_personal("why it was declined, a word of the driver protocol"),
    "PaymentAttempt.visit": not_personal(
        "address of the gateway's page for this attempt, made of random ids"
    ),
    "PaymentAttempt.handle": personal(
        "payment_ref", plain="the gateway's own id of what waits: it is asked by it"
    ),
    "PaymentAttempt.brand": not_personal("slug of a brand"),
    "Payment.brand": not_personal("slug of a brand"),
    "Payment.gateway": not_personal("name of a driver"),
    "Payment.proof": personal(
        "payment_ref", plain="the bank's own id of a movement: it is kept once, by a unique index"
    ),
    "Payment.currency": not_personal("ISO 4217"),
    "Payment.reference": personal(
        "payment_ref", plain="a creditor reference of ours with check digits: payments find their invoice"
    ),
    "Payment.aside": not_personal("a word of rules.aside"),
    "Payment.aside_why": not_personal("a word of rules.aside"),
    "Payment.back_ref": not_personal("a reference of ours with check digits, made at random"),
    "Payment.back_proof": personal(
        "payment_ref", plain="the bank's own id of a movement: it is kept once, by a unique index"
    ),
    "GatewayNotice.gateway": not_personal("name of a driver"),
    "GatewayNotice.event": not_personal("the gateway's own id of its message"),
    "GatewayNotice.once": not_personal("idempotency key of ours"),
    "GatewayNotice.outcome": not_personal("a word of the driver protocol, with a decline's code"),
    "GatewayNotice.about": not_personal("a word of the driver protocol"),
    "GatewayNotice.proof": personal(
        "payment_ref", plain="the gateway's own id of a movement: a worker finds by it what it speaks of"
    ),
    "GatewayNotice.of": personal(
        "payment_ref", plain="the gateway's own id of a payment: disputes find their payment"
    ),
    "GatewayNotice.state": not_personal("new, done or parked"),
    "GatewayNotice.currency": not_personal("ISO 4217 or empty"),
    "GatewayNotice.brand": not_personal("slug of a brand"),
    "BankFile.brand": not_personal("slug of a brand"),
    "BankFile.digest": not_personal("SHA-256 of a file that is not kept"),
    "InvoiceLine.tax_category": not_personal("a code of UNTDID 5305, as EN 16931 uses them"),
    "InvoiceLine.exemption": not_personal("a code of the list VATEX, or empty"),
    "InvoiceTax.category": not_personal("a code of UNTDID 5305"),
    "InvoiceTax.exemption": not_personal("a code of the list VATEX, or empty"),
    "TaxDecision.rule": not_personal("a rule of rules.taxing, a word of ours"),
    "TaxDecision.country": personal(
        "invoice_party", plain="the country whose tax applies: tax returns are reckoned by it"
    ),
    "TaxDecision.region": personal(
        "invoice_party", plain="the region whose tax applies: tax returns are reckoned by it"
    ),
    "TaxDecision.proofs": not_personal("which kinds of proof there were, words of ours"),
    "NumberCheck.brand": not_personal("slug of a brand"),
    "NumberCheck.mark": personal("tax_id", hashed="a keyed digest of the number, made by the vault"),
    "NumberCheck.state": not_personal("valid, invalid or unknown"),
    "NumberCheck.proof": not_personal("the registry's own id of the consultation"),
    "Allocation.source": not_personal("payment, credit or credit_note"),
    "Refund.once": not_personal("idempotency key of ours"),
    "Refund.brand": not_personal("slug of a brand"),
    "Refund.gateway": not_personal("name of a driver"),
    "Refund.currency": not_personal("ISO 4217"),
    "Refund.state": not_personal("one of four words"),
    "Refund.code": not_personal("why it was declined, a word of the driver protocol"),
    "Refund.proof": personal(
        "payment_ref", plain="the gateway's own id of a movement: it is kept once, by a unique index"
    ),
    "Dispute.brand": not_personal("slug of a brand"),
    "Dispute.gateway": not_personal("name of a driver"),
    "Dispute.proof": personal(
        "payment_ref", plain="the gateway's own id of a dispute: it is kept once, by a unique index"
    ),
    "Dispute.currency": not_personal("ISO 4217"),
    "Dispute.state": not_personal("open, won or lost"),
    "StoredMethod.brand": not_personal("slug of a brand"),
    "StoredMethod.gateway": not_personal("name of a driver"),
    "StoredMethod.once": not_personal("idempotency key of ours"),
    "StoredMethod.token": personal("card", sealed="by vault.columns: what the gateway charges by"),
    "StoredMethod.label": personal("card", sealed="by vault.columns: kind of card and last digits"),
    "StoredMethod.state": not_personal("waiting, ready or ended"),
    "CreditEntry.once": not_personal("idempotency key of ours"),
    "CreditEntry.brand": not_personal("slug of a brand"),
    "CreditEntry.kind": not_personal("a word of rules.crediting"),
    "CreditEntry.currency": not_personal("ISO 4217"),
    "CreditEntry.reason": not_personal("a word of rules.crediting, or empty"),
    "TopUp.once": not_personal("idempotency key of ours"),
    "TopUp.brand": not_personal("slug of a brand"),
    "TopUp.currency": not_personal("ISO 4217"),
    "TopUp.reference": not_personal("a reference of ours with check digits, made at random"),
    "DunningStep.brand": not_personal("slug of a brand"),
    "DunningStep.kind": not_personal("a word of rules.dunning"),
    "DunningStep.outcome": not_personal("a word of rules.dunning"),
    "DunningAgenda.brand": not_personal("slug of a brand"),
    "DunningAgenda.code": not_personal("a refusal's code or the name of an exception"),
    "DunningException.reason": not_personal("a word of rules.sparing"),
    "DunningException.brand": not_personal("slug of a brand"),
    "DunningException.kind": not_personal("a word of rules.dunning"),
    "DunningException.set_by": not_personal("role and handle"),
    "Registration.brand": not_personal("slug of a brand"),
    "Registration.system": not_personal("name of a driver"),
    "Registration.once": not_personal("idempotency key of ours"),
    "Registration.state": not_personal("waiting, unknown, registered or refused"),
    "Registration.number": not_personal("a national system's number of a document"),
    "Registration.code": not_personal("a code of a tax authority for a document"),
    "Registration.answer": not_personal("a system's code of why"),
    "PaymentCheck.brand": not_personal("slug of a brand"),
    "PaymentCheck.outcome": personal(
        "solvency", plain="a word: an order that was held back is found by it, and nobody by name"
    ),
    "PaymentCheck.rule": personal(
        "solvency", plain="a word of rules.qualifying: whoever looks at the order must know why it waits"
    ),
    "PaymentCheck.categories": not_personal("which categories a check read, words of the vocabulary"),
    "PaymentCheck.decision": personal(
        "solvency", plain="a word: whether the order is built hangs on it, before anybody is asked"
    ),
    "PaymentCheck.decided_by": not_personal("handle of a member of staff"),
    "TopUp.meant_for": not_personal("ids of documents of ours"),
    "Doubt.brand": not_personal("slug of a brand"),
    "Doubt.gateway": not_personal("name of a driver"),
    "Doubt.proof": personal(
        "payment_ref", plain="the bank's own id of a movement: it is kept once, by a unique index"
    ),
    "Doubt.currency": not_personal("ISO 4217"),
    "Doubt.reference": personal(
        "payment_ref", plain="a creditor reference of ours with check digits: payments find their invoice"
    ),
    "Doubt.state": not_personal("a word of rules.doubting"),
    "BankId.kind": not_personal("a word of the driver protocol"),
    "BankId.proof": personal(
        "payment_ref", plain="the bank's own id of a movement: it is found by an index"
    ),
    "Payout.brand": not_personal("slug of a brand"),
    "Payout.gateway": not_personal("name of a driver"),
    "Payout.proof": not_personal("a gateway's id of many payments together"),
    "Payout.currency": not_personal("ISO 4217"),
    "Payout.state": not_personal("under_way, arrived or failed"),
    "Payout.bank_proof": not_personal("a bank's id of an entry that the gateway itself made"),
    "Finding.brand": not_personal("slug of a brand"),
    "Finding.what": not_personal("a word of rules.reconciling"),
    "Finding.currency": not_personal("ISO 4217 or empty"),
    "*.*_on": not_personal("a day on which money is asked for, or was booked by a bank"),
    "*.until": not_personal("until when an exception holds"),
    "*.at": not_personal("when a message or file came, or money was set against an invoice"),
    "*.*_at": not_personal("when a document was made or money moved; the law wants it"),
}
"""Why each text column of billing holds nothing personal, or is sealed or excepted."""
